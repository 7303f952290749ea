"""What studies ask for before they train their arms."""

from pathlib import Path

import polars as pl
import pytest

from visavis.errors import VisavisError
from visavis.methods import get_study

from .conftest import Recipes


@pytest.mark.parametrize("name", ["joint", "detector", "tags", "pretraining"])
def test_boxes_to_compare_with_are_asked_for_before_the_training(
    recipes: Recipes, faces: Path, tmp_path: Path, name: str
) -> None:
    study = get_study("face_attributes", name)
    pl.read_csv(faces).drop("^box_.$").write_csv(tmp_path / "bare.csv")
    with pytest.raises(VisavisError, match=r"bare: .* has no box to compare with; add box_x, box_y"):
        study(recipes(f"data={tmp_path / 'bare.csv'}"), [0], tmp_path / "run", "typed", True)
    assert not (tmp_path / "run").exists()

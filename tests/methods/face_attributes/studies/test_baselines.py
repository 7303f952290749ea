"""The baselines as a command: linear learners on rendered faces, against always saying the same."""

from pathlib import Path

import polars as pl
import pytest

from visavis.errors import VisavisError
from visavis.methods import get_study
from visavis.methods.face_attributes.evaluation import MAJORITY
from visavis.methods.face_attributes.studies.baselines import ARMS, FACE, LOGISTIC, WEIGHTED

from .conftest import ATTRIBUTES, Recipes


def test_linear_learners_beat_the_majority(recipes: Recipes, tmp_path: Path) -> None:
    run = tmp_path / "run"
    record = get_study("face_attributes", "baselines")(recipes(), [3, 4], run, "typed", True)
    assert record is not None
    assert (record.recipe, record.protocol, record.seeds) == (f"{FACE} + {LOGISTIC}", "tags", [0])
    named = [f"{features} + {learner}" for features, learner in ARMS]
    assert {record.recipe, *record.peers} == {MAJORITY, *named}
    assert record.peers[MAJORITY]["balanced_accuracy"].mean == 0.5
    for figures in (record.metrics, record.peers[f"{FACE} + {WEIGHTED}"]):
        assert {*ATTRIBUTES} <= {*figures}
        assert figures["balanced_accuracy_at_thresholds"].mean > 0.65
    (told,) = record.answers
    assert told.startswith("C chosen on 12 validation faces: ")
    assert not run.exists()  # nothing is trained


def test_attributes_may_be_chosen(recipes: Recipes, tmp_path: Path) -> None:
    recipe = recipes("attributes=[glasses]")
    record = get_study("face_attributes", "baselines")(recipe, [0], tmp_path / "run", "typed", True)
    assert record is not None
    assert [name for name in record.metrics if name in ATTRIBUTES] == ["glasses"]


def test_faces_to_choose_on_are_needed(recipes: Recipes, faces: Path, tmp_path: Path) -> None:
    table = pl.read_csv(faces).filter(pl.col("split") != "validation")
    table.write_csv(tmp_path / "fewer.csv")
    recipe = recipes(f"reader.sources=[{{data: {tmp_path / 'fewer.csv'}}}]")
    study = get_study("face_attributes", "baselines")
    with pytest.raises(VisavisError, match="fewer: nothing to choose C on; mark items with split 'validat"):
        study(recipe, [0], tmp_path, "typed", True)
    uncropped = recipes(f"reader.sources=[{{data: {faces}, aligned: false}}]")
    for without in (uncropped, recipes("reader=null")):
        with pytest.raises(VisavisError, match="recipe 'mini' reads no aligned faces; give reader a source"):
            study(without, [0], tmp_path, "typed", True)

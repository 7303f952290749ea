"""The baselines as a command: linear learners on painted squares, against always saying the same."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from visavis import images
from visavis.errors import VisavisError
from visavis.methods import get_study
from visavis.methods.face_attributes.evaluation import MAJORITY
from visavis.methods.face_attributes.studies.baselines import ARMS, FACE, LOGISTIC

from .conftest import ATTRIBUTES, SPLITS, Recipes


@pytest.fixture
def painted(tmp_path: Path) -> Path:
    """50 noisy squares: what is red has red eyes, what is striped has stripes everywhere."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(50):
        red, striped = (rng.random(2) < (0.5, 0.3)).tolist()
        square = rng.integers(60, 160, (109, 89, 3))
        if red:
            square[45:65, 20:70, 0] += 80
        if striped:
            square[::6] += 90
        images.save(tmp_path / f"{number}.png", square.astype(np.uint8))
        rows.append((f"{number}.png", SPLITS[number % 5], float(red), float(striped)))
    table = pl.DataFrame(rows, schema=["path", "split", "attr.red", "attr.striped"], orient="row")
    table.write_csv(tmp_path / "painted.csv")
    return tmp_path / "painted.csv"


def test_linear_learners_beat_the_majority(recipes: Recipes, painted: Path, tmp_path: Path) -> None:
    recipe, run = recipes(f"reader.sources=[{{data: {painted}}}]"), tmp_path / "run"
    record = get_study("face_attributes", "baselines")(recipe, [3, 4], run, "typed", True)
    assert record is not None
    assert (record.recipe, record.protocol, record.seeds) == (f"{FACE} + {LOGISTIC}", "tags", [0])
    named = [f"{features} + {learner}" for features, learner in ARMS]
    every = {record.recipe: record.metrics} | record.peers
    assert {*every} == {MAJORITY, *named}
    assert every[MAJORITY]["balanced_accuracy"].mean == 0.5
    for name in named:
        assert {"red", "striped", "balanced_accuracy"} <= {*every[name]}
        assert every[name]["balanced_accuracy_at_thresholds"].mean > 0.85, name
    (told,) = record.answers
    assert told.startswith("C chosen on 10 validation faces: ")
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

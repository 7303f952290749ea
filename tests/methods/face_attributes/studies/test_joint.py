"""The joint stage beside each by itself: runs, figures and gains."""

from pathlib import Path

import pytest

from visavis.bundle import read_bundle
from visavis.errors import VisavisError
from visavis.methods import get_study
from visavis.methods.face_attributes.evaluation import evaluate
from visavis.methods.face_attributes.protocol import END_TO_END, LOCALISATION
from visavis.methods.face_attributes.studies import arms
from visavis.methods.face_attributes.studies.joint import APART

from .conftest import Recipes

STUDY = get_study("face_attributes", "joint")
JOINT = "joint={schedule: {steps: 2, batch: 8, learning_rate: 0.01}}"


def test_the_record_is_after_and_its_peer_before(recipes: Recipes, faces: Path, tmp_path: Path) -> None:
    record = STUDY(recipes(JOINT), [0, 1], tmp_path, "typed", True)
    assert record is not None
    assert (record.recipe, record.seeds) == ("mini, joint", [0, 1])
    assert record.protocol == f"{END_TO_END}, {LOCALISATION}"
    before = record.peers[APART]
    for run, figures in (("", before), ("joint", record.metrics)):
        for protocol, name in ((END_TO_END, "balanced_accuracy"), (LOCALISATION, "recall@0.3")):
            seeds = [
                evaluate(read_bundle(tmp_path / f"seed-{seed}" / run / "bundle"), str(faces), protocol)
                for seed in (0, 1)
            ]
            assert figures[name].mean == pytest.approx(sum(one.metrics[name].value for one in seeds) / 2)
    for name, metric in record.metrics.items():
        assert before[f"gain_{name}"].mean == pytest.approx(metric.mean - before[name].mean)


def test_what_was_interrupted_is_left(
    recipes: Recipes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []
    monkeypatch.setattr(arms, "train", lambda recipe, *_: begun.append(recipe))
    assert STUDY(recipes(), [0, 1], tmp_path, "typed", True) is None
    assert [recipe.joint for recipe in begun] == [None]


def test_a_whole_system_is_needed(recipes: Recipes, tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match="recipe 'mini' has not both outer and reader; give a whole"):
        STUDY(recipes("reader=null"), [0], tmp_path, "typed", True)

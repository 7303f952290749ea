"""The study of the localiser as a command, on a run that is finished and on one that is not there."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.terminal import visavis
from visavis import images
from visavis.bundle import Bundle
from visavis.methods.relative_attributes import sensitivity
from visavis.methods.relative_attributes.sensitivity import Activation
from visavis.methods.relative_attributes.studies.localiser import CELL, PHOTOS
from visavis.methods.relative_attributes.studies.localiser_sheet import Looked, sentence
from visavis.records import ResultRecord

COLUMNS = 6


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensitivity, "PLACES", 6)


def test_a_finished_run_is_looked_at_and_not_trained(tiny_bundle: Bundle, tmp_path: Path) -> None:
    run = tiny_bundle.path.parent
    before = (tiny_bundle.path / "config.json").stat().st_mtime_ns
    other = run / "of-another-study.png"
    other.touch()
    os.utime(other, (0, 0))
    done = visavis("study", "localiser", run, "--write", tmp_path / "record.json", "--quiet")
    assert done.status == 0, done.error
    assert (tiny_bundle.path / "config.json").stat().st_mtime_ns == before
    assert str(other) not in done.out
    other.unlink()
    pictures = [run / f"localiser-{name}.png" for name in tiny_bundle.config.labels]
    for picture in pictures:
        assert f"picture: {picture}\n" in done.out
        height, width, _ = images.load(picture).shape
        assert height > PHOTOS * CELL
        assert COLUMNS * CELL < width < (COLUMNS + 1) * CELL
        picture.unlink()
    record = ResultRecord.read(tmp_path / "record.json")
    assert [answer.partition(":")[0] for answer in record.answers] == tiny_bundle.config.labels
    assert record.answers[0] in done.out


def test_a_recipe_is_trained_where_its_run_does_not_stand(tmp_path: Path) -> None:
    command = ["study", "localiser", "relative_attributes/tiny", "schedule.steps=1", "model.combined=false",
               "--attribute", "shaft_height", "--out", tmp_path / "run", "--quiet"]  # fmt: skip
    done = visavis(*command)
    assert done.status == 0, done.error
    assert (tmp_path / "run" / "bundle").is_dir()
    assert [path.name for path in (tmp_path / "run").glob("*.png")] == ["localiser-shaft_height.png"]


def test_settings_alone_are_of_the_default_recipe(tmp_path: Path) -> None:
    done = visavis("study", "localiser", "model.region=whole", "--out", tmp_path / "run")
    assert done.error == "error: model.region: 'whole' has no localiser to look at; use localised\n"
    done = visavis("study", "localiser", "model.regin=whole", "--attribute", "smile")
    assert done.error.startswith("error: relative_attributes/small: unknown key 'model.regin'")


def test_a_recipe_without_a_localiser_is_refused(tmp_path: Path) -> None:
    done = visavis(
        "study", "localiser", "relative_attributes/tiny", "model.region=whole", "--out", tmp_path / "run"
    )
    assert done.error == "error: model.region: 'whole' has no localiser to look at; use localised\n"
    assert not (tmp_path / "run").exists()


def test_the_sentence_by_hand() -> None:
    """A box over the left half; three of four parts of the movement come from there."""
    moved = np.zeros((1, 10, 10))
    moved[0, 5, 2], moved[0, 5, 8] = 0.03, 0.01
    grown = np.zeros((1, 10, 10))
    grown[0, 1, 1] = -0.02
    boxes = torch.tensor([[[1.0, 0.5, 0.0, -1.0]]])
    active = Activation(np.zeros((1, 2, 2)), [0], np.zeros((1, 1, 2, 2)), [1.0])
    assert sentence(Looked(["a"], boxes, active, moved, grown)) == (
        "a grey patch of 20 % of the side moves the box by up to 3.0 % of it and changes its size by up to "
        "2.0 %; 75 % of the movement comes from inside the boxes, which cover 50 % of the photos"
    )

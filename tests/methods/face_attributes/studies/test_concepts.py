"""The study of units: its nets, its record with and without identities, what it draws and writes."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from visavis import images
from visavis.bundle import Bundle, read_bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods import get_method, get_study
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.protocol import ANY
from visavis.methods.face_attributes.recipe import FaceSource
from visavis.methods.face_attributes.studies import concepts
from visavis.methods.face_attributes.studies.concepts import (
    PICTURE,
    SHEET,
    TABLE,
    nets,
    parts_of,
)
from visavis.methods.face_attributes.studies.concepts_outcome import (
    ACCURACY,
    ALL,
    ASKED,
    BEST,
    BY_HAND,
    CELL,
    IDENTITIES,
    PLOT,
    RANDOM,
    SINGLE,
    TAGS,
    Arm,
    Kept,
    answers,
    draw_units,
)
from visavis.methods.face_attributes.studies.sparse import SHARES, Single, Told
from visavis.methods.face_attributes.studies.units import C3, C4, COMPONENTS, FC
from visavis.metrics.evaluation import PerQuery

from .conftest import ATTRIBUTES, Recipes
from .test_pretraining import PRETRAINING, pretrain

STUDY = get_study("face_attributes", "concepts")


@pytest.fixture
def reading(faces: Path) -> list[str]:
    """Settings of an ANet alone, on aligned faces."""
    return ["outer=null", f"reader.sources=[{{data: {faces}}}]"]


@pytest.fixture
def identities(faces: Path, tmp_path: Path) -> Bundle:
    (tmp_path / "people.yaml").write_text(PRETRAINING.format(data=faces, closeness=0.1))
    return pretrain(tmp_path / "people.yaml", tmp_path / "people", "backbone=anet")


def test_a_finished_run_is_looked_at_beside_identities(
    recipes: Recipes, reading: list[str], identities: Bundle, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    recipe = recipes(*reading)
    bundle = get_method("face_attributes").train(recipe, run, True)
    assert bundle is not None
    given = recipes(*reading, f"reader.backbone=bundle:{identities.path}")
    record = STUDY(given, [0], run, "typed", True)
    assert record is not None
    assert read_bundle(run / "bundle").config.weights_sha256 == bundle.config.weights_sha256
    assert (record.recipe, record.protocol, record.n) == (f"mini, {TAGS}, {FC}", f"{ANY}-units", 16)
    layers = [f"{net}, {layer}" for net in (RANDOM, IDENTITIES, TAGS) for layer in (C3, C4, FC)]
    assert {f"{TAGS}, {FC}", *record.peers} == {*layers, f"{BY_HAND}, {COMPONENTS} components"}
    for figures in record.peers.values():
        for name in (SINGLE, BEST, ALL):
            gain = record.metrics[name + ACCURACY].mean - figures[name + ACCURACY].mean
            assert figures[f"gain_{name}{ACCURACY}"].mean == pytest.approx(gain)
    table = pl.read_csv(run / TABLE)
    assert len(table) == 10 * len(ATTRIBUTES)
    own = table.filter(pl.col("net") == TAGS, pl.col("layer") == FC)
    assert own["attribute"].to_list() == ATTRIBUTES
    for name in (SINGLE, BEST, ALL):
        assert record.metrics[name + ACCURACY].mean == pytest.approx(own[name].mean())
    assert images.load(run / PICTURE).shape == (*PLOT, 3)
    assert images.load(run / SHEET).ndim == 3
    assert "no pre-training" not in " ".join(record.answers)


def test_without_identities_their_arm_is_left_out_with_a_sentence(
    recipes: Recipes, reading: list[str], tmp_path: Path
) -> None:
    record = STUDY(recipes(*reading), [3], tmp_path / "run", "typed", True)
    assert record is not None
    assert record.seeds == [3]
    assert not [name for name in record.peers if IDENTITIES in name]
    assert (
        "no pre-training on identities was given; name one with reader.backbone=bundle:RUN" in record.answers
    )


def test_the_nets_are_what_they_are_called(
    recipes: Recipes, reading: list[str], identities: Bundle, tmp_path: Path
) -> None:
    recipe = recipes(*reading, f"reader.backbone=bundle:{identities.path}")
    bundle = get_method("face_attributes").train(recipe, tmp_path / "run", True)
    assert bundle is not None
    found = nets(recipe, FaceReader(bundle), 0)
    assert [*found] == [RANDOM, IDENTITIES, TAGS]
    for name, value in found[IDENTITIES].state_dict().items():
        torch.testing.assert_close(value, identities.weights[f"trunk.{name}"])
    for name, value in found[TAGS].state_dict().items():
        torch.testing.assert_close(value, bundle.weights[f"reader.trunk.{name}"])
    again, other = (nets(recipe, FaceReader(bundle), seed)[RANDOM].state_dict() for seed in (0, 1))
    assert torch.equal(again["shared.weight"], found[RANDOM].state_dict()["shared.weight"])
    assert not torch.equal(other["shared.weight"], again["shared.weight"])
    assert not any(net.training for net in found.values())


def test_a_run_of_another_recipe_is_told(recipes: Recipes, reading: list[str], tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert get_method("face_attributes").train(recipes(*reading), run, True) is not None
    with pytest.raises(VisavisError, match="holds a run of another recipe"):
        STUDY(recipes(*reading, "reader.hidden=16"), [0], run, "typed", True)


def test_training_faces_are_taken_evenly(monkeypatch: pytest.MonkeyPatch, faces: Path) -> None:
    monkeypatch.setattr(concepts, "LEARNED", 5)
    data = open_dataset(str(faces))
    train, validation, test = parts_of(data, None)
    ids = data.items.filter(pl.col("split") == "train")["id"]
    assert train["id"].to_list() == [ids[row] for row in (0, 12, 24, 35, 47)]
    assert (len(validation), len(test)) == (16, 16)


def told(*each: float) -> Told:
    return Told(PerQuery(np.array([np.mean(each)]), np.ones(1)), np.array(each))


def test_what_is_said_follows_from_the_figures() -> None:
    def arm(*accuracies: float) -> Arm:
        return Arm(np.array([4, 5]), told(*accuracies), told(*accuracies), told(*accuracies), 0.75)

    arms = {
        (RANDOM, C3): arm(0.55, 0.6),
        (RANDOM, C4): arm(0.5, 0.5),
        (RANDOM, FC): arm(0.5, 0.5),
        (IDENTITIES, FC): arm(0.6, 0.9),
        (TAGS, C3): arm(0.7, 0.6),
        (TAGS, C4): arm(0.75, 0.5),
        (TAGS, FC): arm(0.8, 0.88),
    }
    line = np.linspace(0.6, 0.9, len(SHARES))
    said = answers(arms, {TAGS: Kept(line, line + 0.05)}, ["Smiling", "Male"])
    assert said[0].startswith(
        "balanced accuracy of the one best unit of the last layer: 50.0 random, 75.0 fr"
    )
    assert said[1].startswith(
        "random to from identities: the best unit is better for 2 of 2 attributes, by 25"
    )
    assert said[2] == (
        "from identities to fine-tuned: the best unit is better for 1 of 2 attributes, by 9.0 points on "
        "average; most for Smiling +20.0, Male -2.0"
    )
    assert said[3].startswith(
        "random, of 2 attributes a tenth of the units is best in C3 for 2 (57.5 % on all)"
    )
    assert said[4].endswith(
        "C3 for 0 (65.0 % on all), C4 for 0 (62.5 % on all), fully connected for 2 (84.0 % on all)"
    )
    assert "83.3 % (62.5 %) fine-tuned" in said[5]
    assert said[5].startswith("a tenth of the last layer, chosen by |SVM weight|")
    assert "84.2 % (66.7 %) fine-tuned" in said[6]
    assert "25.0 % of the last layer of the fine-tuned net never change" in said[7]


def test_the_faces_that_excite_a_unit_stand_at_its_ends(tmp_path: Path) -> None:
    """Grey faces, the brighter the more they excite: a row falls from left to right."""
    paths = []
    for number in range(20):
        images.save(tmp_path / f"{number}.png", np.full((8, 8, 3), 10 * number, np.uint8))
        paths.append(str(tmp_path / f"{number}.png"))
    given = np.stack([np.arange(20.0), -np.arange(20.0)], axis=1)
    names = [*ASKED[:1], "other"]
    single = Single(np.array([1, 0]), np.array([-1, 1]))
    asked: list[tuple[int, list[str]]] = []

    def where(unit: int, paths: list[str]) -> list[np.ndarray]:
        asked.append((unit, [Path(path).stem for path in paths]))
        return [np.full((CELL, CELL, 3), 210, np.uint8)] * len(paths)

    for drawing, between in ((None, []), (where, [210])):
        drawn = draw_units(names, single, given, paths, FaceSource(data="faces"), drawing)
        row = drawn[drawn.shape[0] - 60, 180:, 0].astype(int)
        shown = [value for value in dict.fromkeys(row.tolist()) if value % 10 == 0 and value < 220]
        darkest, brightest = [0, 10, 20, 30, 40, 50], [140, 150, 160, 170, 180, 190]
        assert shown == [*darkest, *between, *brightest]  # unit 1 is highest for the darkest
    assert asked == [(1, ["0", "1", "2"])]


def test_other_recipes_of_faces_are_told(recipes: Recipes, faces: Path, tmp_path: Path) -> None:
    uncropped = recipes(f"reader.sources=[{{data: {faces}, aligned: false}}]")
    with pytest.raises(VisavisError, match="reads no aligned faces"):
        STUDY(uncropped, [0], tmp_path, "typed", True)

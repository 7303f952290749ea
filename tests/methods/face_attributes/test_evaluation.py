"""Protocols on small data with logits and windows that are known, and what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from visavis.bundle import Bundle, read_bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.face_attributes import evaluation
from visavis.methods.face_attributes.data import tags_of
from visavis.methods.face_attributes.evaluation import (
    CONSTANT,
    MAJORITY,
    REFERENCE,
    WHOLE,
    evaluate,
    pictures_without,
)
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.protocol import ALIGNED, END_TO_END, LOCALISATION, TagTruth
from visavis.methods.face_attributes.scoring import Windows
from visavis.metrics.detection import recall_by_rate
from visavis.tables import BOX, DataSet

FOUND = np.array([1.0, 2, 30, 40])  # the window in every photo


@pytest.fixture
def outer_bundle(tiny_bundle: Bundle) -> Bundle:
    """LNet_o alone."""
    return read_bundle(tiny_bundle.path.parent / "outer" / "bundle")


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows are `FOUND`, and logits follow from path and box."""

    def windows(self: FaceReader, paths: list[str]) -> Windows:
        return Windows(np.tile(FOUND, (len(paths), 1)), np.zeros(len(paths)))

    monkeypatch.setattr(FaceReader, "windows", windows)
    monkeypatch.setattr(FaceReader, "logits", lambda self, paths, boxes: some_logits(paths, boxes))
    monkeypatch.setattr(FaceReader, "logits_whole", lambda self, paths: some_logits(paths, np.zeros((1, 4))))


def some_logits(paths: list[str], boxes: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng([int(Path(path).stem) for path in paths] + boxes.astype(int).ravel().tolist())
    return rng.normal(size=(len(paths), 9))


def table(folder: Path, *left_out: str, boxes: bool = True, split: str | None = None) -> str:
    """The rendered faces as a user's table with a box each."""
    items = open_dataset("rendered-faces-20").items
    if boxes:
        size = {"box_w": 50.0, "box_h": 60.0}
        items = items.with_columns(
            box_x=10.0 + pl.int_range(20), box_y=20.0, **{k: pl.lit(v) for k, v in size.items()}
        )
    if split:
        items = items.with_columns(split=pl.lit(split))
    items.drop(*left_out).write_csv(folder / "faces.csv")
    return str(folder / "faces.csv")


@pytest.mark.usefixtures("known")
def test_figures_are_those_of_the_logits_in_the_windows(tiny_bundle: Bundle) -> None:
    calibration = {"slope.smile": 2.0, "offset.smile": -1.0, "threshold.beard": 0.7}
    config = tiny_bundle.config.model_copy(update={"calibration": calibration})
    found = evaluate(replace(tiny_bundle, config=config), None, None)
    test = open_dataset("rendered-faces-20").select(split="test").items
    paths, names = test["path"].to_list(), tiny_bundle.config.labels
    logits = some_logits(paths, np.tile(FOUND, (len(paths), 1)))
    expected = TagTruth.of(test, names, tags_of(test)).measure(logits, calibration)
    assert {name: one.value for name, one in found.metrics.items()} == {
        name: one.value for name, one in expected.items()
    }
    assert (found.protocol, found.data, found.n) == ("tags", "rendered-faces-20", 6)
    assert found.peers[MAJORITY]["balanced_accuracy"].value == 0.5


@pytest.mark.usefixtures("known")
def test_end_to_end_stands_beside_the_reference_box_and_the_whole_photo(
    tiny_bundle: Bundle, tmp_path: Path
) -> None:
    name = table(tmp_path)
    found = evaluate(tiny_bundle, name, END_TO_END)
    test = open_dataset(name).select(split="test").items
    paths, truth = test["path"].to_list(), TagTruth.of(test, tiny_bundle.config.labels, tags_of(test))
    assert list(found.peers) == [REFERENCE, WHOLE, MAJORITY]
    for peer, boxes in ((REFERENCE, test.select(BOX).to_numpy()), (WHOLE, np.zeros((1, 4)))):
        expected = truth.measure(some_logits(paths, boxes), {})["mean_accuracy"].value
        assert found.peers[peer]["mean_accuracy"].value == pytest.approx(expected)


def test_an_aligned_bundle_reads_its_own_frame(aligned_bundle: Bundle) -> None:
    test = open_dataset("rendered-faces-20").select(split="test").items
    logits = FaceReader(aligned_bundle).logits_aligned(test["path"].to_list())
    truth = TagTruth.of(test, aligned_bundle.config.labels, tags_of(test))
    expected = truth.measure(logits, {})["mean_accuracy"].value
    for protocol in (None, ALIGNED):
        assert evaluate(aligned_bundle, None, protocol).metrics["mean_accuracy"].value == expected


def test_localisation_by_hand(tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six test photos, the window right in two, and two faces in one; and pictures without faces."""
    data = open_dataset(table(tmp_path))
    counted = data.items.with_columns(
        faces=pl.when(pl.col("split") == "test").then(pl.int_range(20) % 6 // 5 + 1)
    )
    data = replace(data, items=counted)
    faceless = open_dataset("rendered-shoes-20").select(domain="photo")
    test, without = data.select(split="test").items, faceless.select(split="test").items
    truth = test.select(BOX).to_numpy()
    boxes = truth.copy()
    boxes[:, 0] += [0, 2, 40, 40, 40, 40]
    scores, empty = np.array([0.9, 0.4, 0.8, 0.3, 0.2, 0.1]), np.linspace(0.05, 0.6, len(without))

    def windows(self: FaceReader, paths: list[str]) -> Windows:
        if paths == test["path"].to_list():
            return Windows(boxes, scores)
        assert paths == without["path"].to_list()
        return Windows(np.zeros((len(paths), 4)), empty)

    def opened(name: str) -> DataSet:
        return {"faces": data, "faceless": faceless}[name]

    monkeypatch.setattr(FaceReader, "windows", windows)
    monkeypatch.setattr(evaluation, "open_dataset", opened)
    recipe = tiny_bundle.config.recipe
    outer = recipe["outer"] | {"faceless": "faceless"}
    config = tiny_bundle.config.model_copy(update={"recipe": recipe | {"outer": outer}})
    found = evaluate(replace(tiny_bundle, config=config), "faces", LOCALISATION)
    for overlap in (0.3, 0.5, 0.7):
        assert found.metrics[f"recall@{overlap}"].value == pytest.approx(2 / 6)
    single = (test["faces"] == 1).to_numpy()
    assert single.sum() == 5
    overlaps = np.array([1.0, 48 / 52, *[10 / 90] * 4])
    expected = recall_by_rate(scores[single], overlaps[single], empty)
    for name, one in expected.items():
        assert found.metrics[name].value == pytest.approx(one.value)
    assert found.notes[0].startswith(
        f"false positives: on 5 photos with one face, and {len(without)} pictures"
    )
    assert set(found.peers[CONSTANT]) == {"recall@0.3", "recall@0.5", "recall@0.7"}
    assert found.peers[CONSTANT]["recall@0.5"].value == 1  # boxes differ by less than a third


def test_without_pictures_without_faces_only_overlaps_count(tiny_bundle: Bundle, tmp_path: Path) -> None:
    found = evaluate(tiny_bundle, table(tmp_path), LOCALISATION)
    assert set(found.metrics) == {"recall@0.3", "recall@0.5", "recall@0.7"}
    assert found.notes == (
        "false positives are not counted: no pictures without faces of split 'test' in outer.faceless",
    )


def test_boxes_of_the_test_part_are_enough(tiny_bundle: Bundle, tmp_path: Path) -> None:
    for split in (None, "test"):
        name = table(tmp_path, *(["split"] if split is None else []), split=split)
        found = evaluate(tiny_bundle, name, LOCALISATION)
        assert (found.n, found.peers) == (20, {})


def test_images_that_were_learned_from_are_said_to_be(tiny_bundle: Bundle, tmp_path: Path) -> None:
    name = table(tmp_path, "split")
    data = [{"name": "faces", "digest": open_dataset(name).digest(), "terms": ""}]
    config = tiny_bundle.config.model_copy(update={"training": {"data": data}})
    assert evaluate(tiny_bundle, name, None).notes == ()
    (note,) = evaluate(replace(tiny_bundle, config=config), name, None).notes
    assert note == "faces has no splits: these are the images that the bundle has learned from"


def test_pictures_without_faces_that_were_learned_from_do_not_count(tmp_path: Path) -> None:
    known = table(tmp_path, "split")
    assert pictures_without({"outer": {"faceless": known}}) == []
    assert pictures_without({"outer": None}) == pictures_without({}) == []
    told = pictures_without({"outer": {"faceless": "rendered-shoes-20"}})
    assert told == open_dataset("rendered-shoes-20").select(split="test").items["path"].to_list()
    assert pictures_without({"outer": {"faceless": str(tmp_path / "absent")}}) == []


# --- what is refused


def test_a_protocol_that_is_unknown_or_does_not_fit(
    tiny_bundle: Bundle, outer_bundle: Bundle, aligned_bundle: Bundle, tmp_path: Path
) -> None:
    with pytest.raises(VisavisError, match="protocol 'lfw' is unknown; use one of tags, celeba-10k"):
        evaluate(tiny_bundle, None, "lfw")
    for protocol in (ALIGNED, "tags"):
        with pytest.raises(VisavisError, match="finds faces and reads none; use 'celeba-wild-localisation'"):
            evaluate(outer_bundle, None, protocol)
    with pytest.raises(
        VisavisError, match=r"has no LNet, and 'celeba-wild-end-to-end' is .*use 'celeba-10k'"
    ):
        evaluate(aligned_bundle, table(tmp_path), END_TO_END)


def test_data_without_what_the_protocol_needs(tiny_bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match=r"faces: an item has no box to compare with; add box_x"):
        evaluate(tiny_bundle, table(tmp_path, boxes=False), END_TO_END)
    with pytest.raises(VisavisError, match=r"faces: has no tags of 'beard', which .* reads"):
        evaluate(tiny_bundle, table(tmp_path, "attr.beard"), None)
    with pytest.raises(
        VisavisError, match="faces: has no test part to measure on; mark items with split 'test'"
    ):
        evaluate(tiny_bundle, table(tmp_path, split="train"), None)
    with pytest.raises(VisavisError, match="faces: an item has no box"):
        evaluate(tiny_bundle, table(tmp_path, boxes=False), LOCALISATION)


def test_data_without_splits_is_measured_as_a_whole(tiny_bundle: Bundle, tmp_path: Path) -> None:
    found = evaluate(tiny_bundle, table(tmp_path, "split"), None)
    assert found.n == 20
    assert MAJORITY not in found.peers  # it would know the truth

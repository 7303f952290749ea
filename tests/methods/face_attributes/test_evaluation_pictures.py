"""An evaluation in pictures: which are drawn under which protocol, and what stands in them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.faces import untrained_faces
from visavis import images
from visavis.bundle import read_bundle
from visavis.datasets import open_dataset
from visavis.methods.face_attributes import METHOD
from visavis.methods.face_attributes.evaluation import search_for_faces
from visavis.methods.face_attributes.evaluation_pictures import responses
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.pictures import CELL
from visavis.metrics.boxes import intersection_over_union
from visavis.tables import DataSet

BOX = {"box_x": 20.0, "box_y": 20.0, "box_w": 120.0, "box_h": 120.0}


@pytest.fixture
def boxed(photos: list[str], tmp_path: Path) -> Path:
    """A table of the photos with a box each, three of them of split test; the last shows two faces."""
    splits = ["train", "train", "test", "test", "test"]
    table = pl.DataFrame({"path": photos, "split": splits}).with_columns(
        **{k: pl.lit(v) for k, v in BOX.items()}
    )
    table.write_csv(tmp_path / "boxed.csv")
    return tmp_path / "boxed.csv"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_a_whole_system_does_is_drawn(reader: FaceReader, boxed: Path, tmp_path: Path) -> None:
    assert METHOD.draw is not None
    METHOD.draw(reader.bundle, str(boxed), "tags", tmp_path / "drawn")
    assert names(tmp_path / "drawn") == {"responses.png", "attributes.png"}
    assert images.size_of(tmp_path / "drawn" / "responses.png")[1] >= 3 * CELL  # the test part


def test_the_curve_is_drawn_under_its_protocol(reader: FaceReader, boxed: Path, tmp_path: Path) -> None:
    recipe = reader.bundle.config.recipe
    taught = reader.bundle.config.model_copy(
        update={"recipe": recipe | {"outer": {"faceless": "rendered-shoes-12"}}}
    )
    assert METHOD.draw is not None
    METHOD.draw(replace(reader.bundle, config=taught), str(boxed), "celeba-wild-localisation", tmp_path / "a")
    assert names(tmp_path / "a") == {"responses.png", "attributes.png", "localisation.png"}
    METHOD.draw(reader.bundle, str(boxed), "celeba-wild-localisation", tmp_path / "b")
    assert names(tmp_path / "b") == {"responses.png", "attributes.png"}  # nothing to be mistaken in


def test_of_a_part_only_what_it_can_do(boxed: Path, tmp_path: Path) -> None:
    assert METHOD.draw is not None
    aligned = read_bundle(untrained_faces(tmp_path / "bundle", ("reader",)))
    METHOD.draw(aligned, str(boxed), "celeba-10k", tmp_path / "drawn")
    assert names(tmp_path / "drawn") == {"attributes.png"}


def test_false_positives_are_counted_where_there_is_one_face(reader: FaceReader, boxed: Path) -> None:
    shoes = open_dataset("rendered-shoes-12").select(split="test").items["path"].to_list()
    data = open_dataset(boxed)
    test = data.select(split="test").items.with_columns(faces=pl.Series([1, 2, 1]))
    searched = search_for_faces(reader.windows, data, test, shoes)
    truth = np.array([[*BOX.values()]] * 3)
    assert searched.overlaps == pytest.approx(intersection_over_union(searched.found.boxes, truth))
    scores, overlaps, without = searched.rated()
    assert scores.tolist() == searched.found.scores[[0, 2]].tolist()
    assert overlaps.tolist() == searched.overlaps[[0, 2]].tolist()
    assert len(without) == len(shoes)


def test_reference_boxes_are_drawn_where_they_are_known(reader: FaceReader, boxed: Path) -> None:
    data: DataSet = open_dataset(boxed)
    items = data.items.head(2).with_columns(box_x=pl.Series([20.0, None]))
    known, unknown = (
        responses(reader, items),
        responses(reader, replace(data, items=items.select("path")).items),
    )
    changed = (known != unknown).any(axis=2)
    assert changed[:, : CELL + 16].sum() > 300
    assert not changed[:, CELL + 16 :].any()

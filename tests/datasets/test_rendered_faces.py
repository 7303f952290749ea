from pathlib import Path

import numpy as np
import polars as pl
import pytest

from visavis import images
from visavis.datasets import rendered
from visavis.datasets.rendered import rendered_faces, rendered_shoes
from visavis.errors import VisavisError
from visavis.synth.face_photo import SIDE, render_face
from visavis.synth.faces import ATTRIBUTES, PART_OF, sample
from visavis.tables import DataSet


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def faces(folder: Path) -> DataSet:
    return rendered_faces(10, folder=folder)


def part_boxes(data: DataSet) -> pl.DataFrame:
    assert data.parts is not None
    return data.parts


def test_every_face_is_a_photo_with_all_its_strengths(faces: DataSet) -> None:
    assert faces.name == "rendered-faces-10"
    assert faces.attributes == list(ATTRIBUTES)
    assert faces.items["split"].to_list() == ["train"] * 7 + ["test"] * 3
    assert set(faces.items["domain"]) == {"photo"}
    assert faces.items["label"].n_unique() == 10
    assert faces.items.null_count().sum_horizontal().item() == 0


def test_photo_strengths_and_boxes_belong_to_one_face(faces: DataSet) -> None:
    rng = np.random.default_rng((0, 4))
    face = sample(rng)
    photo = render_face(face, rng)
    item = faces.items.row(4, named=True)
    stored = images.load(item["path"])
    assert stored.shape == (SIDE, SIDE, 3)
    assert np.abs(stored.astype(int) - photo.image).mean() < 5
    strengths = [item[f"attr.{name}"] for name in ATTRIBUTES]
    np.testing.assert_allclose(strengths, list(face.strengths().values()), rtol=1e-6)
    boxes = part_boxes(faces).filter(id=item["id"]).drop("id")
    assert boxes.rows() == [(part, *box) for part, box in photo.boxes.items()]


def test_every_attribute_has_a_box_in_every_photo(faces: DataSet) -> None:
    boxes = part_boxes(faces)
    assert boxes.columns == ["id", "part", "x", "y", "w", "h"]
    assert len(boxes) == 10 * len(set(PART_OF.values()))
    inside = pl.all_horizontal(
        pl.col("x") >= 0,
        pl.col("y") >= 0,
        pl.col("x") + pl.col("w") <= SIDE,
        pl.col("y") + pl.col("h") <= SIDE,
    )
    assert boxes.select(inside.all()).item()


def test_boxes_of_some_items_are_theirs(faces: DataSet) -> None:
    some = faces.select(split="test")
    assert set(part_boxes(some)["id"]) == set(some.items["id"])


def test_same_seed_same_bytes_elsewhere(faces: DataSet, tmp_path: Path) -> None:
    again = rendered_faces(10, folder=tmp_path)
    assert again.digest() == faces.digest()
    assert part_boxes(again).equals(part_boxes(faces))
    assert rendered_faces(10, seed=1, folder=tmp_path).digest() != faces.digest()


def test_a_set_is_rendered_once(faces: DataSet, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendered, "render_face", None)
    assert rendered_faces(10, folder=folder).items.equals(faces.items)


def test_a_smaller_set_is_the_beginning_of_a_larger(faces: DataSet, tmp_path: Path) -> None:
    few = rendered_faces(3, folder=tmp_path)
    assert few.digest() == faces.select(label=["00000", "00001", "00002"]).digest()


def test_shoes_and_faces_lie_apart(folder: Path, faces: DataSet) -> None:
    shoes = rendered_shoes(1, folder=folder)
    assert set(part_boxes(shoes)["part"]).isdisjoint(part_boxes(faces)["part"])


def test_no_faces_is_an_error() -> None:
    with pytest.raises(
        VisavisError, match="rendered-faces-0: there is nothing to render; ask for 1 face at least"
    ):
        rendered_faces(0)


def test_a_broken_table_of_boxes_is_named(tmp_path: Path) -> None:
    rendered_faces(1, folder=tmp_path)
    next(tmp_path.glob("*/parts.csv")).write_text("id,part\nphoto/00000.jpg,mouth\n")
    with pytest.raises(VisavisError, match=r"parts\.csv: column 'x' is missing"):
        rendered_faces(1, folder=tmp_path)

from pathlib import Path

import polars as pl
import pytest

from visavis import images
from visavis.datasets import rendered
from visavis.datasets.rendered import rendered_shoes
from visavis.errors import VisavisError
from visavis.synth.shoes import ATTRIBUTES
from visavis.tables import DataSet


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def shoes(folder: Path) -> DataSet:
    return rendered_shoes(10, folder=folder)


def test_every_shoe_has_a_photo_and_its_sketches(shoes: DataSet) -> None:
    counts = shoes.items.group_by("split", "domain").len().sort("split", "domain").rows()
    assert counts == [
        ("test", "photo", 3),
        ("test", "sketch", 3),
        ("train", "photo", 7),
        ("train", "sketch", 14),
    ]
    assert shoes.items.filter(domain="photo")["label"].n_unique() == 10
    assert shoes.items.group_by("label").agg(pl.col("split").n_unique())["split"].to_list() == [1] * 10


def test_attributes_are_known_except_of_test_sketches(shoes: DataSet) -> None:
    assert shoes.attributes == list(ATTRIBUTES)
    columns = [f"attr.{name}" for name in ATTRIBUTES]
    query = (pl.col("split") == "test") & (pl.col("domain") == "sketch")
    assert shoes.items.filter(query).select(columns).null_count().row(0) == (3,) * 12
    known = shoes.items.filter(~query).select(columns)
    assert known.null_count().row(0) == (0,) * 12
    assert (
        shoes.items.filter(~query)
        .group_by("label")
        .agg(pl.col(columns).n_unique())
        .select(columns)
        .max()
        .row(0)
        == (1,) * 12
    )


def test_images_are_photos_and_sketches(shoes: DataSet) -> None:
    photo, sketch = (shoes.items.filter(domain=domain)["path"][0] for domain in ("photo", "sketch"))
    colours, lines = images.load(photo), images.load(sketch)
    assert colours.shape == lines.shape == (256, 256, 3)
    assert (colours[..., 0] != colours[..., 2]).any()
    assert (lines[..., 0] == lines[..., 2]).all()


def test_parts_lie_in_their_photos(shoes: DataSet) -> None:
    parts = shoes.parts
    assert parts is not None
    assert parts.columns == ["id", "part", "x", "y", "w", "h"]
    assert set(parts["id"]) == set(shoes.items.filter(domain="photo")["id"])
    inside = (
        (pl.col("x") >= 0)
        & (pl.col("y") >= 0)
        & (pl.col("x") + pl.col("w") <= 256)
        & (pl.col("y") + pl.col("h") <= 256)
    )
    assert parts.select(inside.all()).item()
    assert parts.filter(part="sole").height == 10


def test_same_seed_same_bytes_elsewhere(shoes: DataSet, tmp_path: Path) -> None:
    assert rendered_shoes(10, folder=tmp_path).digest() == shoes.digest()
    assert rendered_shoes(10, seed=1, folder=tmp_path).digest() != shoes.digest()


def test_a_smaller_set_is_the_beginning_of_a_larger(shoes: DataSet, tmp_path: Path) -> None:
    few = rendered_shoes(3, folder=tmp_path)
    assert few.digest() == shoes.select(label=["00000", "00001", "00002"]).digest()


def test_a_set_is_rendered_once(shoes: DataSet, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendered, "render_photo", None)
    assert rendered_shoes(10, folder=folder).items.equals(shoes.items)


def test_an_interrupted_rendering_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(rendered, "render_sketch", interrupt)
        with pytest.raises(KeyboardInterrupt):
            rendered_shoes(2, folder=tmp_path)
    assert not list(tmp_path.iterdir())
    assert rendered_shoes(2, folder=tmp_path).items.height == 6


def test_the_cache_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_CACHE", str(tmp_path))
    data = rendered_shoes(1)
    assert data.name == "rendered-shoes-1"
    assert Path(data.items["path"][0]).is_relative_to(
        tmp_path / f"rendered-shoes-1-seed0-v{rendered.VERSION}"
    )


def test_no_shoes_is_an_error() -> None:
    with pytest.raises(
        VisavisError, match="rendered-shoes-0: there is nothing to render; ask for 1 shoe at least"
    ):
        rendered_shoes(0)

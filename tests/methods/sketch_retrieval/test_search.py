"""One score everywhere: what the protocol ranks first is what `search` answers first."""

from pathlib import Path
from shutil import copy

import numpy as np
import polars as pl
import pytest

from visavis import load
from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.gallery.store import Gallery
from visavis.methods.sketch_retrieval.data import load_pages
from visavis.methods.sketch_retrieval.protocol import official_split
from visavis.methods.sketch_retrieval.retriever import SketchRetriever
from visavis.methods.sketch_retrieval.search import choose_items, draw_strip, index_items, search_gallery


@pytest.fixture(scope="module")
def indexed(tiny_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> tuple[SketchRetriever, Path]:
    retriever: SketchRetriever = load(tiny_bundle.path)
    path = tmp_path_factory.mktemp("gallery") / "shoes.lance"
    photos = open_dataset("rendered-shoes-40").select(domain="photo", split="test").items
    assert index_items(retriever, str(tiny_bundle.path), photos, path) == (len(photos), len(photos))
    return retriever, path


def test_search_ranks_as_the_protocol_does(indexed: tuple[SketchRetriever, Path]) -> None:
    retriever, path = indexed
    split = official_split(open_dataset("rendered-shoes-40"), "photo")
    scores = retriever.scorer.scores(
        load_pages(split.queries, retriever.page), load_pages(split.gallery, retriever.page)
    )
    plain = retriever.encode(split.queries)
    gallery = Gallery.open(path)
    changed_by_attributes = 0
    for row, query in enumerate(split.queries["path"]):
        hits = search_gallery(retriever, gallery, Path(query), "sketch", len(split.gallery))
        order = np.argsort(scores[row], kind="stable")
        assert [hit.id for hit in hits] == split.gallery["id"][order].to_list()
        assert np.allclose([hit.score for hit in hits], scores[row][order], rtol=1e-5)
        distances = np.linalg.norm(plain.embeddings[row] - retriever.encode(split.gallery).embeddings, axis=1)
        changed_by_attributes += not np.array_equal(np.argsort(distances), order)
    assert changed_by_attributes > 0  # else the test could not tell R_s from the plain distance


def test_indexing_again_adds_nothing(indexed: tuple[SketchRetriever, Path]) -> None:
    retriever, path = indexed
    photos = open_dataset("rendered-shoes-40").select(domain="photo").items
    added, total = index_items(retriever, "tiny", photos, path)
    assert (added, total) == (28, 40)  # the 12 test photos were there
    assert index_items(retriever, "tiny", photos, path) == (0, 40)
    Gallery.open(path).remove(photos.filter(photos["split"] == "train")["id"].to_list())


def test_nothing_to_index_is_told(indexed: tuple[SketchRetriever, Path], tmp_path: Path) -> None:
    retriever, _ = indexed
    nothing = open_dataset("rendered-shoes-40").items.head(0)
    with pytest.raises(VisavisError, match="no items to add"):
        index_items(retriever, "tiny", nothing, tmp_path / "empty.lance")
    assert not (tmp_path / "empty.lance").exists()


@pytest.fixture
def boots(tmp_path: Path) -> Path:
    """A folder of two classes with one photo each, both by the name 1.jpg."""
    photos = open_dataset("rendered-shoes-40").select(domain="photo").items["path"]
    for name, photo in zip(("boots", "flats"), photos, strict=False):
        (tmp_path / "old" / name).mkdir(parents=True)
        copy(photo, tmp_path / "old" / name / "1.jpg")
    return tmp_path / "old"


def test_indexing_again_takes_up_a_moved_folder_and_a_corrected_label(
    indexed: tuple[SketchRetriever, Path], boots: Path, tmp_path: Path
) -> None:
    retriever, gallery = indexed[0], tmp_path / "g.lance"
    assert index_items(retriever, "tiny", open_dataset(boots).items, gallery) == (2, 2)
    new = boots.rename(tmp_path / "new")
    items = open_dataset(new).items
    assert index_items(retriever, "tiny", items, gallery) == (2, 2)
    assert Gallery.open(gallery).items()["path"].to_list() == items["path"].to_list()
    corrected = items.with_columns(label=pl.Series(["boots", "sandals"]))
    assert index_items(retriever, "tiny", corrected, gallery) == (1, 2)
    assert Gallery.open(gallery).items()["label"].to_list() == ["boots", "sandals"]


def test_another_folder_does_not_replace_items(
    indexed: tuple[SketchRetriever, Path], boots: Path, tmp_path: Path
) -> None:
    retriever, gallery = indexed[0], tmp_path / "g.lance"
    items = open_dataset(boots).items
    index_items(retriever, "tiny", items, gallery)
    (tmp_path / "other" / "boots").mkdir(parents=True)
    copy(items["path"][1], tmp_path / "other" / "boots" / "1.jpg")
    with pytest.raises(VisavisError, match="holds another image"):
        index_items(retriever, "tiny", open_dataset(tmp_path / "other").items, gallery)
    assert Gallery.open(gallery).items()["path"].to_list() == items["path"].to_list()


def test_a_failed_first_index_leaves_nothing(
    indexed: tuple[SketchRetriever, Path], boots: Path, tmp_path: Path
) -> None:
    retriever, gallery = indexed[0], tmp_path / "g.lance"
    (boots / "boots" / "2.jpg").write_text("no image")
    with pytest.raises(VisavisError, match=r"2\.jpg: is no image"):
        index_items(retriever, "tiny", open_dataset(boots).items, gallery)
    (boots / "boots" / "2.jpg").unlink()
    (boots / "boots" / "2.jpg").symlink_to(tmp_path / "nowhere.jpg")
    with pytest.raises(VisavisError, match=r"2\.jpg: cannot be read .*; restore it or leave it out"):
        index_items(retriever, "tiny", open_dataset(boots).items, gallery)
    assert not gallery.exists()


def test_search_in_an_empty_gallery_and_for_a_gone_image(
    indexed: tuple[SketchRetriever, Path], boots: Path, tmp_path: Path
) -> None:
    retriever, gallery = indexed[0], tmp_path / "g.lance"
    items = open_dataset(boots).items
    query = Path(items["path"][0])
    index_items(retriever, "tiny", items, gallery)
    hits = search_gallery(retriever, Gallery.open(gallery), query, "photo", 2)
    Path(items["path"][1]).unlink()
    with pytest.raises(
        VisavisError, match=r"flats/1\.jpg: .*'flats/1\.jpg' is gone; index it in its new place"
    ):
        draw_strip(query, hits, tmp_path / "strip.png")
    Gallery.open(gallery).remove(items["id"].to_list())
    with pytest.raises(VisavisError, match="this gallery is empty; add images with `visavis index`"):
        search_gallery(retriever, Gallery.open(gallery), query, "photo", 2)


def test_domains_are_checked(indexed: tuple[SketchRetriever, Path]) -> None:
    retriever, path = indexed
    with pytest.raises(VisavisError, match="domain 'skech' is unknown; an image is a photo or a sketch"):
        search_gallery(retriever, Gallery.open(path), Path("query.png"), "skech", 1)
    data = open_dataset("rendered-shoes-40")
    with pytest.raises(
        VisavisError, match="rendered-shoes-40: no item has the domain 'edge'; present are photo, s"
    ):
        choose_items(data, "edge", None)
    assert len(choose_items(data, "sketch", "test")) == len(data.select(domain="sketch", split="test").items)


def test_strip_is_written(indexed: tuple[SketchRetriever, Path], tmp_path: Path) -> None:
    retriever, path = indexed
    query = Path(open_dataset("rendered-shoes-40").select(domain="sketch", split="test").items["path"][0])
    hits = search_gallery(retriever, Gallery.open(path), query, "sketch", 3)
    draw_strip(query, hits, tmp_path / "strip.png")
    assert (tmp_path / "strip.png").stat().st_size > 1000


def test_description_names_every_attribute(tiny_bundle: Bundle) -> None:
    image = Path(open_dataset("rendered-shoes-40").items["path"][0])
    description = load(tiny_bundle.path).describe(image, "photo")
    assert set(description.probabilities) == set(tiny_bundle.config.labels)
    assert all(0 <= value <= 1 for value in description.probabilities.values())
    lines = str(description).splitlines()
    assert len(lines) == len(tiny_bundle.config.labels)
    assert lines == sorted(lines, key=lambda line: -float(line.split()[0]))

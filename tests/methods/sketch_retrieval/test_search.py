"""One score everywhere: what the protocol ranks first is what `search` answers first."""

from pathlib import Path

import numpy as np
import pytest

from visavis import load
from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.gallery.store import Gallery
from visavis.methods.sketch_retrieval.data import load_pages
from visavis.methods.sketch_retrieval.protocol import official_split
from visavis.methods.sketch_retrieval.retriever import SketchRetriever
from visavis.methods.sketch_retrieval.search import draw_strip, index_items, search_gallery


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

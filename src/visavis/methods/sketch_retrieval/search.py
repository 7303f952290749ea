"""Index photos with a trained ranker, and find the one that a sketch means."""

from pathlib import Path

import polars as pl
from rich.progress import track

from visavis import images
from visavis.errors import VisavisError
from visavis.files import digest_file
from visavis.gallery.index import Hit
from visavis.gallery.store import Gallery
from visavis.methods.sketch_retrieval.retriever import SketchRetriever
from visavis.pictures.strip import Answer, strip

BATCH = 64
THUMBNAIL = 160  # px


def index_items(retriever: SketchRetriever, model: str, items: pl.DataFrame, path: Path) -> tuple[int, int]:
    """Add items to the gallery at `path`, made here if it is new; gives the numbers added and in all.

    Every batch is stored as it is done: after an interruption the same call goes on. Items whose file is
    there unchanged are skipped.

    Raises:
        VisavisError: nothing to add, another model's gallery, or an unreadable image.
    """
    if items.is_empty():
        raise VisavisError("no items to add: none has the asked domain and split; see --domain and --split")
    bundle = retriever.bundle
    if path.exists():
        gallery = Gallery.open(path)
        gallery.check_contract(bundle.contract)
    else:
        gallery = Gallery.create(
            path,
            contract=bundle.contract,
            dimension=retriever.dimension,
            attributes=bundle.config.labels,
            attribute_weight=retriever.scorer.attribute_weight,
            model=model,
        )
    with_digest = items.with_columns(
        digest=pl.col("path").map_elements(lambda name: digest_file(Path(name)), pl.String)
    )
    missing = gallery.missing(with_digest)
    for batch in track(list(missing.iter_slices(BATCH)), "indexing", disable=missing.is_empty()):
        encoded = retriever.encode(batch)
        probabilities = encoded.probabilities if bundle.config.labels else None
        gallery.add(batch, encoded.embeddings, probabilities, bundle.contract)
    return len(missing), len(gallery)


def search_gallery(
    retriever: SketchRetriever, gallery: Gallery, query: Path, domain: str, k: int
) -> list[Hit]:
    """The k photos of a gallery that a sketch (or photo) means, by R_s, nearest first.

    Raises:
        VisavisError: the gallery was made by another model, or the query cannot be read.
    """
    gallery.check_contract(retriever.bundle.contract)
    encoded = retriever.encode_image(query, domain)
    probabilities = encoded.probabilities if retriever.bundle.config.labels else None
    return gallery.search(encoded.embeddings, probabilities, k)[0]


def draw_strip(query: Path, hits: list[Hit], target: Path) -> None:
    """Write a picture of a query and its answers."""
    answers = [
        Answer(images.load(hit.path, size=THUMBNAIL), f"{hit.rank}. {hit.label or hit.id}  {hit.score:.3f}")
        for hit in hits
    ]
    images.save(target, strip(images.load(query, size=THUMBNAIL), answers))

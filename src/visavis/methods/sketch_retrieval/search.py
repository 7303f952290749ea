"""Index photos with a trained ranker, and find the one that a sketch means."""

from pathlib import Path

import polars as pl
from rich.progress import track

from visavis import images
from visavis.bundle import lasting_name
from visavis.errors import VisavisError
from visavis.files import check_target
from visavis.gallery.index import Hit
from visavis.gallery.store import Gallery
from visavis.methods.sketch_retrieval.retriever import SketchRetriever
from visavis.pictures.strip import Answer, strip
from visavis.tables import DataSet, digest_image

BATCH = 64
THUMBNAIL = 160  # px
IMAGE_DOMAINS = ("photo", "sketch")


def choose_items(data: DataSet, domain: str, split: str | None) -> pl.DataFrame:
    """The items of a domain, and of a split where one is given.

    Raises:
        VisavisError: the data have no such domain; the sentence lists theirs.
    """
    present = sorted(data.items["domain"].unique())
    if domain not in present:
        raise VisavisError(
            f"{data.name}: no item has the domain '{domain}'; present are {', '.join(present)}"
        )
    chosen = data.select(domain=domain)
    return chosen.items if split is None else chosen.select(split=split).items


def check_domain(domain: str) -> None:
    """Raise VisavisError unless a single image can be of this domain."""
    if domain not in IMAGE_DOMAINS:
        raise VisavisError(f"domain '{domain}' is unknown; an image is a {' or a '.join(IMAGE_DOMAINS)}")


def index_items(retriever: SketchRetriever, model: str, items: pl.DataFrame, path: Path) -> tuple[int, int]:
    """Add items to the gallery at `path`, made here if it is new; gives the numbers added and in all.

    Every batch is stored as it is done: after an interruption the same call goes on. Items whose file is
    there unchanged are skipped; where label, domain or place of the file changed, the row is replaced.

    Args:
        retriever: the model.
        model: its path or name, for the gallery to remember; a path is made absolute.
        items: what to add.
        path: of the gallery.

    Raises:
        VisavisError: nothing to add, another model's gallery, an unreadable image, or an id that is another
            image's.
    """
    if items.is_empty():
        raise VisavisError("no items to add: none has the asked domain and split; see --domain and --split")
    bundle = retriever.bundle
    gallery = _existing_gallery(path, bundle.contract)
    digests = [digest_image(name) for name in items["path"]]
    wanted = items.with_columns(digest=pl.Series(digests, dtype=pl.String))
    missing = wanted if gallery is None else gallery.missing(wanted)
    for batch in track(list(missing.iter_slices(BATCH)), "indexing", disable=missing.is_empty()):
        encoded = retriever.encode(batch)
        if gallery is None:  # only now, so that an image that cannot be read leaves no empty gallery
            gallery = _new_gallery(retriever, model, path)
        probabilities = encoded.probabilities if bundle.config.labels else None
        gallery.add(batch, encoded.embeddings, probabilities, bundle.contract)
    assert gallery is not None
    return len(missing), len(gallery)


def _existing_gallery(path: Path, contract: str) -> Gallery | None:
    if not path.exists():
        check_target(path)
        return None
    gallery = Gallery.open(path)
    gallery.check_contract(contract)
    return gallery


def _new_gallery(retriever: SketchRetriever, model: str, path: Path) -> Gallery:
    return Gallery.create(
        path,
        contract=retriever.bundle.contract,
        dimension=retriever.dimension,
        attributes=retriever.bundle.config.labels,
        attribute_weight=retriever.scorer.attribute_weight,
        model=lasting_name(model),
    )


def search_gallery(
    retriever: SketchRetriever, gallery: Gallery, query: Path, domain: str, k: int
) -> list[Hit]:
    """The k photos of a gallery that a sketch (or photo) means, by R_s, nearest first.

    Raises:
        VisavisError: the gallery is empty or was made by another model, the domain is neither photo nor
            sketch, or the query cannot be read.
    """
    check_domain(domain)
    if len(gallery) == 0:
        raise VisavisError(f"{gallery.path}: this gallery is empty; add images with `visavis index`")
    gallery.check_contract(retriever.bundle.contract)
    encoded = retriever.encode_image(query, domain)
    probabilities = encoded.probabilities if retriever.bundle.config.labels else None
    return gallery.search(encoded.embeddings, probabilities, k)[0]


def draw_strip(query: Path, hits: list[Hit], target: Path) -> None:
    """Write a picture of a query and its answers.

    Raises:
        VisavisError: the query or an answer's image cannot be read, or nothing can be written at `target`.
    """
    for hit in hits:
        if not Path(hit.path).is_file():
            raise VisavisError(
                f"{hit.path}: the image of item '{hit.id}' is gone; index it in its new place, or take it "
                f"out with Gallery.remove"
            )
    answers = [
        Answer(images.load(hit.path, size=THUMBNAIL), f"{hit.rank}. {hit.label or hit.id}  {hit.score:.3f}")
        for hit in hits
    ]
    images.save(target, strip(images.load(query, size=THUMBNAIL), answers))

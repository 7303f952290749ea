"""Measuring a bundle under a named protocol."""

import numpy as np
from jaxtyping import Float

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.sketch_retrieval.data import load_pages
from visavis.methods.sketch_retrieval.protocol import (
    PROTOCOLS,
    RetrievalSplit,
    category_precision,
    evaluate_scores,
    official_split,
)
from visavis.methods.sketch_retrieval.retriever import SketchRetriever
from visavis.metrics.evaluation import Evaluation
from visavis.tables import DataSet


def evaluate(bundle: Bundle, data_name: str | None, protocol_name: str | None) -> Evaluation:
    """Measure a bundle on the test split of its own or other data.

    Args:
        bundle: of `sketch_retrieval`.
        data_name: name or path of the data; None: what the bundle was trained on.
        protocol_name: one of `PROTOCOLS`; None: `qmul-v1` where the photo branch was trained on given
            edge maps, `qmul-v1-photos` on the QMUL photos, else `test-split`.

    Raises:
        VisavisError: the protocol is unknown or the data lacks what it needs.
    """
    data = open_dataset(data_name or bundle.config.recipe["data"])
    name = protocol_name or default_protocol(bundle.config.recipe["photo_domains"], data)
    if name not in PROTOCOLS:
        raise VisavisError(f"protocol '{name}' is unknown; use one of {', '.join(PROTOCOLS)}")
    protocol = PROTOCOLS[name]
    if name == "category" and "category" not in data.items.columns:
        raise VisavisError(f"{data.name}: protocol 'category' needs several categories; use data qmul-v1")
    forms = [official_split(data, domain) for domain in protocol.gallery_domains]
    split, retriever = forms[0], SketchRetriever(bundle)
    scores = np.mean(
        [in_order_of(split, form, gallery_scores(retriever, form, protocol.views)) for form in forms], axis=0
    )
    metrics = evaluate_scores(split, scores)
    if name == "category":
        metrics["category_precision@10"] = category_precision(split, scores)
    return Evaluation(name, data.name, data.digest(), metrics)


def gallery_scores(
    retriever: SketchRetriever, split: RetrievalSplit, views: int = 1
) -> Float[np.ndarray, "Q N"]:
    """R_s of every query of a split against every item of its gallery, encoded as `index` and `search` do.

    Raises:
        VisavisError: several views are asked of pages that are no larger than what the network reads.
    """
    scorer = retriever.scorer
    if views == 1:
        return scorer.compare(retriever.encode(split.queries), retriever.encode(split.gallery))
    if retriever.page <= scorer.model.side:
        raise VisavisError(
            f"pages of {retriever.page} px, of which the net reads {scorer.model.side}, have one view only; "
            f"train with a larger model.page to measure {views} views"
        )
    queries = load_pages(split.queries, retriever.page)
    gallery = load_pages(split.gallery, retriever.page, rgb=retriever.reads_colour)
    return scorer.ten_view_scores(queries, gallery)


def in_order_of(
    split: RetrievalSplit, form: RetrievalSplit, scores: Float[np.ndarray, "Q N"]
) -> Float[np.ndarray, "Q N"]:
    """Columns of another form of the same photos in the order of the split's gallery.

    Raises:
        VisavisError: a photo has no such form.
    """
    column_of = {label: column for column, label in enumerate(form.gallery["label"])}
    if lacking := [label for label in split.gallery["label"] if label not in column_of]:
        raise VisavisError(
            f"photo '{lacking[0]}' has no item of domain '{form.gallery['domain'][0]}'; "
            f"a protocol of both forms needs each photo in both"
        )
    return scores[:, [column_of[label] for label in split.gallery["label"]]]


def default_protocol(photo_domains: list[str], data: DataSet) -> str:
    """`category` on several, `qmul-v1` where edge maps are given and learned from, else that of photos."""
    if "category" in data.items.columns:
        return "category"
    if "edge" in photo_domains and "edge" in data.items["domain"]:
        return "qmul-v1"
    return "qmul-v1-photos" if data.name.startswith("qmul") else "test-split"


def gallery_domain(bundle: Bundle, data: DataSet) -> str:
    """The domain that stands for the photos when the bundle is measured on `data` by default."""
    return PROTOCOLS[default_protocol(bundle.config.recipe["photo_domains"], data)].gallery_domains[0]

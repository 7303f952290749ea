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
    split = official_split(data, protocol.gallery_domains[0])
    retriever = SketchRetriever(bundle)
    scores = np.mean(
        [
            gallery_scores(retriever, official_split(data, domain), domain, protocol.views)
            for domain in protocol.gallery_domains
        ],
        axis=0,
    )
    metrics = evaluate_scores(split, scores)
    if name == "category":
        if "category" not in data.items.columns:
            raise VisavisError(f"{data.name}: protocol 'category' needs several categories; use data qmul-v1")
        metrics["category_precision@10"] = category_precision(split, scores)
    return Evaluation(name, data.name, data.digest(), metrics)


def gallery_scores(
    retriever: SketchRetriever, split: RetrievalSplit, domain: str, views: int = 1
) -> Float[np.ndarray, "Q N"]:
    """R_s of every query of a split against every item of its gallery, which is of one domain."""
    scorer = retriever.scorer
    queries = load_pages(split.queries, retriever.page)
    gallery = load_pages(split.gallery, retriever.page, rgb=retriever.reads_colour and domain == "photo")
    return scorer.ten_view_scores(queries, gallery) if views > 1 else scorer.scores(queries, gallery)


def default_protocol(photo_domains: list[str], data: DataSet) -> str:
    """`qmul-v1` where edge maps are given and learned from, else the one that searches photos."""
    if "edge" in photo_domains and "edge" in data.items["domain"]:
        return "qmul-v1"
    return "qmul-v1-photos" if data.name.startswith("qmul") else "test-split"


def gallery_domain(bundle: Bundle, data: DataSet) -> str:
    """The domain that stands for the photos when the bundle is measured on `data` by default."""
    return PROTOCOLS[default_protocol(bundle.config.recipe["photo_domains"], data)].gallery_domains[0]

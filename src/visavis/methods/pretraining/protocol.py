"""How well a pre-trained trunk tells drawings apart before any target training."""

import numpy as np

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.pretraining.embedder import PageEmbedder
from visavis.metrics.evaluation import Evaluation, PerQuery
from visavis.metrics.ranking import ranks
from visavis.metrics.scores import multi_task_score
from visavis.training.augment import Augmentation, augment

PROTOCOLS = ("distorted-instances",)
DISTORTION = Augmentation(shift=0.03, scale=0.06, rotation=4, elastic=0.02, blobs=2)
SEED = 0


def evaluate(bundle: Bundle, data_name: str | None, protocol_name: str | None) -> Evaluation:
    """acc@1 and acc@10 of finding a page among all test pages from a fixed distortion of it.

    Args:
        bundle: of `pretraining`.
        data_name: name or path of the data; None: the recipe's. Its test split is measured, or all of it
            where it has none.
        protocol_name: `distorted-instances` or None.

    Raises:
        VisavisError: the protocol is unknown.
    """
    if protocol_name not in (None, *PROTOCOLS):
        raise VisavisError(f"protocol '{protocol_name}' is unknown; use {PROTOCOLS[0]}")
    data = open_dataset(data_name or bundle.config.recipe["data"])
    test = data.select(split="test")
    items = data.items if test.items.is_empty() else test.items
    embedder = PageEmbedder(bundle)
    pages = embedder.read(items)
    distorted = augment(pages, embedder.page, DISTORTION, np.random.default_rng(SEED))
    queries = embedder.embed_pages((255 * distorted).round().byte())
    truth_ranks = ranks(multi_task_score(queries, embedder.embed_pages(pages)), np.arange(len(items)))
    ones = np.ones(len(items))
    metrics = {f"acc@{k}": PerQuery((truth_ranks <= k).astype(float), ones) for k in (1, 10)}
    return Evaluation(PROTOCOLS[0], data.name, data.digest(), metrics)

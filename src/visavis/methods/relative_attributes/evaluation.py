"""Measuring a bundle under a named protocol."""

import numpy as np
from jaxtyping import Float

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.relative_attributes.data import Pairs, pairs_of
from visavis.methods.relative_attributes.localisation import PARTS, evaluate_boxes
from visavis.methods.relative_attributes.protocol import PROTOCOLS, accuracies, mean_accuracy
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.metrics.evaluation import Evaluation, PerQuery
from visavis.tables import DataSet


def evaluate(bundle: Bundle, data_name: str | None, protocol_name: str | None) -> Evaluation:
    """Measure a bundle on the test pairs of its own or other data.

    The first metric is `mean_accuracy` over the bundle's attributes, then come the attributes themselves and
    the means of the wider choices of pairs. Protocol `parts` measures the boxes instead, see `localisation`.

    Args:
        bundle: of `relative_attributes`.
        data_name: name or path of the data; None: what the bundle was trained on.
        protocol_name: one of `PROTOCOLS`, or `parts`; None: `lfw10` where votes are known, else `pairs`.

    Raises:
        VisavisError: the protocol is unknown, or the data has no test pairs, or no parts to look for.
    """
    data = open_dataset(data_name or bundle.config.recipe["data"])
    name = protocol_name or default_protocol(data)
    if name == PARTS:
        return evaluate_boxes(bundle, data)
    if name not in PROTOCOLS:
        known = ", ".join((*PROTOCOLS, PARTS))
        raise VisavisError(f"protocol '{name}' is unknown; use one of {known}")
    pairs = pairs_of(data, "test", bundle.config.labels)
    scores = AttributeRanker(bundle).judge(pairs.items["path"].to_list()).scores.numpy()
    return Evaluation(name, data.name, data.digest(), count(pairs, scores, name))


def default_protocol(data: DataSet) -> str:
    """`lfw10` on that set, else `pairs`."""
    return "lfw10" if data.name == "lfw10" else "pairs"


def count(pairs: Pairs, scores: Float[np.ndarray, "N K"], protocol_name: str) -> dict[str, PerQuery]:
    """The metrics of scores under a protocol, the mean over the attributes first."""
    protocol = PROTOCOLS[protocol_name]
    of_attributes = accuracies(pairs, scores, protocol.votes)
    metrics = {"mean_accuracy": mean_accuracy(of_attributes)} | of_attributes
    for suffix, votes in protocol.beside.items():
        metrics[f"mean_accuracy{suffix}"] = mean_accuracy(accuracies(pairs, scores, votes))
    return metrics

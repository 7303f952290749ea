"""Measuring a bundle under a named protocol."""

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.relative_attributes.consistency import checked_pairs
from visavis.methods.relative_attributes.localisation import evaluate_boxes
from visavis.methods.relative_attributes.protocol import (
    PARTS,
    PROTOCOLS,
    choose_pairs,
    choose_protocol,
    count,
)
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.metrics.evaluation import Evaluation
from visavis.tables import family


def evaluate(bundle: Bundle, data_name: str | None, protocol_name: str | None) -> Evaluation:
    """Measure a bundle on the test pairs of its own or other data.

    The first metric is `mean_accuracy` over the bundle's attributes, then come the attributes themselves and
    the means of the wider choices of pairs. Protocol `parts` measures the boxes instead, see `localisation`.

    Args:
        bundle: of `relative_attributes`.
        data_name: name or path of the data; None: what the bundle was trained on.
        protocol_name: one of `PROTOCOLS`, or `parts`; None: the one that is made for the data, else `pairs`.

    Raises:
        VisavisError: the protocol is unknown or not for this data, the bundle was trained on another split of
            it, or no pair of an attribute is counted; or it has no parts to look for.
    """
    data = open_dataset(data_name or bundle.config.recipe["data"])
    if protocol_name == PARTS:
        return evaluate_boxes(bundle, data)
    for trained in (source["name"] for source in bundle.config.training["data"]):
        if trained != data.name and family(trained) == family(data.name):
            raise VisavisError(
                f"{bundle.path}: was trained on test pairs of {data.name}; measure it on {trained}, its own"
            )
    name, attributes = choose_protocol(data, protocol_name), bundle.config.labels
    test = choose_pairs(data, attributes, name)
    ranker = AttributeRanker(bundle)
    scores = ranker.judge(test.items["path"].to_list(), PROTOCOLS[name].views).scores.numpy()
    notes = [] if data.pairs is None else checked_pairs(data).findings(attributes, "test")
    return Evaluation(name, data.name, data.digest(), count(test, scores, name), tuple(notes))

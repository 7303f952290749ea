"""Figures under two protocols as one, for a table that has both."""

import hashlib
from dataclasses import replace

from visavis.methods.face_attributes.protocol import CALIBRATION, MEASURES
from visavis.metrics.evaluation import Evaluation


def joined(first: Evaluation, second: Evaluation) -> Evaluation:
    """Evaluations of one system under two protocols, which have no metric in common.

    Where their data differ, the record names both, and its digest is one of both digests.
    """
    data = list(dict.fromkeys([first.data, second.data]))
    digests = list(dict.fromkeys([first.data_digest, second.data_digest]))
    return Evaluation(
        f"{first.protocol}, {second.protocol}",
        ", ".join(data),
        digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()[:16],
        first.metrics | second.metrics,
    )


def without_attributes(evaluation: Evaluation) -> Evaluation:
    """An evaluation without the accuracy of each attribute."""
    overall = (*MEASURES, CALIBRATION, "recall")
    kept = {name: metric for name, metric in evaluation.metrics.items() if name.startswith(overall)}
    return replace(evaluation, metrics=kept)

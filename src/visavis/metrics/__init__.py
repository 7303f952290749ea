"""Metrics: pure functions of NumPy arrays. Ties count as wrong in all of them."""

from visavis.metrics.calibration import Reliability, log_loss, reliability
from visavis.metrics.intervals import Interval, bootstrap, paired_bootstrap, wilson
from visavis.metrics.ranking import (
    accuracy_at_k,
    average_precision,
    cmc,
    mean_average_precision,
    precision_at_k,
    ranks,
    triplet_accuracy,
)
from visavis.metrics.scores import multi_task_score

__all__ = [
    "Interval",
    "Reliability",
    "accuracy_at_k",
    "average_precision",
    "bootstrap",
    "cmc",
    "log_loss",
    "mean_average_precision",
    "multi_task_score",
    "paired_bootstrap",
    "precision_at_k",
    "ranks",
    "reliability",
    "triplet_accuracy",
    "wilson",
]

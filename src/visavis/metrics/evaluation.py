"""The outcome of one evaluation, and of several seeds together."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from visavis.errors import VisavisError
from visavis.metrics.intervals import bootstrap, wilson
from visavis.records import Metric
from visavis.tables import family


@dataclass(frozen=True)
class PerQuery:
    """A metric as a ratio of sums over queries: `sums` (Q,) of successes out of `counts` (Q,).

    `judged` says how many things were counted, where these are not the queries: the pairs of photos, say.
    """

    sums: Float[np.ndarray, " Q"]
    counts: Float[np.ndarray, " Q"]
    judged: int | None = None

    @property
    def n(self) -> int:
        """How many things were counted."""
        return len(self.sums) if self.judged is None else self.judged

    @property
    def value(self) -> float:
        """The metric, a fraction."""
        return float(self.sums.sum() / self.counts.sum())

    @property
    def interval(self) -> tuple[float, float]:
        """95 %: Wilson's where every query counts once, else a bootstrap over the queries that count."""
        counted = self.counts > 0
        if (self.counts == 1).all():
            result = wilson(round(float(self.sums.sum())), len(self.sums))
        else:
            result = bootstrap(self.sums[counted], self.counts[counted])
        return result.low, result.high


@dataclass(frozen=True)
class Evaluation:
    """Metrics of one model under one protocol on one set of data; prints as a table.

    `notes` are sentences on the data that a reader of the figures should know, `peers` others that were
    measured with it on the same queries, by name.
    """

    protocol: str
    data: str
    data_digest: str
    metrics: dict[str, PerQuery]
    notes: tuple[str, ...] = ()
    peers: dict[str, dict[str, PerQuery]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of queries, of the first metric."""
        return next(iter(self.metrics.values())).n

    def __str__(self) -> str:
        lines = [f"{self.data}, protocol {self.protocol}, {self.n} queries", *self._lines(self.metrics)]
        for peer, metrics in self.peers.items():
            lines += [f"beside it: {peer}", *self._lines(metrics)]
        return "\n".join([*lines, *self.notes])

    def _lines(self, metrics: dict[str, PerQuery]) -> list[str]:
        lines, width = [], max(18, *map(len, metrics))
        for name, metric in metrics.items():
            low, high = metric.interval
            of = f" of {metric.n}" if metric.n != self.n else ""
            lines.append(
                f"{name:{width}s} {100 * metric.value:6.2f} %   [{100 * low:.1f}, {100 * high:.1f}]{of}"
            )
        return lines


def over_seeds(evaluations: list[Evaluation]) -> dict[str, Metric]:
    """One `Metric` per name over the seeds' evaluations of the same queries.

    The interval is that of the mean over seeds for other queries of the kind, which on small test sets is far
    wider than the spread of the seeds.

    Raises:
        VisavisError: the evaluations are of different protocols or data.
    """
    kinds = {(one.protocol, one.data_digest) for one in evaluations}
    if len(kinds) > 1:
        raise VisavisError(
            "the bundles were evaluated on different protocols or data, evaluate them apart: "
            + ", ".join(f"{protocol} on {digest}" for protocol, digest in sorted(kinds))
        )
    return _mean([one.metrics for one in evaluations])


def gains_over_seeds(ours: list[Evaluation], theirs: list[Evaluation]) -> dict[str, Metric]:
    """What one model gains over another on the same queries: `gain_NAME` of each metric, mean over seeds.

    The interval is a bootstrap over the queries, each with what both models made of it.
    """
    found = {}
    for name, first in ours[0].metrics.items():
        mean, other = (np.mean([one.metrics[name].sums for one in side], axis=0) for side in (ours, theirs))
        counted = first.counts > 0
        interval = bootstrap((mean - other)[counted], first.counts[counted])
        found[f"gain_{name}"] = Metric(mean=interval.estimate, ci95=(interval.low, interval.high), n=first.n)
    return found


def peers_over_seeds(evaluations: list[Evaluation]) -> dict[str, dict[str, Metric]]:
    """What `over_seeds` says of the metrics, of each of the peers."""
    return {name: _mean([one.peers[name] for one in evaluations]) for name in evaluations[0].peers}


def _mean(of_seeds: list[dict[str, PerQuery]]) -> dict[str, Metric]:
    summary = {}
    for name, first in of_seeds[0].items():
        mean = PerQuery(np.mean([one[name].sums for one in of_seeds], axis=0), first.counts)
        summary[name] = Metric.of([one[name].value for one in of_seeds], mean.interval, first.n)
    return summary


def over_splits(evaluations: list[Evaluation]) -> dict[str, Metric]:
    """One `Metric` per name over official splits of one data set, each with a model of its own.

    The interval is Student's over the splits. Their pairs overlap, so that it is rather too narrow.

    Raises:
        VisavisError: the evaluations are of different protocols or data, or of a split twice.
    """
    kinds = sorted({(one.protocol, family(one.data)) for one in evaluations})
    if len(kinds) > 1:
        raise VisavisError(
            "the bundles were evaluated on different protocols or data, evaluate them apart: "
            + ", ".join(f"{protocol} on {data}" for protocol, data in kinds)
        )
    splits = [one.data for one in evaluations]
    if twice := [name for name in splits if splits.count(name) > 1]:
        raise VisavisError(f"split {twice[0]} stands here twice; give each split once")
    return {
        name: Metric.of(
            [one.metrics[name].value for one in evaluations],
            n=sum(one.metrics[name].n for one in evaluations),
        )
        for name in evaluations[0].metrics
    }

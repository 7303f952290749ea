"""From bundles and their evaluations to a record on disk."""

import hashlib
import time
from pathlib import Path

from visavis.bundle import Bundle
from visavis.errors import VisavisError
from visavis.metrics.evaluation import Evaluation, over_seeds, over_splits, peers_over_seeds
from visavis.records import Metric, ResultRecord
from visavis.tables import family
from visavis.training.run import device_name


def read_peers(paths: list[Path], evaluation: Evaluation) -> dict[str, dict[str, Metric]]:
    """Figures of other records, by recipe, and of the peers that stand in them.

    Raises:
        VisavisError: a record is of another protocol or of other data.
    """
    peers: dict[str, dict[str, Metric]] = {}
    for path in paths:
        record = ResultRecord.read(path)
        if (record.protocol, record.data_digest) != (evaluation.protocol, evaluation.data_digest):
            raise VisavisError(
                f"{path}: measured under {record.protocol} on data {record.data_digest}, not under "
                f"{evaluation.protocol} on data {evaluation.data_digest}; give records of the same"
            )
        peers |= {record.recipe: record.metrics} | record.peers
    return peers


def summarise(
    bundles: list[Bundle],
    evaluations: list[Evaluation],
    command: str,
    peers: dict[str, dict[str, Metric]] | None = None,
) -> ResultRecord:
    """The record of one recipe over its seeds, or over the official splits of its data.

    Args:
        bundles: one per seed or per split.
        evaluations: of the bundles, in their order.
        command: what was typed.
        peers: figures of others under the same protocol, beside the peers of the evaluations.

    Raises:
        VisavisError: the evaluations are of different protocols or data, or the bundles are not seeds of one
            recipe.
    """
    training = [bundle.config.training for bundle in bundles]
    first, splits = evaluations[0], len({one.data for one in evaluations}) > 1
    _check_seeds(bundles, splits)
    digests = sorted({one.data_digest for one in evaluations})
    return ResultRecord(
        method=bundles[0].config.method,
        recipe=bundles[0].config.recipe["name"],
        protocol=first.protocol,
        data=family(first.data) if splits else first.data,
        data_digest=hashlib.sha256("".join(digests).encode()).hexdigest()[:16] if splits else digests[0],
        n=sum(one.n for one in evaluations) if splits else first.n,
        seeds=list(dict.fromkeys(part["seed"] for part in training)),
        metrics=over_splits(evaluations) if splits else over_seeds(evaluations),
        # What was measured with it stands before what another record says under the same name.
        peers=(peers or {}) | ({} if splits else peers_over_seeds(evaluations)),
        command=command,
        minutes=round(
            sum(part["minutes"] for part in training) + max(part["minutes_before"] for part in training), 1
        ),
        device=training[0]["device"],
    )


def summarise_untrained(
    method: str,
    name: str,
    evaluation: Evaluation,
    command: str,
    started: float,
    peers: dict[str, Evaluation] | None = None,
) -> ResultRecord:
    """The record of something without seeds, such as a linear baseline.

    Args:
        method: whose baseline it is.
        name: what tables call it.
        evaluation: of it.
        command: what was typed.
        started: `time.monotonic()` when the work began.
        peers: evaluations of others under the same protocol.
    """
    return ResultRecord(
        method=method,
        recipe=name,
        protocol=evaluation.protocol,
        data=evaluation.data,
        data_digest=evaluation.data_digest,
        n=evaluation.n,
        seeds=[0],
        metrics=over_seeds([evaluation]),
        peers={peer: over_seeds([one]) for peer, one in (peers or {}).items()},
        command=command,
        minutes=round((time.monotonic() - started) / 60, 1),
        device=device_name(),
    )


def _check_seeds(bundles: list[Bundle], splits: bool) -> None:
    varied = {"data": None} if splits else {"seed": None}
    first = bundles[0].config
    for bundle in bundles[1:]:
        if (bundle.config.recipe | varied) != (first.recipe | varied):
            raise VisavisError(f"{bundle.path}: another recipe than {bundles[0].path}; evaluate them apart")
    if splits:
        return
    seeds = [bundle.config.recipe["seed"] for bundle in bundles]
    if len(set(seeds)) < len(seeds):
        raise VisavisError(f"{bundles[-1].path}: seed {seeds[-1]} stands here twice; give each seed once")

"""From bundles and their evaluations to a record on disk."""

from visavis.bundle import Bundle
from visavis.metrics.evaluation import Evaluation, over_seeds
from visavis.records import ResultRecord


def summarise(bundles: list[Bundle], evaluations: list[Evaluation], command: str) -> ResultRecord:
    """The record of one recipe over its seeds.

    Args:
        bundles: one per seed.
        evaluations: of the bundles, in their order.
        command: what was typed.

    Raises:
        VisavisError: the evaluations are of different protocols or data.
    """
    training = [bundle.config.training for bundle in bundles]
    first = evaluations[0]
    return ResultRecord(
        method=bundles[0].config.method,
        recipe=bundles[0].config.recipe["name"],
        protocol=first.protocol,
        data=first.data,
        data_digest=first.data_digest,
        n=first.n,
        seeds=[part["seed"] for part in training],
        metrics=over_seeds(evaluations),
        command=command,
        minutes=round(sum(part["minutes"] for part in training), 1),
        device=training[0]["device"],
    )

"""Arms of an experiment with both stages: trained, and each stage measured by itself."""

from dataclasses import dataclass
from pathlib import Path

from visavis.bundle import Bundle, read_bundle
from visavis.datasets import open_dataset
from visavis.methods.relative_attributes.protocol import choose_pairs, count, default_protocol
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.training import FIRST_STAGE, train
from visavis.metrics.evaluation import Evaluation, over_seeds
from visavis.records import Metric
from visavis.training.run import BUNDLE

STN = "stn_"  # before a metric: that of the first stage, "STN only"
ACCURACY, SIZE = "mean_accuracy", "box_size"


@dataclass(frozen=True)
class Measured:
    """One bundle on its data's test pairs; `size` is the mean side of its boxes in shares of the photo."""

    evaluation: Evaluation
    size: float


@dataclass(frozen=True)
class Arm:
    """For each seed the bundle of the second stage and what both stages are measured to be."""

    bundles: list[Bundle]
    combined: list[Measured]
    stn: list[Measured]

    def metrics(self) -> dict[str, Metric]:
        """Figures over the seeds, the combined accuracy first."""
        evaluations, first_stage = ([one.evaluation for one in stage] for stage in (self.combined, self.stn))
        return over_seeds(evaluations) | {
            STN + ACCURACY: over_seeds(first_stage)[ACCURACY],
            STN + SIZE: Metric.of([one.size for one in self.stn]),
            SIZE: Metric.of([one.size for one in self.combined]),
        }


def train_arm(recipe: RankerRecipe, seeds: list[int], folder: Path, quiet: bool) -> Arm | None:
    """Train a combined recipe for each seed in `folder/seed-N` and measure it; None where interrupted."""
    arm = Arm([], [], [])
    for seed in seeds:
        run = folder / f"seed-{seed}"
        bundle = train(recipe.model_copy(update={"seed": seed}), run, quiet)
        if bundle is None:
            return None
        arm.bundles.append(bundle)
        arm.combined.append(measure(bundle))
        arm.stn.append(measure(read_bundle(run / FIRST_STAGE / BUNDLE)))
    return arm


def measure(bundle: Bundle) -> Measured:
    """Accuracy under the protocol of the bundle's data, and the size of its boxes in the test photos."""
    data = open_dataset(bundle.config.recipe["data"])
    protocol = default_protocol(data)
    test = choose_pairs(data, bundle.config.labels, protocol)
    judged = AttributeRanker(bundle).judge(test.items["path"].to_list())
    metrics = count(test, judged.scores.numpy(), protocol)
    sides = judged.boxes[..., :2].abs().prod(dim=-1).sqrt()  # a linear scale may have changed its sign
    return Measured(Evaluation(protocol, data.name, data.digest(), metrics), float(sides.mean()))

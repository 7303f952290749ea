"""Train nine attributes of LFW-10 in one network, against one network for each, to equal validation accuracy.

    VISAVIS_DATA=... python benchmarks/rank_joint_training.py

Both sides train recipe `relative_attributes/small` without the people of fold 1; the ordered pairs of these
people count, the same for both. A network of one attribute may need fewer steps: the peers start with an
eighth of the joint network's and double, up to twice as many or as `--apart-steps` says, until their mean
accuracy is that of the joint one. Warm-up and averaging keep their share of a training.

Minutes are those of the steps of both stages, by the clock: run it on an idle machine. Only the last round
of peers counts: that others were tried costs them nothing, nor does the search for starting boxes, which each
of them does anew. It needs `lfw10` and the pre-training that the recipe names, and says so where they are
absent. Every training has a folder below `--out`; where it was interrupted the same command goes on.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from visavis.bundle import read_bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.files import atomic_path, make_folder
from visavis.methods import find_recipe
from visavis.methods.relative_attributes.data import TARGET, Pairs, held_out_pairs, pairs_of
from visavis.methods.relative_attributes.protocol import accuracies, mean_accuracy
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.training import FIRST_STAGE, train
from visavis.metrics.evaluation import PerQuery
from visavis.records import BenchmarkRecord
from visavis.training.run import BUNDLE, device_name, starting_point

NAME = "rank_joint_training"
FOLD = 1
LENGTHS = (1 / 8, 1 / 4, 1 / 2, 1, 2)  # of the peers' trainings, in that of the joint network
RELATION = {target: relation for relation, target in TARGET.items()}
RESULTS = Path(__file__).parents[1] / "results" / "benchmarks"


@dataclass(frozen=True)
class Trained:
    """Minutes of training, and the accuracy of each attribute on the held-out pairs."""

    minutes: float
    accuracies: dict[str, PerQuery]

    @property
    def mean(self) -> PerQuery:
        """The mean accuracy of the attributes."""
        return mean_accuracy(self.accuracies)


def write_table(recipe: RankerRecipe, folder: Path) -> Path:
    """The recipe's photos and training pairs as a table of one's own, where the fold is a part of its own.

    `recipe.fold` would hold out other people for each attribute, and its validation would take time.
    """
    pairs = pairs_of(open_dataset(recipe.data), "train", recipe.attributes)
    kept, held_out = held_out_pairs(pairs, FOLD)
    make_folder(folder)
    table = folder / f"{recipe.data}-fold-{FOLD}.csv"
    with atomic_path(table) as staged:
        pairs.items.select("id", "path", "label").write_csv(staged)
    with atomic_path(table.with_suffix(".pairs.csv")) as staged:
        pl.concat([rows(kept, "train"), rows(held_out, "validation")]).write_csv(staged)
    return table


def rows(pairs: Pairs, split: str) -> pl.DataFrame:
    """Pairs as the rows of a user's table."""
    ids = pairs.items["id"].to_numpy()
    return pl.DataFrame(
        {
            "a": ids[pairs.first],
            "b": ids[pairs.second],
            "relation": [RELATION[target] for target in pairs.target.tolist()],
            "attribute": [pairs.names[number] for number in pairs.attribute.tolist()],
            "split": [split] * len(pairs),
        },
        schema=dict.fromkeys(("a", "b", "relation", "attribute", "split"), pl.String),
    )


def lasting(recipe: RankerRecipe, steps: int) -> RankerRecipe:
    """The recipe with so many steps; warm-up and averaging keep their share of them."""
    before = recipe.schedule
    share = steps / before.steps
    changed = {
        "steps": steps,
        "warmup": round(share * before.warmup),
        "average": before.average ** (1 / share),
    }
    return recipe.model_copy(update={"schedule": before.model_copy(update=changed)})


def trained(recipe: RankerRecipe, run: Path) -> Trained:
    """Train a recipe, go on with it, or take it as it stands, and measure it on the held-out pairs."""
    bundle = train(recipe, run)
    if bundle is None:
        sys.exit("interrupted; the same command goes on")
    stages = [read_bundle(run / FIRST_STAGE / BUNDLE), bundle]
    held_out = pairs_of(open_dataset(recipe.data), "validation", recipe.attributes)
    scores = AttributeRanker(bundle).scores(held_out.items).numpy()
    minutes = sum(stage.config.training["minutes"] for stage in stages)
    return Trained(minutes, accuracies(held_out, scores))


def trained_apart(recipe: RankerRecipe, names: list[str], folder: Path) -> Trained:
    """A network for each attribute, all in all."""
    networks = [
        trained(recipe.model_copy(update={"attributes": [name]}), folder / f"{name}-{recipe.schedule.steps}")
        for name in names
    ]
    merged = {name: one for network in networks for name, one in network.accuracies.items()}
    return Trained(sum(network.minutes for network in networks), merged)


def measure(recipe: RankerRecipe, names: list[str], lengths: list[int], folder: Path) -> BenchmarkRecord:
    """Train the joint network, then peers of so many steps, in turn, until they are as accurate."""
    steps = recipe.schedule.steps
    joint = trained(recipe.model_copy(update={"attributes": names}), folder / f"joint-{steps}")
    print(f"together, {steps} steps: {told(joint)}")
    for needed in lengths:
        apart = trained_apart(lasting(recipe, needed), names, folder)
        print(f"apart, {needed} steps: {told(apart)}")
        if reached := apart.mean.value >= joint.mean.value:
            break
    return BenchmarkRecord(
        name=NAME,
        peer=f"{len(names)} networks of one attribute, {needed} steps a stage",
        ours=joint.minutes,
        theirs=apart.minutes,
        unit="minutes",
        ratio=apart.minutes / joint.minutes,
        conditions=f"{len(names)} attributes of LFW-10, {steps} steps a stage; mean accuracy on "
        f"{joint.mean.n} pairs of people who were held out {100 * joint.mean.value:.1f} % together and "
        f"{100 * apart.mean.value:.1f} % apart{'' if reached else ', which is less: a lower bound'}; "
        f"{device_name()}",
    )


def told(side: Trained) -> str:
    """What one side took and reached."""
    of_each = ", ".join(f"{name} {100 * one.value:.1f}" for name, one in side.accuracies.items())
    return f"{side.minutes:.2f} minutes, mean accuracy {100 * side.mean.value:.1f} % ({of_each})"


def main() -> None:
    """Run the benchmark, print it and write its record."""
    recipe = find_recipe("relative_attributes/small", [])
    assert isinstance(recipe, RankerRecipe)
    assert recipe.attributes is not None
    parser = argparse.ArgumentParser(description="Joint training against a training for each attribute.")
    parser.add_argument("--attributes", nargs="+", choices=recipe.attributes, default=recipe.attributes)
    parser.add_argument("--steps", type=int, help="of each stage of the joint network; default: the recipe's")
    parser.add_argument("--apart-steps", type=int, nargs="+", help="of the peers, in the order of trying")
    parser.add_argument("--out", type=Path, default=Path("runs/rank-joint-training"), help="of the runs")
    asked = parser.parse_args()
    try:
        starting_point(recipe.model.backbone)
        table = write_table(recipe, asked.out)
        steps = asked.steps or recipe.schedule.steps
        lengths = asked.apart_steps or [max(1, round(length * steps)) for length in LENGTHS]
        of_fold = lasting(recipe.model_copy(update={"data": str(table)}), steps)
        record = measure(of_fold, asked.attributes, lengths, asked.out)
    except VisavisError as error:
        print(f"{NAME} is left out: {error}")
        return
    record.write(RESULTS / f"{NAME}.json")
    print(f"{NAME}: {record.ours:.1f} against {record.theirs:.1f} {record.unit}, {record.ratio:.2f} x")


if __name__ == "__main__":
    main()

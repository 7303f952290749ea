"""Study `regions`: what is the localiser worth? The same ranker with other regions, or none."""

from pathlib import Path

from visavis.bundle import Bundle
from visavis.methods.relative_attributes.evaluation import evaluate
from visavis.methods.relative_attributes.recipe import Model, RankerRecipe
from visavis.methods.relative_attributes.training import train
from visavis.metrics.evaluation import Evaluation, gains_over_seeds, over_seeds
from visavis.records import ResultRecord
from visavis.training.results import summarise

LOCALISED = "localised"
OTHERS = ("whole photo", "crop of the middle", "constant boxes")


def study(
    recipe: RankerRecipe, seeds: list[int], run: Path, command: str, quiet: bool
) -> ResultRecord | None:
    """The recipe against the whole photo, a crop of the middle, and constant boxes, paired by test pair.

    All start from the same backbone and are trained as long. The constant boxes lie where those of the
    localiser of the same seed do on average over the training photos. Runs stand in `run/ARM/seed-N`; None
    where it was interrupted.
    """
    bundles: dict[str, list[Bundle]] = {}
    for name in (LOCALISED, *OTHERS):
        for seed in seeds:
            folder = run / name.replace(" ", "-") / f"seed-{seed}"
            model = region_of(recipe.model, name, run / LOCALISED / f"seed-{seed}")
            bundle = train(recipe.model_copy(update={"model": model, "seed": seed}), folder, quiet)
            if bundle is None:
                return None
            bundles.setdefault(name, []).append(bundle)
    measured: dict[str, list[Evaluation]] = {
        name: [evaluate(bundle, None, None) for bundle in arm] for name, arm in bundles.items()
    }
    own = measured[LOCALISED]
    peers = {name: over_seeds(measured[name]) | gains_over_seeds(own, measured[name]) for name in OTHERS}
    record = summarise(bundles[LOCALISED], own, command, peers)
    return record.model_copy(update={"recipe": f"{record.recipe}, {LOCALISED}"})


def region_of(model: Model, name: str, localised: Path) -> Model:
    """The network of an arm; `localised` is the run whose boxes the constant ones are."""
    changes = {
        LOCALISED: {"region": "localised"},
        "whole photo": {"region": "whole"},  # nothing to search a place for
        "crop of the middle": {"region": "fixed", "start": "middle"},
        "constant boxes": {"region": "fixed", "start": f"run:{localised}"},
    }
    return model.model_copy(update=changes[name])

"""A run folder: its recipe, its checkpoints, and the bundle that comes out of it."""

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from pydantic import ValidationError
from torch import Tensor, nn

from visavis import __version__
from visavis.bundle import Bundle, BundleConfig, find_bundle, read_bundle, write_bundle
from visavis.errors import VisavisError
from visavis.files import write_atomic
from visavis.records import commit
from visavis.tables import DataSet
from visavis.training.checkpoint import NAME as CHECKPOINT
from visavis.training.fit import FitResult
from visavis.training.recipe import RECIPE, Recipe, dump_recipe

BUNDLE = "bundle"


def claim_run(run: Path, recipe: Recipe) -> Bundle | None:
    """Make `run` the folder of this recipe. Gives the bundle if the run is finished already.

    Raises:
        VisavisError: the folder holds a run of another recipe, finished or as far as a checkpoint.
    """
    path = run / RECIPE
    finished = read_bundle(run / BUNDLE) if (run / BUNDLE).is_dir() else None
    before: Any = None
    if path.exists() and (finished is not None or any(run.rglob(CHECKPOINT))):
        before = yaml.safe_load(path.read_text())
    elif finished is not None:
        before = finished.config.recipe
    if before is not None and not _says_the_same(before, recipe):
        raise VisavisError(
            f"{run}: holds a run of another recipe; name another folder with --out or delete this one"
        )
    commit()  # of the code that trains, whatever is committed before it ends
    write_atomic(path, dump_recipe(recipe))
    return finished


def _says_the_same(settings: Any, recipe: Recipe) -> bool:
    """Whether a stored recipe is this one; settings that are newer than it have their defaults."""
    try:
        return type(recipe).model_validate(settings) == recipe
    except ValidationError:
        return False


def starting_point(backbone: str) -> tuple[str, Bundle | None]:
    """The backbone that a recipe names, and the pre-training that it starts from: `bundle:RUN`, or none.

    Raises:
        VisavisError: there is no such bundle, or it is of another method.
    """
    if not backbone.startswith("bundle:"):
        return backbone, None
    start = read_bundle(find_bundle(backbone.removeprefix("bundle:")), method="pretraining")
    return start.config.settings["net"]["backbone"], start


def trunk_weights(start: Bundle) -> dict[str, Tensor]:
    """What a pre-training hands on: the weights of its `visavis.nets.trunk.Trunk`, by their names there."""
    trunk = "trunk."
    return {
        name.removeprefix(trunk): value for name, value in start.weights.items() if name.startswith(trunk)
    }


def fitting_weights(weights: dict[str, Tensor], model: nn.Module) -> dict[str, Tensor]:
    """Those weights that a model has of that name and size."""
    own = model.state_dict()
    return {name: value for name, value in weights.items() if name in own and own[name].shape == value.shape}


def finish_run(
    run: Path,
    recipe: Recipe,
    weights: dict[str, Tensor],
    data: list[DataSet],
    result: FitResult,
    before: Bundle | None = None,
    start: Bundle | None = None,
    *,
    beside: Sequence[dict[str, str]] = (),
    settings: dict[str, Any],
    labels: list[str],
    calibration: dict[str, float],
    purpose: str,
    notes: list[str] | None = None,
) -> Bundle:
    """Write the bundle of a finished training, with its model card.

    Data of the bundle `before`, an earlier part of this training, and of the pre-training `start` count as
    its own, and so do the sources `beside` them, each with name, digest and terms. Minutes of the first are
    its own, those of the second stand apart. `notes` are sentences on the data that a user of the model
    should know.
    """
    own, other = ({} if one is None else one.config.training for one in (before, start))
    earlier = [*own.get("data", []), *other.get("data", []), *beside]
    sources = {part["digest"]: part for part in earlier}
    sources |= {(digest := part.digest()): _source(part, digest) for part in data}
    training = {
        "data": list(sources.values()),
        "seed": recipe.seed,
        "steps": result.step,
        "minutes": round(own.get("minutes", 0) + result.minutes, 2),
        "minutes_before": round(
            own.get("minutes_before", 0) + other.get("minutes", 0) + other.get("minutes_before", 0), 2
        ),
        "device": device_name(),
        "commit": commit(),
        "visavis": __version__,
        "validation": result.metrics,
        "notes": notes or [],
    }
    config = BundleConfig(
        method=recipe.method,
        settings=settings,
        labels=labels,
        calibration=calibration,
        recipe=recipe.model_dump(mode="json"),
        training=training,
    )
    return write_bundle(run / BUNDLE, weights, config, model_card(config, purpose))


def _source(data: DataSet, digest: str) -> dict[str, str]:
    return {"name": data.name, "digest": digest, "terms": data.terms}


def model_card(config: BundleConfig, purpose: str) -> str:
    """Markdown card: what the model is for, what it was trained on and under which terms."""
    training = config.training
    data = "\n".join(
        f"- {part['name']} (digest {part['digest']}): {part['terms']}" for part in training["data"]
    )
    validation = (
        ", ".join(f"{name} {value:.3f}" for name, value in training["validation"].items()) or "none held out"
    )
    notes = "".join(f"- {note}\n" for note in training["notes"])
    return f"""# {config.method}

{purpose}

## Training
- recipe `{config.recipe["name"]}`, seed {training["seed"]}
- {training["steps"]} steps, {training["minutes"]} minutes, after {training["minutes_before"]} of pre-training
- device: {training["device"]}; commit {training["commit"]}, visavis {training["visavis"]}
- validation: {validation}

## Data and its terms
{data}
{notes}
## Labels
{", ".join(config.labels) or "none"}
"""


def accelerator() -> torch.device:
    """Where training computes: the GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_name() -> str:
    """The device that torch computes on, for records."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{platform.machine()} CPU, {torch.get_num_threads()} threads"

"""Recipes: one validated YAML file trains one model."""

import difflib
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat, PositiveInt, ValidationError

from visavis.errors import VisavisError

RECIPE = "recipe.yaml"  # its name in the folder of a run


class Options(BaseModel):
    """Base of every group of settings: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Schedule(Options):
    """How long and how fast to train. Everything is counted in steps, one batch each."""

    steps: PositiveInt
    batch: PositiveInt
    optimiser: Literal["adamw", "sgd"] = "adamw"
    learning_rate: PositiveFloat = 1e-3
    momentum: float = 0.9
    dampening: float = Field(
        0.0, ge=0, le=1, description="of sgd; Torch7's default is the momentum, PyTorch's 0"
    )
    weight_decay: float = Field(0.05, ge=0)
    warmup: int = Field(0, ge=0, description="steps of linear warm-up")
    decay: Literal["cosine", "constant"] = "cosine"
    clip: float | None = Field(None, description="largest norm of the gradient")
    bf16: bool = Field(False, description="autocast to bfloat16; pays for plain convolutions")
    average: float = Field(
        0.0, ge=0, lt=1, description="decay of the averaged weights that are kept; 0 = none"
    )
    validate_every: PositiveInt = 200
    checkpoint_every: PositiveInt = 100
    patience: PositiveInt | None = Field(None, description="stop after so many validations without gain")


class Recipe(Options):
    """What every recipe has; a method adds its own groups."""

    method: str
    name: str = Field("custom", description="what records call it; the file's name if left out")
    data: str = Field(description="a known set, a CSV or Parquet table of items, or a folder of classes")
    seed: NonNegativeInt = 0


# A value such as the date 2020-13-45, and bytes that are no text, are ValueErrors.
NO_YAML = (yaml.YAMLError, ValueError)

R = TypeVar("R", bound=Recipe)


def read_recipe(path: Path, overrides: list[str]) -> dict[str, Any]:
    """Read a YAML recipe and apply dotted overrides such as `schedule.steps=100`.

    Raises:
        VisavisError: the file is missing or no YAML mapping, or an override is not KEY=VALUE.
    """
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise VisavisError(f"{path}: cannot read the recipe ({error.strerror})") from error
    except NO_YAML as error:
        raise VisavisError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from error
    if not isinstance(settings, dict):
        raise VisavisError(f"{path}: a recipe is a mapping of keys to values")
    for override in overrides:
        _apply(settings, override)
    return settings


def is_run(folder: Path) -> bool:
    """Whether a training was begun in a folder."""
    return (folder / RECIPE).is_file()


def validate_recipe(schema: type[R], settings: dict[str, Any], source: str) -> R:
    """Check settings against a method's recipe class.

    Raises:
        VisavisError: naming every bad key, and for an unknown one the nearest that exists.
    """
    try:
        return schema.model_validate(settings)
    except ValidationError as error:
        problems = [
            _explain(schema, problem["loc"], problem["type"], problem["msg"]) for problem in error.errors()
        ]
        raise VisavisError(f"{source}: {'; '.join(problems[:10])}") from error


def dump_recipe(recipe: Recipe) -> str:
    """The complete recipe, defaults included, as YAML."""
    return yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False)


def _apply(settings: dict[str, Any], override: str) -> None:
    key, separator, value = override.partition("=")
    if not separator:
        raise VisavisError(f"override '{override}' is not KEY=VALUE, for example schedule.steps=100")
    *groups, last = key.split(".")
    for group in groups:
        inner = settings.setdefault(group, {})
        if not isinstance(inner, dict):
            raise VisavisError(f"override '{override}': '{group}' holds a value, not a group of keys")
        settings[group] = dict(inner)  # a YAML anchor puts one mapping in several places
        settings = settings[group]
    try:
        settings[last] = yaml.safe_load(value)
    except NO_YAML as error:
        raise VisavisError(
            f"override '{override}': '{value}' is not valid YAML; close its brackets and quotes"
        ) from error


def _explain(schema: type[BaseModel], location: tuple[int | str, ...], kind: str, message: str) -> str:
    key = ".".join(map(str, location))
    if kind != "extra_forbidden":
        return f"key '{key}': {message.lower()}"
    known = _keys(schema)
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    return f"unknown key '{key}'; the nearest is '{near[0]}'"


def _keys(schema: type[BaseModel], prefix: str = "") -> list[str]:
    """All dotted keys below a schema, groups included."""
    keys = []
    for name, field in schema.model_fields.items():
        keys.append(prefix + name)
        one_or_none = get_args(field.annotation) if get_origin(field.annotation) is UnionType else ()
        for group in (field.annotation, *one_or_none):
            if isinstance(group, type) and issubclass(group, BaseModel):
                keys += _keys(group, f"{prefix}{name}.")
    return keys

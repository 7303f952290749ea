"""The methods, one folder per paper, registered here once by name and imported when asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

from visavis.bundle import Bundle
from visavis.errors import VisavisError
from visavis.export.graph import Graph
from visavis.metrics.evaluation import Evaluation
from visavis.records import ResultRecord
from visavis.training.recipe import RECIPE, Recipe, is_run, read_recipe, validate_recipe

METHODS = ("sketch_retrieval", "pretraining", "relative_attributes", "face_attributes")


Study = Callable[[Any, list[int], Path, str, bool], ResultRecord | None]


@dataclass(frozen=True)
class Method:
    """What the commands, the sweep of tests and `visavis.load` ask of a method.

    Attributes:
        recipe: class of its recipes.
        train: trains a recipe in a run folder, going on where it stopped; gives the bundle, or None where it
            was interrupted.
        load: turns a bundle into an object with the method's verbs.
        evaluate: measures bundle on data (name or path; None: its own) under a protocol (None: the default).
        protocols: names that `evaluate` knows, the default first.
        studies: experiments by name; each takes recipe, seeds, run folder, command and quiet, and gives a
            record, or None where it was interrupted.
        draw: draws what `evaluate` measures into a folder; takes what that takes, and the folder.
        graphs: the networks of a bundle, for use without visavis.
    """

    recipe: type[Recipe]
    train: Callable[[Any, Path, bool], Bundle | None]
    load: Callable[[Bundle], Any]
    evaluate: Callable[[Bundle, str | None, str | None], Evaluation]
    protocols: tuple[str, ...]
    studies: Mapping[str, Study] = field(default_factory=dict)
    draw: Callable[[Bundle, str | None, str | None, Path], None] | None = None
    graphs: Callable[[Bundle], tuple[Graph, ...]] = field(kw_only=True)


def get_method(name: str) -> Method:
    """The method of that name.

    Raises:
        VisavisError: there is none.
    """
    if name not in METHODS:
        raise VisavisError(f"method '{name}' is unknown; use one of {', '.join(METHODS)}")
    method: Method = import_module(f"visavis.methods.{name}").METHOD
    return method


def get_study(method: str, name: str) -> Study:
    """An experiment of a method.

    Raises:
        VisavisError: the method has none of that name.
    """
    studies = get_method(method).studies
    if name not in studies:
        known = ", ".join(studies) or "none"
        raise VisavisError(f"study '{name}' is unknown to method '{method}'; it has: {known}")
    return studies[name]


def default_recipe(study: str) -> str:
    """The recipe that a study starts from where none is named: `small` of the method that has the study.

    Raises:
        VisavisError: no method has it, or several do.
    """
    owners = [method for method in METHODS if study in get_method(method).studies]
    if len(owners) != 1:
        known = f"is one of {' and of '.join(owners)}" if owners else "is unknown to all methods"
        raise VisavisError(f"study '{study}' {known}; name a recipe of the method that is meant")
    return f"{owners[0]}/small"


def find_recipe(source: str, overrides: list[str]) -> Recipe:
    """Read a recipe: a YAML file, that of a run, or one of a method's own, such as `sketch_retrieval/small`.

    Raises:
        VisavisError: no such recipe, or it does not fit its method.
    """
    path = Path(source)
    if is_run(path):
        path = path / RECIPE
    elif path.suffix not in (".yaml", ".yml"):
        method, _, name = source.partition("/")
        known = shipped_recipes()
        if source not in known:
            raise VisavisError(
                f"recipe '{source}' is unknown; give a YAML file, a run, or one of {', '.join(known)}"
            )
        path = Path(str(files("visavis.methods").joinpath(method, "recipes", f"{name}.yaml")))
    settings = read_recipe(path, overrides)
    settings.setdefault("name", path.stem)
    if "method" not in settings:
        raise VisavisError(f"{source}: key 'method' is missing; it is one of {', '.join(METHODS)}")
    return validate_recipe(get_method(str(settings["method"])).recipe, settings, source)


def shipped_recipes() -> list[str]:
    """Names of the recipes that come with the methods."""
    recipes = files("visavis.methods")
    return sorted(
        f"{method}/{Path(entry.name).stem}"
        for method in METHODS
        for entry in recipes.joinpath(method, "recipes").iterdir()
        if entry.name.endswith(".yaml")
    )

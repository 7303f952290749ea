"""Where LNet and ANet may start from: nothing, things, or people."""

from pathlib import Path

from visavis.bundle import Bundle, read_bundle
from visavis.errors import VisavisError
from visavis.methods import find_recipe, get_method
from visavis.methods.face_attributes.recipe import FacesRecipe
from visavis.training.run import BUNDLE, starting_point

NOTHING, OBJECTS, IDENTITIES = "nothing", "objects", "identities"
STARTS = (NOTHING, OBJECTS, IDENTITIES)
# People come uncropped to LNet: an aligned face is a box in disguise.
RECIPES = {
    "outer": {OBJECTS: "pretraining/objects", IDENTITIES: "pretraining/identities-uncropped"},
    "reader": {OBJECTS: "pretraining/objects", IDENTITIES: "pretraining/identities"},
}


def starts_of(recipe: FacesRecipe, part: str, run: Path, quiet: bool) -> dict[str, Bundle | None] | None:
    """The pre-training of each start of a part, None for nothing; None in all where it was interrupted.

    The backbone of the recipe is the network, and as `bundle:RUN` also the pre-training of its kind, which
    its recipe's name says. Others are trained in `run/RECIPE-BACKBONE`; a bundle that stands there is taken
    as it is.

    Raises:
        VisavisError: the recipe starts from a pre-training of another kind.
    """
    net, given = starting_point(getattr(recipe, part).backbone)
    known = {Path(source).stem: kind for kind, source in RECIPES[part].items()}
    starts: dict[str, Bundle | None] = {NOTHING: None}
    if given is not None:
        name = given.config.recipe["name"]
        if name not in known:
            raise VisavisError(
                f"{part}.backbone: {given.path} is of recipe '{name}'; give one of {', '.join(known)}"
            )
        starts[known[name]] = given
    for name, kind in known.items():
        if kind in starts:
            continue
        folder = run / f"{name}-{net}"
        if (folder / BUNDLE).is_dir():
            starts[kind] = read_bundle(folder / BUNDLE, method="pretraining")
            continue
        source = find_recipe(RECIPES[part][kind], [f"backbone={net}"])
        starts[kind] = get_method(source.method).train(source, folder, quiet)
        if starts[kind] is None:
            return None
    return {kind: starts[kind] for kind in STARTS}


def backbone_of(recipe: FacesRecipe, part: str, start: Bundle | None) -> str:
    """What a recipe says to start a part from there."""
    net, _ = starting_point(getattr(recipe, part).backbone)
    return net if start is None else f"bundle:{start.path}"

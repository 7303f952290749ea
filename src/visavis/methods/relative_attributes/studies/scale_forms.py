"""The arms of study `initial-scale`: how the scale is parametrised, and where it starts."""

from typing import NamedTuple

from visavis.methods.relative_attributes.recipe import RankerRecipe

DEFAULT = 0.33
LOG_RATIO = 4  # times the recipe's ratio: larger steps than those of the linear scale


class Form(NamedTuple):
    """The initial scales s0 of one parametrisation, and what is changed in it.

    `rate` is a factor on the rate of the scale; an arm that is not for `every_seed` is trained for the first.
    Where boxes start at the `best` fixed ones and follow the photo, s0 is not asked.
    """

    starts: tuple[float, ...]
    rate: int = 1
    log: bool = False
    best: bool = False
    every_seed: bool = True


LINEAR, LOG, CHOSEN, BEST = "linear", "log", "s0 chosen on a fold", "best fixed box"
FORMS = {
    LINEAR: Form((0.17, DEFAULT, 0.5, 0.66)),
    "scale rate x10": Form((DEFAULT, 0.66), rate=10, every_seed=False),
    "scale rate x100": Form((DEFAULT,), rate=100, every_seed=False),
    LOG: Form((0.17, DEFAULT, 0.66), log=True),
    BEST: Form((DEFAULT,), best=True),
}


class Printed(NamedTuple):
    """What the slides print of an arm; None where they do not."""

    stn: float | None = None
    combined: float | None = None


# Of 274 pairs of the published protocol, which is not that of our figures. To which of the two columns the
# figures of eyes open belong is not said.
SLIDES = {
    "baldhead": {
        (LINEAR, 0.33): Printed(0.759, 0.788),
        (LINEAR, 0.66): Printed(0.832, 0.828),
        ("scale rate x10", 0.66): Printed(stn=0.810),
        ("scale rate x100", 0.33): Printed(stn=0.777),
    },
    "eyesopen": {(LINEAR, 0.33): Printed(combined=0.923), (LINEAR, 0.17): Printed(combined=0.919)},
}


def name_of(form: str, scale: float) -> str:
    """What an arm is called."""
    return f"{form}, s0 {scale}"


def recipe_of(recipe: RankerRecipe, form: str, scale: float) -> RankerRecipe:
    """The recipe with a parametrisation and an initial scale, both stages and all pairs."""
    options = FORMS[form]
    model: dict[str, object] = {
        "initial_scale": scale,
        "region": "localised",
        "combined": True,
        "scale_form": "linear",
    }
    # Boxes that neither follow the photo nor are kept inside run away from it in some seeds.
    model |= {"start": "best"} if options.best else {"start": "middle", "keep_inside": True}
    if options.log:
        model |= {"scale_form": "log", "ratio": recipe.model.ratio * LOG_RATIO}
    rates = {"scale": recipe.rates.scale * options.rate}
    changes = {
        "model": recipe.model.model_copy(update=model),
        "rates": recipe.rates.model_copy(update=rates),
        "follow": (recipe.follow or 1.0) if options.best else 0.0,
        "fold": None,
    }
    return recipe.model_copy(update=changes)


def slides_of(attributes: list[str]) -> dict[tuple[str, float], Printed]:
    """What the slides print of the arms, where one attribute is learned that they have."""
    return SLIDES.get(attributes[0], {}) if len(attributes) == 1 else {}

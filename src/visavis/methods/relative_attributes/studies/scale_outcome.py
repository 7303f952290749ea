"""What study `initial-scale` found: sentences, figures beside the slides', and a picture."""

from collections.abc import Mapping, Sequence

import numpy as np

from visavis.methods.relative_attributes.studies.arms import ACCURACY, SIZE, STN
from visavis.methods.relative_attributes.studies.scale_forms import (
    BEST,
    CHOSEN,
    DEFAULT,
    FORMS,
    LINEAR,
    LOG,
    Printed,
    name_of,
)
from visavis.pictures.canvas import Picture
from visavis.pictures.curve import Points
from visavis.pictures.panels import Panel, panels
from visavis.records import Metric

Figures = dict[str, dict[str, Metric]]
Slides = Mapping[tuple[str, float], Printed]

SLIDES_STN, SLIDES_COMBINED = "slides_stn", "slides_combined"
PLOT = (420, 1200)  # pixels
ROOM = 2.0  # points above and below the accuracies


def answers(figures: Figures, chosen: list[float]) -> list[str]:
    """Does the scale move, how far does accuracy depend on where it starts, and what does choosing give?"""
    common = FORMS[LOG].starts
    spread = "; ".join(
        f"{form} {_spread(figures, form, ACCURACY):.1f} points combined, "
        f"{_spread(figures, form, STN + ACCURACY):.1f} STN only"
        for form in (LINEAR, LOG)
    )
    best = max(FORMS[LINEAR].starts, key=lambda scale: figures[name_of(LINEAR, scale)][ACCURACY].mean)
    return [
        *(_movement(figures, form) for form in (LINEAR, LOG)),
        f"accuracy over s0 = {_listed(common)}, from worst to best: {spread}"
        f"{_uncertainty(figures[name_of(LINEAR, DEFAULT)][ACCURACY])}",
        f"s0 = {_listed(chosen)} chosen on a held-out fifth of the training pairs: "
        f"{_percent(figures[CHOSEN])} % combined; the best of all on the test pairs, {best}, has "
        f"{_percent(figures[name_of(LINEAR, best)])} %",
        _without_s0(figures),
    ]


def beside_slides(figures: Figures, slides: Slides) -> Figures:
    """The figures with what the slides print of their arms."""
    printed = {
        name_of(form, scale): {
            key: Metric(mean=value)
            for key, value in ((SLIDES_STN, one.stn), (SLIDES_COMBINED, one.combined))
            if value is not None
        }
        for (form, scale), one in slides.items()
    }
    return {name: metrics | printed.get(name, {}) for name, metrics in figures.items()}


def draw(figures: Figures, slides: Slides, chosen: float) -> Picture:
    """Accuracy of both stages and final size of the boxes against the initial scale, by parametrisation."""
    lines = [_series(figures, metric, 100, chosen) for metric in (STN + ACCURACY, ACCURACY)]
    printed = [_printed(slides, column) for column in ("stn", "combined")]
    values = np.concatenate([y for part in (*lines, *printed) for _, y in part.values()])
    y_range = float(values.min()) - ROOM, float(values.max()) + ROOM
    start, accuracy, side = "initial scale s0", "ranking accuracy, %", "mean side of the boxes"
    stages = [
        Panel(title, ours, start, accuracy, theirs, y_range)
        for title, ours, theirs in zip(("STN only", "combined"), lines, printed, strict=True)
    ]
    sizes = _series(figures, SIZE, 1, chosen)
    after = Panel("boxes after training", sizes, start, side, diagonal="as at the start")
    return panels([*stages, after], size=PLOT, quoted="slides")


def _series(figures: Figures, metric: str, factor: float, chosen: float) -> dict[str, Points]:
    lines = {
        form: (
            np.array(options.starts),
            np.array([factor * figures[name_of(form, scale)][metric].mean for scale in options.starts]),
        )
        for form, options in FORMS.items()
    }
    return lines | {CHOSEN: (np.array([chosen]), np.array([factor * figures[CHOSEN][metric].mean]))}


def _printed(slides: Slides, column: str) -> dict[str, Points]:
    """What the slides print of one stage, by parametrisation."""
    points: dict[str, list[tuple[float, float]]] = {}
    for (form, scale), one in sorted(slides.items()):
        value: float | None = getattr(one, column)
        if value is not None:
            points.setdefault(form, []).append((scale, 100 * value))
    return {form: (np.array(found)[:, 0], np.array(found)[:, 1]) for form, found in points.items()}


def _movement(figures: Figures, form: str) -> str:
    starts = FORMS[form].starts
    ends = [figures[name_of(form, scale)][SIZE].mean for scale in starts]
    factor = float(np.exp(np.abs(np.log(np.array(ends) / starts)).mean()))
    return (
        f"{form}: boxes that start at {_listed(starts)} of the photo's side end at {_listed(ends)}; "
        f"on average the size changes by a factor of {factor:.2f}"
    )


def _spread(figures: Figures, form: str, metric: str) -> float:
    """Points between the best and the worst of the initial scales that both forms are trained with."""
    values = [figures[name_of(form, scale)][metric].mean for scale in FORMS[LOG].starts]
    return 100 * (max(values) - min(values))


def _without_s0(figures: Figures) -> str:
    stages = []
    for stage, metric in (("STN only", STN + ACCURACY), ("combined", ACCURACY)):
        reached = [100 * figures[name_of(LINEAR, scale)][metric].mean for scale in FORMS[LINEAR].starts]
        own = _percent(figures[name_of(BEST, DEFAULT)], metric)
        stages.append(f"{stage} {own} %, linear over all s0 {min(reached):.1f} to {max(reached):.1f} %")
    return f"from the best fixed box, which asks for no s0: {'; '.join(stages)}"


def _uncertainty(accuracy: Metric) -> str:
    if accuracy.ci95 is None:
        return ""
    low, high = accuracy.ci95
    return f"; by its 95 % interval one accuracy is uncertain by ± {50 * (high - low):.1f}"


def _percent(metrics: dict[str, Metric], metric: str = ACCURACY) -> str:
    return f"{100 * metrics[metric].mean:.1f}"


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:.2f}" for number in numbers)

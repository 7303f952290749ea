"""An image and, beside it, the probabilities of what it shows."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from visavis.pictures.bars import bars
from visavis.pictures.canvas import Image, Picture, blank, place
from visavis.pictures.strip import MARGIN

FIGURE = "\N{FIGURE SPACE}"  # as wide as a figure, so that all names end in one line


def described(
    image: Image,
    names: Sequence[str],
    probabilities: Float[np.ndarray, " K"],
    *,
    title: str = "",
    side: int = 320,
) -> Picture:
    """The image, scaled to a square of `side` pixels, left of K bars with their names and per cents."""
    shares = [f"{100 * value:4.0f}".replace(" ", FIGURE) for value in probabilities]
    labels = [f"{name}{share} %" for name, share in zip(names, shares, strict=True)]
    chart = bars(labels, {"": probabilities}, title=title)
    paper = blank(max(chart.shape[0], side + 2 * MARGIN), side + MARGIN + chart.shape[1])
    place(paper, image, MARGIN, MARGIN, side)
    paper[: chart.shape[0], MARGIN + side :] = chart
    return paper

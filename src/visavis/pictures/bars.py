"""Attribute probabilities as horizontal bars."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from visavis.pictures.canvas import SERIES, Picture, render
from visavis.pictures.plot import INK, figure_and_axes, legend

ROW = 26  # pixels for one attribute


def bars(
    names: Sequence[str],
    series: Mapping[str, Float[np.ndarray, " K"]],
    *,
    title: str = "",
    width: int = 720,
) -> Picture:
    """Bars of K probabilities in 0..1 per series (sketch and photo, say), side by side under each name.

    The half, where a prediction turns into a yes, is marked.
    """
    height = 80 + len(names) * ROW + 30 * (len(series) > 1) + 30 * bool(title)
    figure, ax = figure_and_axes(height, width, title=title, grid="x")
    thickness = 0.76 / len(series)
    rows = np.arange(len(names))
    for i, (label, values) in enumerate(series.items()):
        offset = (i - (len(series) - 1) / 2) * thickness
        ax.barh(rows + offset, values, 0.9 * thickness, color=SERIES[i % len(SERIES)], label=label)
    ax.axvline(0.5, color=INK, linewidth=1, linestyle=(0, (4, 4)), alpha=0.6)
    ax.set(xlim=(0, 1), ylim=(len(names) - 0.5, -0.5), xlabel="probability")
    ax.set_yticks(rows, names)
    ax.tick_params(axis="y", length=0)
    if len(series) > 1:
        legend(figure)
    return render(figure)


def signed_bars(
    names: Sequence[str],
    values: Float[np.ndarray, " K"],
    *,
    x_label: str,
    title: str = "",
    width: int = 720,
) -> Picture:
    """Bars of K values to the right of zero in red, and to the left of it in blue."""
    figure, ax = figure_and_axes(80 + len(names) * ROW + 30 * bool(title), width, title=title, grid="x")
    red, blue = SERIES[4], SERIES[0]
    ax.barh(np.arange(len(names)), values, 0.7, color=np.where(values > 0, red, blue))
    ax.axvline(0, color=INK, linewidth=1)
    ax.set(ylim=(len(names) - 0.5, -0.5), xlabel=x_label)
    ax.set_yticks(np.arange(len(names)), names)
    ax.tick_params(axis="y", length=0)
    return render(figure)

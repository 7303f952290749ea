"""Curves: losses and metrics while training, and cumulative match characteristics."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Num
from matplotlib.ticker import MaxNLocator

from visavis.pictures.canvas import SERIES, Picture, render
from visavis.pictures.plot import FAINT, figure_and_axes, legend

# x and y of a series; the axis is not named, because each series has its own length.
Points = tuple[Num[np.ndarray, " _"], Float[np.ndarray, " _"]]


def curves(
    series: Mapping[str, Points],
    *,
    x_label: str,
    y_label: str,
    title: str = "",
    size: tuple[int, int] = (360, 640),
) -> Picture:
    """Lines through named (x, y) series, x counting steps or epochs; what is not finite is left out.

    `size` is (height, width) in pixels.
    """
    figure, ax = figure_and_axes(*size, title=title, grid="both")
    for i, (label, (x, y)) in enumerate(series.items()):
        kept = np.isfinite(y)
        marker = "o" if kept.sum() < 20 else None
        ax.plot(x[kept], y[kept], color=SERIES[i % len(SERIES)], label=label, marker=marker, markersize=4)
    ax.set(xlabel=x_label, ylabel=y_label)
    ax.margins(x=0.02)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(series) > 1:
        legend(figure)
    return render(figure)


def cmc_curve(
    series: Mapping[str, Float[np.ndarray, " K"]],
    *,
    gallery_size: int,
    title: str = "",
    size: tuple[int, int] = (360, 640),
) -> Picture:
    """Cumulative match characteristics: share of queries (0..1) whose match is among the first 1..K.

    Chance in a gallery of `gallery_size` is drawn beside them.
    """
    figure, ax = figure_and_axes(*size, title=title, grid="both")
    deepest = max(len(shares) for shares in series.values())
    for i, (label, shares) in enumerate(series.items()):
        ranks = np.arange(1, len(shares) + 1)
        ax.plot(ranks, 100 * shares, color=SERIES[i % len(SERIES)], label=label, marker="o", markersize=4)
    chance = 100 * np.arange(1, deepest + 1) / gallery_size
    ax.plot(np.arange(1, deepest + 1), chance, color=FAINT, linestyle="--", linewidth=1.2, label="chance")
    ax.set(xlabel="among the first k", ylabel="queries found, %", ylim=(0, 103))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend(figure)
    return render(figure)

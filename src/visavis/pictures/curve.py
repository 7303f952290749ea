"""Curves: losses and metrics while training, cumulative match characteristics, detection, reliability."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int, Num
from matplotlib.ticker import FuncFormatter, MaxNLocator

from visavis.pictures.canvas import SERIES, Picture, render
from visavis.pictures.plot import FAINT, INK, figure_and_axes, legend

# x and y of a series; the axis is not named, because each series has its own length.
Points = tuple[Num[np.ndarray, " _"], Float[np.ndarray, " _"]]
Bins = tuple[Float[np.ndarray, " T"], Float[np.ndarray, " T"], Int[np.ndarray, " T"]]


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


def detection_curve(
    series: Mapping[str, Points],
    *,
    marked: Sequence[float] = (),
    title: str = "",
    size: tuple[int, int] = (400, 640),
) -> Picture:
    """Share of things found (0..1) against false positives per image, these on a logarithmic axis.

    Each series steps up through its (false positives per image, recall), both rising. What it finds without a
    false positive is where its line starts, at the left border. `marked` rates have a dashed line.
    """
    figure, ax = figure_and_axes(*size, title=title, grid="both")
    left = min(rates[rates > 0].min(initial=1.0) for rates, _ in series.values()) / 2
    right = max(1.0, *(rates.max() for rates, _ in series.values()))
    for i, (label, (rates, recall)) in enumerate(series.items()):
        x, y = np.append(np.maximum(rates, left), right), 100 * np.append(recall, recall[-1])
        last = np.append(np.diff(x) > 0, True)  # of several recalls at one rate the highest
        ax.step(x[last], y[last], where="post", color=SERIES[i % len(SERIES)], label=label, linewidth=1.8)
    for rate in marked:
        ax.axvline(rate, color=INK, linewidth=1, linestyle=(0, (4, 4)), alpha=0.6)
    ax.set(xlabel="false positives per image", ylabel="found, %", ylim=(0, 103))
    ax.set_xscale("log")
    ax.set_xlim(left, right)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if len(series) > 1:
        legend(figure)
    return render(figure)


def reliability_curve(
    series: Mapping[str, Bins], *, title: str = "", size: tuple[int, int] = (440, 640)
) -> Picture:
    """How often orders of some confidence are right: named bins of predicted and observed shares and counts.

    Confidence is 0.5 or more. Where it means what it says, a line lies on the dashed diagonal; bars below
    are as high as the bins have members, whose number is written above them.
    """
    figure, ax = figure_and_axes(*size, title=title, grid="both")
    ax.plot([50, 100], [50, 100], color=FAINT, linestyle="--", linewidth=1.2, label="as predicted")
    bars = ax.twinx()
    bars.set_axis_off()
    width = 3.6 / len(series)
    for i, (label, (predicted, observed, counts)) in enumerate(series.items()):
        colour = SERIES[i % len(SERIES)]
        ax.plot(100 * predicted, 100 * observed, color=colour, label=label, marker="o", markersize=5)
        # Beside each other within the bins of ten per cent, whatever the mean of a bin.
        middle = 10 * np.floor(10 * np.minimum(predicted, 0.99)) + 5 + (i - (len(series) - 1) / 2) * 2 * width
        drawn = bars.bar(middle, counts, width=1.8 * width, color=colour, alpha=0.3)
        bars.bar_label(drawn, fontsize=8.5, color=INK, padding=1)
    lowest = min(float(observed.min()) for _, observed, _ in series.values())
    ax.set(xlabel="confidence, %", ylabel="right orders, %", xlim=(49, 101))
    ax.set_ylim(min(40.0, 10 * np.floor(10 * lowest) - 10), 103)
    bars.set_ylim(0, 4.5 * max(int(counts.max()) for *_, counts in series.values()))
    legend(figure)
    return render(figure)

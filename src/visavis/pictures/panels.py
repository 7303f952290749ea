"""Curves side by side, of the same things in different measures, under one legend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.ticker import FuncFormatter

from visavis.pictures.canvas import SERIES, Picture, new_figure, render
from visavis.pictures.curve import Points
from visavis.pictures.plot import FAINT, INK, quiet

APART = 0.18  # inches between panels
IN_A_ROW = 6  # entries of the legend
HOLLOW = {"marker": "o", "markersize": 8, "markerfacecolor": "none", "linestyle": ":", "linewidth": 1.2}


@dataclass(frozen=True)
class Panel:
    """One plot of named (x, y) series; a series of one name has one colour in all panels.

    `quoted` are points of others for series of these names, drawn hollow in the same colour. `y_range` is the
    least and the largest y that are drawn, None for those of the points. With `diagonal` the line y = x is
    drawn and called so. With `log_x` steps of one factor in x are as wide.
    """

    title: str
    series: Mapping[str, Points]
    x_label: str
    y_label: str
    quoted: Mapping[str, Points] = field(default_factory=dict)
    y_range: tuple[float, float] | None = None
    diagonal: str = ""
    log_x: bool = False


def panels(plots: Sequence[Panel], *, size: tuple[int, int], quoted: str = "quoted") -> Picture:
    """Draw panels in a row; `size` is (height, width) of the whole in pixels, `quoted` who is quoted."""
    figure = new_figure(*size)
    figure.set_layout_engine("constrained", w_pad=APART, h_pad=APART / 2)
    names = list(dict.fromkeys(name for plot in plots for name in plot.series))
    colours = {name: SERIES[i % len(SERIES)] for i, name in enumerate(names)}
    handles = {}
    for plot, ax in zip(plots, figure.subplots(1, len(plots), squeeze=False)[0], strict=True):
        quiet(ax, "both")
        for name, (x, y) in plot.series.items():
            (handles[name],) = ax.plot(x, y, color=colours[name], marker="o", markersize=5)
        for name, (x, y) in plot.quoted.items():
            ax.plot(x, y, color=colours[name], **HOLLOW)
            (handles[quoted],) = ax.plot([], [], color=INK, **HOLLOW)
        if plot.diagonal:
            every_x = np.concatenate([x for x, _ in plot.series.values()])
            ends = every_x.min(), every_x.max()
            (handles[plot.diagonal],) = ax.plot(ends, ends, color=FAINT, linestyle="--", linewidth=1.2)
        ax.set_title(plot.title, loc="left", fontsize=12, fontweight="bold", color=INK)
        ax.set(xlabel=plot.x_label, ylabel=plot.y_label)
        if plot.log_x:
            ax.set_xscale("log")
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        if plot.y_range is not None:
            ax.set_ylim(plot.y_range)
    figure.legend(
        handles.values(),
        handles.keys(),
        loc="outside upper left",
        ncols=min(len(handles), IN_A_ROW),
        frameon=False,
        fontsize=10.5,
        labelcolor=INK,
    )
    return render(figure)

"""The one look of every plot: quiet axes, a faint grid, the legend above."""

from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from visavis.pictures import canvas


def _hex(colour: canvas.Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


INK, FAINT, LINE = _hex(canvas.INK), _hex(canvas.FAINT), _hex(canvas.LINE)


def figure_and_axes(
    height: int, width: int, *, title: str, grid: Literal["x", "both"]
) -> tuple[Figure, Axes]:
    """A new figure of that many pixels and the axes that fill it."""
    figure = canvas.new_figure(height, width)
    figure.set_layout_engine("constrained", w_pad=0.14, h_pad=0.07)
    ax = figure.add_subplot()
    if title:
        figure.suptitle(title, x=0.02, ha="left", fontsize=12.5, fontweight="bold", color=INK)
    quiet(ax, grid)
    return figure, ax


def quiet(ax: Axes, grid: Literal["x", "both"]) -> None:
    """Give axes the look of every plot."""
    ax.grid(axis=grid, color=LINE, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(FAINT)
    ax.tick_params(colors=INK, labelsize=10.5)
    ax.xaxis.label.set(size=10.5, color=INK)
    ax.yaxis.label.set(size=10.5, color=INK)


def legend(figure: Figure) -> None:
    """Name the series above the plot, where it hides nothing, three to a line."""
    ax = figure.axes[0]
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=min(3, len(labels)),
        frameon=False,
        fontsize=10.5,
        labelcolor=INK,
        borderaxespad=0.2,
    )

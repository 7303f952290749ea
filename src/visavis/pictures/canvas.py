"""White paper to draw on: images placed pixel by pixel, text set by Matplotlib, whose fonts are smooth."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Literal

import cv2
import numpy as np
from jaxtyping import UInt8
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

# Height, width and RGB; the axes are not named, because each picture of a call has its own size.
Picture = UInt8[np.ndarray, "_ _ 3"]
Image = Picture | UInt8[np.ndarray, "_ _"]
Colour = tuple[int, int, int]

INK: Colour = (38, 42, 51)
FAINT: Colour = (120, 126, 138)
LINE: Colour = (214, 218, 226)
GREEN: Colour = (26, 148, 80)
SERIES = (
    "#2f6fde",
    "#e07b28",
    "#1a9450",
    "#9a4fc0",
    "#c43c4c",
    "#4a9aa8",
)
DOTS_PER_INCH = 100


@dataclass(frozen=True)
class Label:
    """One line of text: `x`, `y` (its middle) in pixels from the upper left, `size` the font's in pixels."""

    x: int
    y: int
    text: str
    size: int
    colour: Colour = INK
    bold: bool = False
    align: Literal["left", "center"] = "center"


def blank(height: int, width: int) -> Picture:
    """White paper."""
    return np.full((height, width, 3), 255, dtype=np.uint8)


def place(paper: Picture, image: Image, x: int, y: int, side: int) -> None:
    """Put `image`, scaled to fit and centred, into the square of `side` pixels whose corner is (x, y)."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(image, size, interpolation=method)
    left, top = x + (side - size[0]) // 2, y + (side - size[1]) // 2
    paper[top : top + size[1], left : left + size[0]] = scaled if scaled.ndim == 3 else scaled[..., None]


def frame(paper: Picture, x: int, y: int, side: int, *, colour: Colour, thickness: int) -> None:
    """Draw a square frame around, not over, the square of `side` pixels whose corner is (x, y)."""
    outer = paper[y - thickness : y + side + thickness, x - thickness : x + side + thickness]
    inside = outer[thickness:-thickness, thickness:-thickness].copy()
    outer[:] = colour
    outer[thickness:-thickness, thickness:-thickness] = inside


def write(paper: Picture, labels: Sequence[Label]) -> Picture:
    """A copy of `paper` with text on it."""
    height, width = paper.shape[:2]
    figure = new_figure(height, width)
    figure.figimage(paper)
    for label in labels:
        figure.text(
            label.x / width,
            1 - label.y / height,
            label.text,
            fontsize=label.size * 72 / DOTS_PER_INCH,
            fontweight="bold" if label.bold else "normal",
            color=np.array(label.colour) / 255,
            ha=label.align,
            va="center_baseline",
            parse_math=False,
        )
    return render(figure)


def fitted(text: str, size: int, width: int, *, bold: bool = False) -> str:
    """`text`, shortened with an ellipsis where it would be wider than `width` pixels."""
    if text_width(text, size, bold) <= width:
        return text
    kept = len(text) - 1
    while kept and text_width(text[:kept].rstrip() + "…", size, bold) > width:
        kept -= 1
    return text[:kept].rstrip() + "…"


@lru_cache(maxsize=4096)
def text_width(text: str, size: int, bold: bool) -> float:
    """Pixels that a line of text takes in its width."""
    font = FontProperties(size=size, weight="bold" if bold else "normal")
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def new_figure(height: int, width: int) -> Figure:
    """A Matplotlib figure of that many pixels, apart from pyplot's global state."""
    return Figure(figsize=(width / DOTS_PER_INCH, height / DOTS_PER_INCH), dpi=DOTS_PER_INCH)


def render(figure: Figure) -> Picture:
    """The pixels of a figure, drawn by Agg."""
    width, height = np.rint(figure.get_size_inches() * DOTS_PER_INCH).astype(int)
    buffer = BytesIO()
    figure.savefig(buffer, format="rgba", dpi=DOTS_PER_INCH)
    return np.frombuffer(buffer.getvalue(), np.uint8).reshape(height, width, 4)[..., :3].copy()

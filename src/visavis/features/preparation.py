"""What `pages` and `frames` do to an image, told to someone who has to do it without visavis.

The words and numbers go with an exported network. A test follows them with NumPy and OpenCV alone.
"""

from dataclasses import dataclass

from visavis.features import edges, frames, ink, pages

DECODE = "Decode upright, as EXIF says, 8 bits deep, of an animation the first picture, transparency on white"
HALVED = (
    "(Where six of its pixels in a row or more become one, visavis reads it at 1/2, 1/4 ... of its size, "
    "which differs by a few grey values.)"
)


@dataclass(frozen=True)
class Preparation:
    """How an image of some kind becomes what a network reads.

    Attributes:
        image: the kind.
        colours: of the channels, in their order.
        side: of the square in pixels.
        share, down: of a frame: its side as a share of the photo's shorter side, and how far below the
            photo's middle its centre lies, in its sides.
        steps: what to do, in this order. Functions in capitals are OpenCV's.
    """

    image: str
    colours: str
    side: int
    steps: list[str]
    share: float | None = None
    down: float | None = None


def frame(side: int, share: float, down: float) -> Preparation:
    """What `visavis.features.frames.frame_of` does."""
    steps = [
        f"{DECODE}, as RGB.",
        _scaled(frames.WORKING_SIZE),
        f"With w and h its width and height now: square = {share} * min(w, h).",
        *_cut(side, "(w - 1) / 2", f"(h - 1) / 2 + {down} * square"),
        _tensor(side, 3),
    ]
    return Preparation("photo", "RGB", side, steps, share, down)


def whole_photo(side: int) -> Preparation:
    """The square about a whole photo, by `visavis.features.frames.cut`."""
    steps = [
        f"{DECODE}, as RGB. {HALVED}",
        "With w and h its width and height: square = max(w, h).",
        *_cut(side, "(w - 1) / 2", "(h - 1) / 2"),
        _tensor(side, 3),
    ]
    return Preparation("photo", "RGB", side, steps)


def about_window(side: int, around: float) -> Preparation:
    """The square about a window in a photo, by `visavis.features.frames.cut`."""
    steps = [
        f"{DECODE}, as RGB. {HALVED}",
        "With x0, y0, w and h of the window in pixels of the photo, counted from its upper left edge: "
        f"square = {around} * h.",
        *_cut(side, "x0 + w / 2 - 0.5", "y0 + h / 2 - 0.5"),
        _tensor(side, 3),
    ]
    return Preparation("face", "RGB", side, steps)


def drawing(side: int) -> Preparation:
    """What `visavis.features.pages.page_of` does with a sketch or an edge map."""
    steps = [
        f"{DECODE}, as grey (0.299 R + 0.587 G + 0.114 B).",
        _scaled(pages.WORKING_SIZE),
        f"Where the median of the four border lines is below {ink.DARK}, invert: 255 - value.",
        f"paper = {ink.PAPER}th percentile of all values; where 0 < paper < 255, multiply by 255 / paper, "
        "cut at 255 and drop the fraction.",
        f"Where the darkest value d is above {ink.DARK}: 255 - (255 - value) * 255 / (255 - d), fraction "
        f"dropped. With d above {255 - ink.LEAST} there is no drawing.",
        *_cropped(side, "of the drawing"),
        _evened(),
        _tensor(side, 1),
    ]
    return Preparation("sketch, or edge map given as a file", "grey, white = 1", side, steps)


def edges_of_photo(side: int) -> Preparation:
    """What `visavis.features.pages.page_of` does with a photo."""
    steps = [*_edge_map(), *_cropped(side, "of the edge map"), _evened(), _tensor(side, 1)]
    return Preparation("photo", "grey, white = 1", side, steps)


def photo_page(side: int) -> Preparation:
    """What `visavis.features.pages.photo_page` does."""
    steps = [*_edge_map(), *_cropped(side, "of the scaled photo"), _tensor(side, 3)]
    return Preparation("photo", "RGB", side, steps)


def _cut(side: int, middle_x: str, middle_y: str) -> list[str]:
    return [
        f"scale = {side} / square. Where scale < 1: GaussianBlur, kernel (0, 0), standard deviation "
        f"{frames.SMOOTHING} / scale.",
        f"Cut the frame out of it: pixel (x, y) of {side} x {side}, counted from 0 at pixels' centres, shows "
        f"the place ({middle_x} + (x - {(side - 1) / 2}) / scale, {middle_y} + "
        f"(y - {(side - 1) / 2}) / scale), bilinearly; beyond the border is the border's pixel.",
    ]


def _scaled(side: int) -> str:
    return (
        f"Scale so that the longest side is {side} pixels, the other one rounded: resize, INTER_AREA to "
        "shrink, INTER_CUBIC to grow. (Visavis decodes a JPEG at 1/2, 1/4 or 1/8 where that is large enough "
        "and shrinks the rest of the way, which differs by a few grey values.)"
    )


def _edge_map() -> list[str]:
    settings = len(edges.BLURS) * len(edges.THRESHOLDS)
    thresholds = " and ".join(f"({low}, {high})" for low, high in edges.THRESHOLDS)
    return [
        f"{DECODE}, as RGB.",
        _scaled(pages.WORKING_SIZE),
        f"For each standard deviation in {edges.BLURS}: GaussianBlur, kernel (0, 0); Scharr in x and in y, "
        "CV_32F, scale 1/32; at each pixel keep dx and dy of the first channel with the largest dx^2 + dy^2.",
        f"Of each: unit = {edges.INT16_SAFE} / (99th percentile of those sqrt(dx^2 + dy^2) above "
        f"{edges.NOISE}); dx and dy times unit, cut at -32767 and 32767, as int16 without their fractions. "
        f"For each pair of {thresholds}, times {edges.INT16_SAFE}: Canny of dx and dy, L2gradient. Without "
        "any gradient so large there are no edges.",
        f"votes = how many of the {settings} maps call a pixel an edge, as float32; GaussianBlur, kernel "
        f"(0, 0), standard deviation {edges.LINE_BLUR}; divided by {settings}.",
        f"Edge map: 255 * (1 - min({edges.DARKNESS} * votes, 1)), fraction dropped.",
    ]


def _cropped(side: int, source: str) -> list[str]:
    longest = f"{pages.FILL} * {side}"
    return [
        f"Box: the smallest around all pixels darker than {ink.INK}, or everything where there are none. "
        f"Cut it out {source} and scale its longest side to {longest}, both sides rounded, 1 at least: "
        "resize, INTER_AREA to shrink, INTER_LINEAR to grow.",
        f"Lay it on a white square of {side} x {side}, in the middle; an odd pixel to spare goes to the "
        "right and below.",
    ]


def _evened() -> str:
    return (
        f"ink = GaussianBlur of 255 - page in floats, kernel (0, 0), standard deviation {pages.LINE_BLUR}. "
        f"Where any is above {pages.FAINT}, s = {pages.STRONG}th percentile of those that are: page = 255 - "
        "min(ink * 255 / s, 255), fraction dropped."
    )


def _tensor(side: int, channels: int) -> str:
    order = ", red first" if channels > 1 else ""
    return f"Divide by 255: float32 in 0..1, of shape (B, {channels}, {side}, {side}){order}."

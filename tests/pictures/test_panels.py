"""Panels: one colour for one name in all of them, hollow points, and the diagonal."""

import numpy as np
from matplotlib.colors import to_rgb

from visavis.pictures.canvas import SERIES, Picture
from visavis.pictures.panels import Panel, panels

FIRST, SECOND = (np.rint(255 * np.array(to_rgb(colour))).astype(int) for colour in SERIES[:2])
X = np.array([0.2, 0.4, 0.6])
SIZE = (300, 900)
BELOW = 60  # where the legend ends


def drawn(picture: Picture, colour: np.ndarray) -> np.ndarray:
    """(row, column) of every pixel of exactly that colour, below the legend."""
    return np.argwhere((picture[BELOW:] == colour).all(axis=2))


def test_a_name_has_one_colour_in_all_panels() -> None:
    plots = [
        Panel("one", {"ours": (X, X), "theirs": (X, 1 - X)}, "x", "y"),
        Panel("two", {"theirs": (X, X)}, "x", "y"),
    ]
    picture = panels(plots, size=SIZE)
    assert picture.shape == (*SIZE, 3)
    assert drawn(picture, FIRST)[:, 1].max() < SIZE[1] / 2
    second = drawn(picture, SECOND)[:, 1]
    assert second.min() < SIZE[1] / 2 < second.max()


def test_quoted_points_are_hollow_and_in_the_colour_of_their_name() -> None:
    points = {"ours": (X, X)}
    alone = panels([Panel("one", points, "x", "y", y_range=(0, 1))], size=SIZE)
    quoted = panels(
        [Panel("one", points, "x", "y", {"ours": (X[:1], np.array([0.9]))}, (0, 1))],
        size=SIZE,
        quoted="slides",
    )
    top = SIZE[0] // 4
    assert not [hit for hit in drawn(alone, FIRST) if hit[0] < top]
    ring = np.array([hit for hit in drawn(quoted, FIRST) if hit[0] < top])
    middle = np.rint(ring.mean(axis=0)).astype(int)
    assert quoted[BELOW + middle[0], middle[1]].min() > 200  # paper, or a line of the grid


def test_the_diagonal_is_drawn_where_it_is_named() -> None:
    flat = {"ours": (X, np.array([0.2, 0.4, 0.6]))}
    with_line, without = (
        panels([Panel("one", flat, "x", "y", diagonal=name)], size=SIZE) for name in ("as at the start", "")
    )
    assert not np.array_equal(with_line, without)


def test_a_logarithmic_x_has_one_width_for_a_factor() -> None:
    x = np.array([1.0, 10, 100])
    flat = {"ours": (x, np.full(3, 0.5))}
    for log_x in (True, False):
        hits = drawn(panels([Panel("one", flat, "x", "y", log_x=log_x)], size=SIZE), FIRST)
        columns = hits[:, 1]
        thick = [column for column in np.unique(columns) if (columns == column).sum() > 4]  # at the markers
        middle = np.mean([column for column in thick if thick[0] + 12 < column < thick[-1] - 12])
        share = (middle - thick[0]) / (thick[-1] - thick[0])
        assert abs(share - (0.5 if log_x else 9 / 99)) < 0.02

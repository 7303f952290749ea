"""An image beside its bars: both whole, whatever is the taller."""

import numpy as np
import pytest

from visavis.pictures import described
from visavis.pictures.strip import MARGIN

RED = np.full((40, 30, 3), (200, 0, 0), np.uint8)


def red(picture: np.ndarray) -> np.ndarray:
    return np.argwhere((picture == (200, 0, 0)).all(axis=2))


@pytest.mark.parametrize("names", [1, 40])
def test_the_image_stands_left_and_the_bars_right(names: int) -> None:
    picture = described(RED, [f"attribute {k}" for k in range(names)], np.linspace(1, 0, names), side=200)
    y, x = red(picture).T
    assert np.ptp(y) + 1 == 200  # scaled to fit its square
    assert np.ptp(x) + 1 == 150
    assert y.min() == MARGIN
    assert x.max() < MARGIN + 200
    assert picture.shape[0] >= 200 + 2 * MARGIN
    assert (picture[:, -20:] == 255).any()
    assert (picture[:, MARGIN + 200 :] < 200).any(axis=2).sum() > 300  # names and bars


def test_probabilities_are_written() -> None:
    one, other = (described(RED, ["smiling"], np.array([p])) for p in (0.421, 0.439))
    same = described(RED, ["smiling"], np.array([0.4211]))
    names = slice(0, 500)  # left of the bars
    assert not np.array_equal(one[:, names], other[:, names])  # 42 and 44 %
    assert np.array_equal(one[:, names], same[:, names])

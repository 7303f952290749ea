"""Heat: clear where nothing is, full at the limit, red above zero and blue below."""

import numpy as np
import pytest

from visavis.pictures.heat import with_heat

GREY = np.full((30, 40, 3), 200, np.uint8)


def test_zero_shows_the_image_in_grey() -> None:
    coloured = np.zeros((30, 40, 3), np.uint8)
    coloured[:, 20:] = 0, 0, 255
    drawn = with_heat(coloured, np.zeros((3, 4)), limit=0.0)
    assert (drawn[..., 0] == drawn[..., 1]).all()
    assert (drawn[..., 0] == drawn[..., 2]).all()
    assert drawn[0, 0, 0] < drawn[0, 39, 0]
    assert np.array_equal(with_heat(drawn[..., 0], np.zeros((3, 4)), limit=1.0)[..., 0].shape, (30, 40))


def test_strength_lies_where_the_values_do() -> None:
    values = np.zeros((3, 4))
    values[0, 3] = 2.0
    drawn = with_heat(GREY, values, limit=2.0).astype(int)
    changed = np.abs(drawn - drawn[-1, 0]).sum(axis=2)
    assert changed[:10, 30:].mean() > 10 * changed[15:, :20].mean()
    beyond = with_heat(GREY, 5 * values, limit=2.0)
    assert np.array_equal(beyond[0, 39], drawn[0, 39])  # not more than full


@pytest.mark.parametrize(("sign", "channel"), [(1, 0), (-1, 2)])
def test_signs_have_colours(sign: int, channel: int) -> None:
    drawn = with_heat(GREY, np.full((2, 2), 0.5 * sign), limit=1.0, signed=True)
    assert int(drawn[15, 20].argmax()) == channel

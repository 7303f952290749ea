"""Vector sketches as pages, and the published order of stroke removal."""

import numpy as np

from visavis.datasets.strokes import draw_strokes, removal_order

LONG, SHORT = np.array([[40.0, 40], [200, 40]]), np.array([[40.0, 120], [60, 120]])


def test_short_and_late_strokes_go_first() -> None:
    assert removal_order([LONG, SHORT]) == [1, 0]
    assert removal_order([SHORT, SHORT + 30]) == [1, 0]  # of equal length the later one
    # exp(0.5 * 0 - 2 * 20/160) against exp(0.5 * 1 - 2 * 160/160): shortness outweighs lateness
    assert removal_order([SHORT, LONG]) == [0, 1]


def test_removed_strokes_are_not_drawn_and_one_remains() -> None:
    whole, half, none = (draw_strokes([LONG, SHORT], share) for share in (0.0, 0.5, 1.0))
    assert whole[120, 50] < 50
    assert half[120, 50] == 255
    assert half[40, 100] < 50
    assert np.array_equal(half, none)

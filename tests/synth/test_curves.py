import numpy as np
import pytest

from visavis.synth.curves import along, at_height, circle, part, points, ribbon, spline

CORNER = points((0, 0), (3, 0), (3, 1))


def test_spline_passes_through_its_knots() -> None:
    knots = points((0, 0), (2, 5), (7, 4), (9, -3))
    curve = spline(knots, per_span=6)
    np.testing.assert_allclose(curve[::6], knots)
    assert len(curve) == 3 * 6 + 1


def test_spline_of_points_on_a_line_stays_on_it() -> None:
    curve = spline(points((0, 1), (1, 3), (2, 5)))
    np.testing.assert_allclose(curve[:, 1], 2 * curve[:, 0] + 1)


def test_fractions_are_of_the_arc_length() -> None:
    np.testing.assert_allclose(
        along(CORNER, np.array([0, 0.25, 0.75, 0.875, 1])), [(0, 0), (1, 0), (3, 0), (3, 0.5), (3, 1)]
    )
    np.testing.assert_allclose(part(CORNER, 0.5, 1, count=3), [(2, 0), (3, 0), (3, 1)])


def test_at_height_interpolates_between_points() -> None:
    np.testing.assert_allclose(at_height(points((0, 0), (2, 4)), 1), (0.5, 1))


def area(polygon: np.ndarray) -> float:
    x, y = polygon.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def test_ribbon_has_the_area_of_length_times_width() -> None:
    assert area(ribbon(points((0, 0), (3, 4), (6, 8)), 0.5)) == pytest.approx(10 * 0.5)


def test_circle_has_its_radius_and_nearly_its_area() -> None:
    polygon = circle((5, -2), 3, count=100)
    np.testing.assert_allclose(np.hypot(*(polygon - (5, -2)).T), 3)
    assert area(polygon) == pytest.approx(9 * np.pi, rel=0.01)

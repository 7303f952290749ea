import numpy as np
import pytest

from visavis.synth.curves import along, at_height, brush, circle, loop, mirrored, part, points, ribbon, spline

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


def test_an_ellipse_has_two_radii() -> None:
    polygon = circle((5, -2), (3, 1), count=100)
    np.testing.assert_allclose(((polygon - (5, -2)) ** 2 / (9, 1)).sum(axis=1), 1)


def test_a_ribbon_may_have_a_width_of_its_own_at_each_point() -> None:
    wedge = ribbon(points((0, 0), (3, 0), (6, 0)), np.array([0.0, 1.0, 2.0]))
    assert area(wedge) == pytest.approx(6 * 2 / 2)


def test_a_brush_stroke_is_pointed_and_widest_in_the_middle() -> None:
    stroke = brush(points((0, 0), (1, 0), (2, 0), (3, 0), (4, 0)), 2.0)
    widths = np.hypot(*(stroke[:5] - stroke[:4:-1]).T)
    np.testing.assert_allclose(widths, [0, 3**0.5, 2, 3**0.5, 0])


def test_a_loop_passes_through_its_knots_and_closes_smoothly() -> None:
    knots = points((0, 0), (4, 1), (5, 5), (-1, 4))
    polygon = loop(knots, per_span=50)
    assert len(polygon) == 4 * 50
    np.testing.assert_allclose(polygon[::50], knots)
    steps = np.diff(np.vstack([polygon[-1:], polygon, polygon[:1]]), axis=0)
    np.testing.assert_allclose(steps[0], steps[1], atol=0.02)


def test_mirrored_is_across_the_vertical_axis() -> None:
    np.testing.assert_array_equal(mirrored(points((1, 2), (-3, 4))), [(-1, 2), (3, 4)])

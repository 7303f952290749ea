import numpy as np
import pytest

from visavis.synth.curves import points
from visavis.synth.raster import line_cover, polygon_cover, window_around

WHOLE = (slice(0, 32), slice(0, 32))


def test_pixel_centres_are_at_integers() -> None:
    square = points((9.5, 4.5), (19.5, 4.5), (19.5, 11.5), (9.5, 11.5))
    cover = polygon_cover([square], WHOLE)
    expected = np.zeros((32, 32))
    expected[5:12, 10:20] = 1
    # The fill reaches half a sub-pixel over the edge.
    np.testing.assert_allclose(cover, expected, atol=0.3)


def test_half_a_pixel_is_half_covered() -> None:
    cover = polygon_cover([points((10, 5), (20, 5), (20, 15), (10, 15))], WHOLE)
    assert cover[10, 10] == pytest.approx(0.5, abs=0.25)
    assert cover[10, 15] == 1


def test_overlapping_polygons_do_not_cancel() -> None:
    square = points((5, 5), (15, 5), (15, 15), (5, 15))
    cover = polygon_cover([square, square + 5], WHOLE)
    assert cover[12, 12] == 1


def test_a_window_shows_the_same_as_the_page() -> None:
    triangle = points((6, 3), (25, 11), (9, 20))
    window = window_around([triangle], 32, reach=2)
    assert window == (slice(1, 23), slice(4, 28))
    np.testing.assert_array_equal(polygon_cover([triangle], window), polygon_cover([triangle], WHOLE)[window])


def test_a_window_ends_with_the_page() -> None:
    assert window_around([points((-9, 4), (50, 4))], 32, reach=1) == (slice(3, 6), slice(0, 32))


def test_a_line_has_its_width_and_round_ends() -> None:
    cover = line_cover([points((5, 8), (25, 8))], 2.25, WHOLE)
    assert cover.sum() == pytest.approx(20 * 2.25 + np.pi * 1.125**2, rel=0.05)

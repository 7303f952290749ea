"""Windows against sums pixel by pixel; a hot pixel does not win; proposals cover the image."""

import cv2
import numpy as np
import pytest

from visavis.errors import VisavisError
from visavis.methods.face_attributes.windows import (
    best_window,
    grid_windows,
    integral,
    selective_search,
    window_scores,
)
from visavis.metrics.boxes import intersection_over_union


def some_map(height: int = 9, width: int = 13) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(height, width))


def blob(y: float, x: float, size: float, height: int = 60, width: int = 80) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width] + 0.5
    response: np.ndarray = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * size**2))
    return response


def test_integral_holds_the_sums_of_rectangles() -> None:
    response = some_map(4, 3)
    table = integral(response)
    assert table.shape == (5, 4)
    for row, column in np.ndindex(5, 4):
        assert table[row, column] == pytest.approx(response[:row, :column].sum())


def test_scores_of_whole_pixels_are_means() -> None:
    response = some_map()
    rng = np.random.default_rng(1)
    corners, sizes = rng.integers(0, 5, (50, 2)), rng.integers(1, 5, (50, 2))
    windows = np.hstack([corners, sizes])
    means = [response[y : y + h, x : x + w].mean() for x, y, w, h in windows]
    assert window_scores(response, windows.astype(float)) == pytest.approx(means)


def by_loop(response: np.ndarray, window: np.ndarray) -> float:
    """Every pixel by the area that it shares with the window."""
    x, y, w, h = window
    total = 0.0
    for row, column in np.ndindex(response.shape):
        across = max(0.0, min(x + w, column + 1) - max(x, column))
        down = max(0.0, min(y + h, row + 1) - max(y, row))
        total += response[row, column] * across * down
    return float(total / (w * h))


@pytest.mark.parametrize("frame", [None, (9.0, 13.0), (90.0, 65.0)])
def test_parts_of_pixels_count_by_their_area(frame: tuple[float, float] | None) -> None:
    response = some_map()
    windows = np.random.default_rng(2).uniform(-3, 11, (80, 4))  # some stick out
    windows[:, 2:] = np.abs(windows[:, 2:]) + 0.01
    scale = np.array([1.0, 1] if frame is None else [frame[1] / 13, frame[0] / 9])
    scores = window_scores(response, windows * np.tile(scale, 2), frame)
    assert scores == pytest.approx([by_loop(response, window) for window in windows])


def test_a_hot_pixel_does_not_win() -> None:
    windows = grid_windows(60, 80, [1, 2, 4, 8, 16, 24, 32], aspect=1.25, step=0.1)
    quiet = 0.3 + blob(30, 40, 8)
    hot = quiet.copy()
    hot[5, 70] = 30
    expected = best_window(quiet, windows).window
    assert expected[:2] + expected[2:] / 2 == pytest.approx([40, 30], abs=1.5)
    assert np.array_equal(best_window(hot, windows).window, expected)
    paper = best_window(hot, windows, least_share=0)
    assert paper.window[2] == 1
    assert paper.score > 20


def test_the_best_has_the_highest_mean_of_those_that_hold_enough() -> None:
    response = np.maximum(some_map(12, 16), 0) + 3 * blob(5, 8, 2, 12, 16)
    windows = grid_windows(12, 16, [1.5, 3, 5, 8], aspect=1.2, step=0.3)
    scores = []
    above = np.maximum(response - np.median(response), 0)
    for share in (0.0, 0.1, 0.5):
        found = best_window(response, windows, least_share=share)
        candidates = [
            by_loop(response, window)
            for window in windows
            if by_loop(above, window) * window[2] * window[3] >= share * above.sum()
        ]
        assert found.score == pytest.approx(max(candidates))
        assert found.score == pytest.approx(by_loop(response, found.window))
        scores.append(found.score)
    assert scores == sorted(set(scores), reverse=True)  # each share costs something


@pytest.mark.parametrize(("factor", "floor"), [(0.01, 0.0), (7.0, 0.0), (1.0, 5.0)])
def test_scale_and_floor_of_the_map_do_not_matter(factor: float, floor: float) -> None:
    response, windows = blob(20, 55, 6), grid_windows(60, 80, [8, 12, 16, 20], aspect=1.25, step=0.2)
    plain, other = best_window(response, windows), best_window(factor * response + floor, windows)
    assert np.array_equal(plain.window, other.window)
    assert other.score == pytest.approx(factor * plain.score + floor)


def test_the_frame_moves_the_window_and_not_the_score() -> None:
    response, windows = blob(20, 55, 6), grid_windows(60, 80, [8, 12, 16, 20], aspect=1.25, step=0.2)
    plain, large = best_window(response, windows), best_window(response, 4 * windows, (240, 320))
    assert large.window == pytest.approx(4 * plain.window)
    assert large.score == pytest.approx(plain.score)


def test_where_no_window_holds_enough_it_is_the_one_that_holds_most() -> None:
    response = blob(20, 55, 6)
    small = np.array([[10.0, 10, 3, 3], [54, 19, 3, 3], [50, 15, 2, 2]])
    assert np.array_equal(best_window(response, small).window, small[1])


def test_a_flat_map_gives_the_first_window() -> None:
    found = best_window(np.full((6, 6), 2.0), np.array([[1.0, 1, 2, 2], [0, 0, 3, 3]]))
    assert found.window.tolist() == [1, 1, 2, 2]
    assert found.score == pytest.approx(2)


def test_a_grid_reaches_every_border_in_steps_of_at_most_the_share() -> None:
    windows = grid_windows(100, 70, [20, 33.3, 90], aspect=1.5, step=0.25)
    assert sorted({w for _, _, w, _ in windows}) == [20, 33.3]  # 90 does not fit
    assert np.allclose(windows[:, 3], 1.5 * windows[:, 2])
    for size in (20, 33.3):
        of_size = windows[windows[:, 2] == size]
        for axis, (length, side) in enumerate([(70, size), (100, 1.5 * size)]):
            places = np.unique(of_size[:, axis])
            assert places[0] == 0
            assert places[-1] + side == pytest.approx(length)
            assert np.diff(places).max() <= 0.25 * side + 1e-9
        assert len(of_size) == len(np.unique(of_size[:, 0])) * len(np.unique(of_size[:, 1]))


def test_a_window_as_large_as_the_image_fits() -> None:
    assert grid_windows(30, 20, [20], aspect=1.5, step=0.5).tolist() == [[0, 0, 20, 30]]


def square_on_noise() -> np.ndarray:
    image = np.random.default_rng(0).integers(60, 90, (90, 120, 3)).astype(np.uint8)
    cv2.rectangle(image, (40, 20), (79, 69), (230, 180, 160), -1)
    return image


def test_selective_search_finds_what_stands_out_and_repeats_itself() -> None:
    image = square_on_noise()
    windows = selective_search(image)
    assert np.array_equal(windows, selective_search(image))  # OpenCV's own order is random
    assert intersection_over_union(windows, np.array([40.0, 20, 40, 50])).max() > 0.9
    areas = windows[:, 2:].prod(axis=1)
    assert (np.diff(areas) <= 0).all()
    assert len(np.unique(windows, axis=0)) == len(windows)
    assert np.array_equal(selective_search(image, at_most=3), windows[:3])


def test_errors() -> None:
    response, window = some_map(), np.array([[1.0, 1, 2, 2]])
    with pytest.raises(VisavisError, match="no window to choose from"):
        best_window(response, np.zeros((0, 4)))
    with pytest.raises(VisavisError, match="has no area"):
        window_scores(response, np.array([[1.0, 1, 0, 2]]))
    with pytest.raises(VisavisError, match="map is not finite"):
        window_scores(np.full((3, 3), np.nan), window)
    with pytest.raises(VisavisError, match="width of 30 or more fits into an image of 40 x 20"):
        grid_windows(20, 40, [30, 50], aspect=1.5, step=0.2)

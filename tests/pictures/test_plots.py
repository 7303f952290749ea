"""Bars and curves: what is drawn is as long, as high and as complete as the numbers say."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from visavis.pictures import bars, cmc_curve, curves, detection_curve, reliability_curve, signed_bars
from visavis.pictures.canvas import SERIES, Picture
from visavis.pictures.plot import FAINT

FIRST, SECOND = (np.rint(255 * np.array(to_rgb(colour))).astype(int) for colour in SERIES[:2])


def drawn(picture: Picture, colour: np.ndarray) -> np.ndarray:
    """(row, column) of every pixel of exactly that colour."""
    return np.argwhere((picture == colour).all(axis=2))


def test_bars_are_as_long_as_their_probabilities() -> None:
    values = np.array([1.0, 0.5, 0.25])
    picture = bars(["closed toe", "flat", "a longer name"], {"photo": values})
    pixels = drawn(picture, FIRST)
    rows = np.unique(pixels[:, 0])
    bands = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    lengths = [np.isin(pixels[:, 0], band[len(band) // 2]).sum() for band in bands]
    assert np.array(lengths) / lengths[0] == pytest.approx(values, abs=0.02)


def test_signed_bars_go_both_ways_from_zero() -> None:
    picture = signed_bars(["for", "a little", "against"], np.array([0.8, 0.2, -0.4]), x_label="added")
    red = np.rint(255 * np.array(to_rgb(SERIES[4]))).astype(int)
    for_it, against = drawn(picture, red), drawn(picture, FIRST)
    assert for_it[:, 1].min() > against[:, 1].max()
    assert for_it[:, 0].max() < against[:, 0].min()  # in the order of the names
    assert np.ptp(for_it[:, 1]) == pytest.approx(2 * np.ptp(against[:, 1]), rel=0.03)
    assert picture.shape[1] == 720


def test_two_series_stand_beside_each_other_in_two_colours() -> None:
    names = ["open toe", "flat"]
    both = bars(names, {"sketch": np.array([0.9, 0.1]), "photo": np.array([0.2, 0.8])}, title="Attributes")
    assert len(drawn(both, FIRST)) > 100
    assert len(drawn(both, SECOND)) > 100
    alone = bars(names, {"photo": np.array([0.2, 0.8])})
    assert len(drawn(alone, SECOND)) == 0
    assert both.shape[0] > alone.shape[0]
    assert both.shape[1] == alone.shape[1] == 720


def test_falling_loss_falls() -> None:
    steps = np.arange(100.0)
    picture = curves({"loss": (steps, 1 - steps / 100)}, x_label="iteration", y_label="loss", size=(300, 500))
    assert picture.shape == (300, 500, 3)
    pixels = drawn(picture, FIRST)
    slope = np.polyfit(pixels[:, 1], pixels[:, 0], 1)[0]
    assert slope > 0.3  # rows count downwards


def test_missing_values_are_bridged() -> None:
    holed = np.array([1.0, np.nan, 3.0])
    whole = curves({"m": (np.array([0.0, 2.0]), np.array([1.0, 3.0]))}, x_label="epoch", y_label="m")
    assert np.array_equal(curves({"m": (np.arange(3.0), holed)}, x_label="epoch", y_label="m"), whole)


def test_cmc_has_its_own_scale_and_chance() -> None:
    shares = np.array([0.5, 0.75, 1.0])
    low, high = (
        drawn(cmc_curve({"here": s}, gallery_size=10, title="t")[:, 500:], FIRST)
        for s in (shares / 2, shares)
    )
    assert high[:, 0].min() < low[:, 0].min() - 50  # the scale is 0 to 100 % whatever is drawn
    small, large = (cmc_curve({"here": shares}, gallery_size=n) for n in (4, 400))
    assert not np.array_equal(small, large)


def test_detection_steps_on_a_logarithmic_axis() -> None:
    rates, recall = np.array([0.0, 0.01, 0.01, 0.1]), np.array([0.2, 0.4, 0.6, 0.8])
    picture = detection_curve({"here": (rates, recall)}, marked=[0.01, 0.1], title="t")
    pixels = drawn(picture, FIRST)
    levels, counts = np.unique(pixels[:, 0], return_counts=True)
    flat = levels[counts > 50]  # the level parts of the line are two pixels thick
    heights = flat.max() - flat[np.append(True, np.diff(flat) > 2)]
    assert heights / heights.max() == pytest.approx([1, 2 / 3, 0], abs=0.02)  # 80, 60 and 20 %: 40 is passed
    lengths = [np.ptp(pixels[pixels[:, 0] == row, 1]) for row in flat[np.append(True, np.diff(flat) > 2)]]
    assert lengths[0] == pytest.approx(lengths[1], abs=3)  # 0.1 to 1 is as far as 0.01 to 0.1
    assert lengths[2] == pytest.approx(np.log10(2) * lengths[0], abs=6)  # from half the smallest rate on


def test_detection_has_a_scale_of_its_own_and_marks_rates() -> None:
    rates, recall = np.array([0.0, 0.01]), np.array([0.5, 1.0])
    low, high = (
        drawn(detection_curve({"here": (rates, share)}), FIRST)[:, 0].min() for share in (recall / 2, recall)
    )
    assert high < low - 50  # up to 100 % whatever is drawn
    plain, marked = (detection_curve({"here": (rates, recall)}, marked=at) for at in ([], [0.1]))
    columns = np.unique(np.argwhere((plain != marked).any(axis=2))[:, 1])
    assert 0 < len(columns) <= 3


def test_reliable_confidence_lies_on_the_diagonal_and_counts_are_bars() -> None:
    predicted, counts = np.array([0.55, 0.65, 0.75, 0.85, 0.95]), np.array([10, 20, 40, 10, 20])
    picture, other = (
        reliability_curve({"here": (predicted, observed, counts)})
        for observed in (predicted, predicted - 0.1)
    )
    faint = np.rint(255 * np.array(to_rgb(FAINT))).astype(int)
    assert len(drawn(picture, faint)) < len(drawn(other, faint)) - 50  # the line covers the diagonal
    fill = np.rint(255 - 0.3 * (255 - FIRST))
    bars = np.argwhere(np.abs(picture[300:] - fill).max(axis=2) < 3)  # below the line
    columns = np.unique(bars[:, 1])
    bands = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    heights = [np.ptp(bars[bars[:, 1] == band[len(band) // 3], 0]) for band in bands]
    assert np.array(heights) / heights[2] == pytest.approx(counts / 40, abs=0.04)


def test_shares_below_a_half_are_on_the_picture() -> None:
    predicted, counts = np.array([0.55, 0.95]), np.array([9, 9])
    low, high = (
        reliability_curve({"here": (predicted, observed, counts)})
        for observed in (predicted, predicted - 0.5)
    )
    assert len(drawn(high[40:], FIRST)) == pytest.approx(len(drawn(low[40:], FIRST)), rel=0.2)


def test_the_same_numbers_give_the_same_pixels() -> None:
    first, second = (bars(["a"], {"p": np.array([0.3])}, title="t") for _ in range(2))
    assert np.array_equal(first, second)

"""Density peaks against a plain double loop; two blobs are two, a merged one is one, whichever way up."""

from itertools import product

import numpy as np
import pytest

from visavis.errors import VisavisError
from visavis.methods.face_attributes.density_peaks import density_peaks


def blob(y: float, x: float, size: float) -> np.ndarray:
    rows, columns = np.mgrid[:24, :32]
    response: np.ndarray = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * size**2))
    return response


TWO = blob(9, 8, 3) + 0.8 * blob(13.2, 22.3, 3.5)
MERGED = blob(11, 14, 4) + 0.8 * blob(12.2, 18.3, 4)


def by_loop(
    response: np.ndarray, least_response: float, least_distance: float
) -> tuple[dict[tuple[int, int], float], np.ndarray]:
    """d of each peak by its place, and the place that each position follows up to its peak."""
    height, width = response.shape
    places = list(product(range(height), range(width)))
    span = response.max() - response.min()
    extremes: dict[tuple[int, int], float] = {}
    follows: dict[tuple[int, int], tuple[int, int]] = {}
    for i in places:
        nearest: tuple[int, int] | None = None
        distance = np.inf
        for j in places:
            stronger = response[j] > response[i] or (response[j] == response[i] and j < i)
            apart = np.hypot(i[0] - j[0], i[1] - j[1])
            if stronger and (apart < distance or (apart == distance and response[j] > response[nearest])):
                nearest, distance = j, apart
        sigma = 1.0 if nearest is None else distance / np.hypot(height, width)
        rho = (response[i] - response.min()) / span
        if nearest is None or (rho >= least_response and sigma >= least_distance):
            extremes[i] = np.hypot(rho, sigma)
        else:
            follows[i] = nearest
    owners = np.zeros((height, width, 2), int)
    for i in places:
        peak = i
        while peak in follows:
            peak = follows[peak]
        owners[i] = peak
    return extremes, owners


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("least_response", "least_distance"), [(0.5, 0.2), (0.2, 0.15), (0.0, 0.05)])
def test_a_plain_loop_says_the_same(seed: int, least_response: float, least_distance: float) -> None:
    rng = np.random.default_rng(seed)
    response = rng.integers(0, 9, (7, 9)) / 4 if seed % 2 else rng.random((9, 6))  # with ties and without
    found = density_peaks(response, least_response=least_response, least_distance=least_distance)
    extremes, owners = by_loop(response, least_response, least_distance)
    assert {tuple(place): d for place, d in zip(found.places.tolist(), found.extremes, strict=True)} == (
        pytest.approx(extremes)
    )
    assert (np.diff(found.extremes) <= 0).all()
    assert np.array_equal(found.places[found.owners], owners)


def test_two_blobs_are_two_and_divide_the_map() -> None:
    peaks = density_peaks(TWO)
    assert peaks.places.tolist() == [[9, 8], [13, 22]]
    assert peaks.extremes[0] == pytest.approx(np.sqrt(2))
    assert (peaks.owners[5:14, 4:13] == 0).all()
    assert (peaks.owners[9:18, 18:27] == 1).all()


def test_a_merged_blob_is_one() -> None:
    peaks = density_peaks(MERGED)
    assert len(peaks.places) == 1
    assert (peaks.owners == 0).all()


def test_noise_makes_no_peaks() -> None:
    noise = 0.1 * np.random.default_rng(0).random(TWO.shape)
    assert len(density_peaks(TWO + noise).places) == 2
    assert len(density_peaks(MERGED + noise).places) == 1


@pytest.mark.parametrize(("factor", "floor"), [(1e-3, 0.0), (40.0, 0.0), (1.0, -3.0)])
def test_the_scale_of_the_values_does_not_matter(factor: float, floor: float) -> None:
    plain, other = density_peaks(TWO), density_peaks(factor * TWO + floor)
    assert np.array_equal(plain.places, other.places)
    assert plain.extremes == pytest.approx(other.extremes)
    assert np.array_equal(plain.owners, other.owners)


@pytest.mark.parametrize("axis", [0, 1])
def test_flips_flip(axis: int) -> None:
    response = TWO + 0.1 * np.random.default_rng(1).random(TWO.shape)  # no equal values
    plain, flipped = density_peaks(response), density_peaks(np.flip(response, axis))
    expected = plain.places.copy()
    expected[:, axis] = response.shape[axis] - 1 - expected[:, axis]
    assert np.array_equal(flipped.places, expected)
    assert np.array_equal(np.flip(flipped.owners, axis), plain.owners)


def test_equal_blobs_are_two_and_a_plateau_is_one() -> None:
    mirrored = blob(12, 6, 3)
    mirrored = mirrored + mirrored[:, ::-1]
    assert {tuple(place) for place in density_peaks(mirrored).places.tolist()} == {(12, 6), (12, 25)}
    plateau = np.minimum(blob(12, 16, 5), 0.4)
    assert len(density_peaks(plateau).places) == 1
    assert len(density_peaks(np.ones((4, 5))).places) == 1


def test_errors() -> None:
    with pytest.raises(VisavisError, match="map is not finite"):
        density_peaks(np.array([[1.0, np.inf]]))

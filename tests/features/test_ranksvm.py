import numpy as np
import pytest
from scipy.optimize import minimize

from visavis.features.ranksvm import RankSVM


@pytest.fixture
def differences() -> np.ndarray:
    rng = np.random.default_rng(4)
    return rng.normal([0.8, -0.4, 0], size=(60, 3))


def test_minimises_the_squared_hinge(differences: np.ndarray) -> None:
    def objective(w: np.ndarray) -> float:
        return float(w @ w / 2 + 0.7 * (np.maximum(0, 1 - differences @ w) ** 2).sum())

    found = RankSVM(C=0.7).fit(differences, np.zeros_like(differences)).weights_
    np.testing.assert_allclose(found, minimize(objective, np.zeros(3)).x, atol=2e-3)


def test_an_offset_of_both_sides_changes_nothing(differences: np.ndarray) -> None:
    plain = RankSVM().fit(differences, np.zeros_like(differences)).weights_
    shifted = RankSVM().fit(differences + 9, np.full_like(differences, 9)).weights_
    np.testing.assert_allclose(shifted, plain, atol=1e-3)


def test_recovers_a_linear_order() -> None:
    rng = np.random.default_rng(6)
    features, truth = rng.normal(size=(80, 5)), np.array([2.0, -1, 0, 0.5, 3])
    value = features @ truth
    first, second = rng.integers(0, 80, (2, 300))
    higher, lower = np.where(value[first] > value[second], [first, second], [second, first])
    unseen = rng.normal(size=(200, 2, 5))
    machine = RankSVM(C=10).fit(features[higher], features[lower])
    agree = np.sign(np.diff(machine.score(unseen), axis=1)) == np.sign(np.diff(unseen @ truth, axis=1))
    assert agree.mean() > 0.95

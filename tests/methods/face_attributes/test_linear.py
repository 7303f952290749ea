"""One classifier an attribute: those of scikit-learn, on what is known and what is chosen."""

from functools import partial

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from visavis.methods.face_attributes.linear import fit_linear

MAKE = partial(LogisticRegression, C=0.5)


@pytest.fixture
def features() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(40, 5))


@pytest.fixture
def tags(features: np.ndarray) -> np.ndarray:
    """The second is unknown of the first ten images."""
    tags: np.ndarray = (features[:, :2] + features[:, 2:4] > 0).astype(float)
    tags[:10, 1] = np.nan
    return tags


def test_each_attribute_has_its_classifier_of_the_known_images(
    features: np.ndarray, tags: np.ndarray
) -> None:
    linear = fit_linear(MAKE, features, tags)
    for number, rows in enumerate((slice(0, None), slice(10, None))):
        one = MAKE().fit(features[rows], tags[rows, number])
        np.testing.assert_allclose(linear.weights[number], one.coef_[0])
        np.testing.assert_allclose(linear.scores(features)[:, number], one.decision_function(features))


def test_what_is_not_chosen_has_no_weight(features: np.ndarray, tags: np.ndarray) -> None:
    linear = fit_linear(MAKE, features, tags, [np.array([3, 0]), np.array([1])])
    assert (linear.weights != 0).tolist() == [[True, False, False, True, False], [False, True, *[False] * 3]]
    one = MAKE().fit(features[:, [3, 0]], tags[:, 0])
    np.testing.assert_allclose(linear.weights[0, [3, 0]], one.coef_[0])


def test_what_all_or_none_have_is_the_same_everywhere(features: np.ndarray) -> None:
    tags = np.array([1.0, 0.0, np.nan]) * np.ones((40, 1))
    tags[0, 0] = np.nan
    assert (fit_linear(MAKE, features, tags).scores(features) == [1, -1, -1]).all()

import numpy as np
import pytest

from visavis.features.words import VisualWords


@pytest.fixture
def descriptors() -> np.ndarray:
    """Two images of four descriptors, near two clearly separate centres; one descriptor is empty."""
    first, second = np.array([1.0, 0]), np.array([0.0, 1])
    rows = np.array([[first, first, first, second], [second, second, first, 0 * first]])
    return rows * np.random.default_rng(0).uniform(0.95, 1.05, rows.shape)


def test_counts_words_and_leaves_out_empty_paper(descriptors: np.ndarray) -> None:
    shares = VisualWords(2).fit(descriptors).transform(descriptors)
    order = shares[0].argmax(), shares[0].argmin()
    np.testing.assert_allclose(shares[0, order], [3 / 4, 1 / 4])
    np.testing.assert_allclose(shares[1, order], [1 / 3, 2 / 3])


def test_the_order_of_descriptors_does_not_matter(descriptors: np.ndarray) -> None:
    words = VisualWords(2).fit(descriptors)
    np.testing.assert_array_equal(words.transform(descriptors[:, ::-1]), words.transform(descriptors))


def test_an_empty_image_is_zero(descriptors: np.ndarray) -> None:
    assert not VisualWords(2).fit(descriptors).transform(np.zeros((1, 4, 2))).any()

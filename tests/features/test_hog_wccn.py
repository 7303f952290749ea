import cv2
import numpy as np
import pytest
from safetensors.torch import load, save

from visavis.features.hog_wccn import HogWccn, page_hog, unit
from visavis.metrics.ranking import accuracy_at_k, ranks

PAGE, CELL = 144, 24
TRUTH = np.arange(60)
RNG = np.random.default_rng(8)


def draw(points: np.ndarray, stray: bool) -> np.ndarray:
    page = np.full((PAGE, PAGE), 255, dtype=np.uint8)
    cv2.polylines(page, [points.round().astype(np.int32)], True, 0, 2, cv2.LINE_AA)
    if stray:  # which sketches have and photos have not
        for height, slant in zip((35, 75, 115), RNG.integers(-20, 20, 3).tolist(), strict=True):
            cv2.line(page, (10, height + slant), (130, height - slant), 0, 3, cv2.LINE_AA)
    return page


@pytest.fixture(scope="module")
def pages() -> tuple[np.ndarray, np.ndarray]:
    """Sketches and photos of 120 random pentagons; each sketch is drawn shakily, with stray lines."""
    shapes = RNG.uniform(15, 130, (120, 5, 2))
    sketches = np.stack([draw(shape + RNG.normal(0, 6, shape.shape), stray=True) for shape in shapes])
    return sketches, np.stack([draw(shape, stray=False) for shape in shapes])


@pytest.fixture(scope="module")
def learner(pages: tuple[np.ndarray, np.ndarray]) -> HogWccn:
    sketches, photos = pages
    return HogWccn(CELL, dimension=40).fit(sketches[:60], photos[:60], TRUTH)


def test_finds_unseen_items_better_than_hog_does(
    learner: HogWccn, pages: tuple[np.ndarray, np.ndarray]
) -> None:
    sketches, photos = (part[60:] for part in pages)
    before = -unit(page_hog(sketches, CELL)) @ unit(page_hog(photos, CELL)).T
    after = -learner.embed_sketches(sketches) @ learner.embed_photos(photos).T
    gained = accuracy_at_k(ranks(after, TRUTH), 1) - accuracy_at_k(ranks(before, TRUTH), 1)
    assert gained > 0.4


def test_vectors_are_of_unit_length(learner: HogWccn, pages: tuple[np.ndarray, np.ndarray]) -> None:
    for vectors in (learner.embed_sketches(pages[0]), learner.embed_photos(pages[1])):
        assert vectors.shape == (120, learner.dimension)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_photos_vector_does_not_depend_on_the_rest_of_the_gallery(
    learner: HogWccn, pages: tuple[np.ndarray, np.ndarray]
) -> None:
    whole, part = learner.embed_photos(pages[1]), learner.embed_photos(pages[1][90:95])
    np.testing.assert_allclose(part, whole[90:95], atol=1e-5)


def test_weights_survive_a_file(learner: HogWccn, pages: tuple[np.ndarray, np.ndarray]) -> None:
    again = HogWccn.from_weights(load(save(learner.weights())), learner.cell)
    np.testing.assert_array_equal(again.embed_sketches(pages[0]), learner.embed_sketches(pages[0]))
    np.testing.assert_array_equal(again.embed_photos(pages[1]), learner.embed_photos(pages[1]))

import cv2
import numpy as np
import pytest
from safetensors.numpy import load, save

from visavis.features.hog_wccn import PAGE, HogWccn, page_hog
from visavis.metrics.ranking import accuracy_at_k, ranks

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
    return HogWccn(dimension=40, hubness=0.25, crowd=7).fit(sketches[:60], photos[:60], TRUTH)


def test_finds_unseen_items_better_than_hog_does(
    learner: HogWccn, pages: tuple[np.ndarray, np.ndarray]
) -> None:
    sketches, photos = (part[60:] for part in pages)
    raw = [
        page_hog(part) / np.linalg.norm(page_hog(part), axis=1, keepdims=True) for part in (sketches, photos)
    ]
    before, after = -raw[0] @ raw[1].T, learner.distances(sketches, photos)
    gained = accuracy_at_k(ranks(after, TRUTH), 1) - accuracy_at_k(ranks(before, TRUTH), 1)
    assert gained > 0.4


def test_similarity_is_the_cosine_less_the_photos_popularity(
    learner: HogWccn, pages: tuple[np.ndarray, np.ndarray]
) -> None:
    sketches, photos = pages
    vectors = learner.wccn.transform_queries(page_hog(sketches[:60]))
    photo = learner.wccn.transform_gallery(page_hog(photos[70:71]))[0]
    cosines = [vector @ photo / np.linalg.norm(vector) / np.linalg.norm(photo) for vector in vectors]
    expected = cosines[3] - 0.25 * np.mean(sorted(cosines)[-7:])
    assert -learner.distances(sketches[3:4], photos[70:71]).item() == pytest.approx(expected, abs=1e-5)


def test_a_photos_distances_do_not_depend_on_the_rest_of_the_gallery(
    learner: HogWccn, pages: tuple[np.ndarray, np.ndarray]
) -> None:
    sketches, photos = pages
    whole, part = learner.distances(sketches, photos), learner.distances(sketches, photos[90:95])
    np.testing.assert_allclose(part, whole[:, 90:95], atol=1e-5)


def test_state_survives_a_file(learner: HogWccn, pages: tuple[np.ndarray, np.ndarray]) -> None:
    content = save(learner.state())
    assert len(content) < 4 * (900 * (40 + 2) + 60 * 40) + 1000
    again = HogWccn.from_state(load(content))
    np.testing.assert_array_equal(again.distances(*pages), learner.distances(*pages))

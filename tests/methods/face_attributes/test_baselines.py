"""What linear learners read of aligned faces, and how they choose."""

from pathlib import Path

import numpy as np
import pytest

from visavis import images
from visavis.methods.face_attributes.baselines import (
    LEARNERS,
    PART_SIDE,
    PARTS,
    Faces,
    Learner,
    face_parts,
    learn,
    part_frames,
)
from visavis.metrics.tags import balanced_accuracy
from visavis.metrics.thresholds import best_thresholds


@pytest.mark.parametrize("times", [1, 2])
def test_parts_are_where_celeba_has_them(tmp_path: Path, times: int) -> None:
    """At its own size and at another: a mark at each part is in the middle of its square."""
    photo = np.zeros((218, 178, 3), np.uint8)
    for x, y in PARTS.values():
        photo[y - 1 : y + 2, x - 1 : x + 2] = 255
    images.save(tmp_path / "face.png", np.kron(photo, np.ones((times, times, 1), np.uint8)))
    frames = part_frames(str(tmp_path / "face.png"))
    assert len(frames) == len(PARTS) == 5
    places = np.arange(PART_SIDE)
    for frame in frames:
        near = frame[12:-12, 12:-12, 0].astype(float)  # other parts' marks may be in a square too
        middle = [(near.sum(axis=axis) * places[12:-12]).sum() / near.sum() for axis in (0, 1)]
        assert middle == pytest.approx([(PART_SIDE - 1) / 2] * 2, abs=0.1)


def test_features_of_parts_stand_one_behind_the_other(tmp_path: Path) -> None:
    """Where one eye changes, nothing but its part of the vector does."""
    rng = np.random.default_rng(0)
    face = rng.integers(0, 256, (218, 178, 3), dtype=np.uint8)
    changed = face.copy()
    x, y = PARTS["left eye"]
    changed[y - 20 : y + 10, x - 27 : x - 10] = 0  # in no other square
    for name, photo in (("a", face), ("b", changed)):
        images.save(tmp_path / f"{name}.png", photo)
    a, b = face_parts([str(tmp_path / "a.png"), str(tmp_path / "b.png")]).reshape(2, len(PARTS), -1)
    moved = [not np.allclose(one, other) for one, other in zip(a, b, strict=True)]
    assert moved == [True, False, False, False, False]


def test_c_is_chosen_on_validation() -> None:
    """With more features than images a large C learns them by heart."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=60)

    def faces(count: int) -> Faces:
        features = rng.normal(size=(count, 60))
        return Faces(features, (features @ truth + 8 * rng.normal(size=count) > 0)[:, None].astype(float))

    train, validation, test = faces(50), faces(400), faces(30)
    make = LEARNERS["logistic regression"].make
    penalties = (0.01, 1.0, 10000.0)
    single = [learn(Learner(make, (one,)), train, validation, test.features) for one in penalties]
    reached = [
        balanced_accuracy(
            one.validation, validation.tags, best_thresholds(one.validation, validation.tags)
        ).value
        for one in single
    ]
    assert len(set(reached)) == 3
    chosen = learn(Learner(make, penalties), train, validation, test.features)
    best = int(np.argmax(reached))
    assert chosen.penalty == pytest.approx(penalties[best] / 60)
    np.testing.assert_array_equal(chosen.test, single[best].test)


def test_units_of_features_do_not_matter() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(90, 4))
    tags = (features[:, :2] > 0).astype(float)
    scores = [
        learn(
            LEARNERS["SVM"],
            Faces(scale * features[:50] + 3, tags[:50]),
            Faces(scale * features[50:70] + 3, tags[50:70]),
            scale * features[70:] + 3,
        ).test
        for scale in (np.ones(4), np.array([1.0, 10, 100, 0.1]))
    ]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-3)

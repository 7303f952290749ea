from collections import Counter

import numpy as np
import pytest

from visavis.errors import VisavisError
from visavis.mining import TripletSampler, ordered_pairs

# Anchor 5 judged photos 0, 3, 4; anchor 2 judged 1 and 6. Rows are not grouped by anchor.
ANCHOR = np.array([5, 2, 5, 5])
POSITIVE = np.array([0, 6, 3, 0])
NEGATIVE = np.array([3, 1, 4, 4])
VOTES = np.array([3, 2, 3, 1])
VOTES_OF = np.array([3, 3, 3, 1])
CANDIDATES = {5: {0, 3, 4}, 2: {1, 6}}


def sampler(hard_ratio: float, n_photos: int = 8) -> TripletSampler:
    return TripletSampler(
        ANCHOR, POSITIVE, NEGATIVE, n_photos=n_photos, votes=VOTES, votes_of=VOTES_OF, hard_ratio=hard_ratio
    )


def shares(anchor: int, hard_ratio: float, n: int = 30_000) -> dict[tuple[int, int], float]:
    drawn = sampler(hard_ratio).draw(np.full(n, anchor), np.random.default_rng(0))
    return {
        pair: count / n for pair, count in Counter(zip(*map(np.ndarray.tolist, drawn), strict=True)).items()
    }


def test_comparisons_are_drawn_uniformly() -> None:
    expected = {(0, 3): 1 / 3, (3, 4): 1 / 3, (0, 4): 1 / 3}
    assert shares(5, hard_ratio=1.0) == pytest.approx(expected, abs=0.01)


def test_the_order_follows_the_votes() -> None:
    assert shares(2, hard_ratio=1.0) == pytest.approx({(6, 1): 2 / 3, (1, 6): 1 / 3}, abs=0.01)


@pytest.mark.parametrize("anchor", [2, 5])
def test_replaced_negatives_are_uniform_outside_the_candidates(anchor: int) -> None:
    outside = set(range(8)) - CANDIDATES[anchor]
    by_negative: Counter[int] = Counter()
    for (_, negative), share in shares(anchor, hard_ratio=0.0).items():
        by_negative[negative] += share  # type: ignore[assignment]
    assert dict(by_negative) == pytest.approx({photo: 1 / len(outside) for photo in outside}, abs=0.01)


def test_hard_ratio_is_the_share_of_compared_negatives() -> None:
    compared = sum(share for (_, negative), share in shares(5, 0.75).items() if negative in CANDIDATES[5])
    assert compared == pytest.approx(0.75, abs=0.01)


def test_anchors_are_drawn_in_the_order_asked_for() -> None:
    anchors = np.array([2, 5, 5, 2, 5, 2] * 20)
    positive, _ = sampler(hard_ratio=0.75).draw(anchors, np.random.default_rng(1))
    assert all(photo in CANDIDATES[anchor] for anchor, photo in zip(anchors, positive.tolist(), strict=True))
    assert sampler(hard_ratio=0.75).anchors.tolist() == [2, 5]


def test_a_seed_repeats_its_draws() -> None:
    anchors = np.array([2, 5] * 20)
    first, again, other = (
        np.stack(sampler(hard_ratio=0.5).draw(anchors, np.random.default_rng(seed))) for seed in (3, 3, 4)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_generated_comparisons_are_unanimous() -> None:
    candidates = np.array([[4, 2, 7], [1, 0, 3]])
    made = TripletSampler(*ordered_pairs(candidates), n_photos=8, hard_ratio=1.0)
    positive, negative = made.draw(np.repeat([0, 1], 50), np.random.default_rng(0))
    allowed = [{(4, 2), (4, 7), (2, 7)}, {(1, 0), (1, 3), (0, 3)}]
    drawn = list(zip(positive.tolist(), negative.tolist(), strict=True))
    assert [set(drawn[:50]), set(drawn[50:])] == allowed


@pytest.mark.parametrize("anchor", [0, 3, 9])
def test_an_anchor_without_comparisons_is_refused(anchor: int) -> None:
    with pytest.raises(VisavisError, match=f"Anchor {anchor} has no comparison to draw; leave it out"):
        sampler(hard_ratio=1.0).draw(np.array([5, anchor]), np.random.default_rng(0))


def test_candidates_must_leave_a_photo_to_replace_by() -> None:
    candidates = np.array([[0, 1, 2]])
    message = "All 3 photos are candidates of anchor 0, which leaves no other negative; keep fewer candidates"
    with pytest.raises(VisavisError, match=message):
        TripletSampler(*ordered_pairs(candidates), n_photos=3)
    TripletSampler(*ordered_pairs(candidates), n_photos=3, hard_ratio=1.0)

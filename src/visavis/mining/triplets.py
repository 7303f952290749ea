"""Drawing training triplets from comparisons: annotated by people, or generated from attributes."""

import numpy as np
from jaxtyping import Int

from visavis.errors import VisavisError


class TripletSampler:
    """Draws one (positive, negative) per anchor as Yu et al., CVPR 2016 do.

    A comparison of the anchor is drawn uniformly and taken in its printed order with probability
    votes / votes_of, else reversed, so that draws follow the single annotators. With probability
    1 - hard_ratio the negative is then replaced by a photo drawn from outside the anchor's candidates,
    which are the photos of its comparisons.

    Args:
        anchor, positive, negative: (T,) indices; anchor t was judged closer to positive t than to negative t.
        n_photos: replacements are drawn from the photos 0 .. n_photos - 1.
        votes, votes_of: (T,) votes for the printed order and votes in all; by default all are unanimous.
        hard_ratio: probability of keeping the compared negative.

    Raises:
        VisavisError: an anchor's candidates leave no photo to replace a negative by.
    """

    def __init__(
        self,
        anchor: Int[np.ndarray, " T"],
        positive: Int[np.ndarray, " T"],
        negative: Int[np.ndarray, " T"],
        *,
        n_photos: int,
        votes: Int[np.ndarray, " T"] | int = 1,
        votes_of: Int[np.ndarray, " T"] | int = 1,
        hard_ratio: float = 0.75,
    ) -> None:
        by_anchor = np.argsort(anchor, kind="stable")
        self.anchors, self._starts, self._counts = np.unique(
            anchor[by_anchor], return_index=True, return_counts=True
        )
        self._positive, self._negative = positive[by_anchor], negative[by_anchor]
        self._printed = np.broadcast_to(np.divide(votes, votes_of), anchor.shape)[by_anchor]
        self._hard_ratio = hard_ratio
        candidates = [
            np.unique([self._positive[start : start + count], self._negative[start : start + count]])
            for start, count in zip(self._starts, self._counts, strict=True)
        ]
        n_candidates = np.array([len(row) for row in candidates])
        if hard_ratio < 1 and (n_candidates >= n_photos).any():
            crowded = n_candidates.argmax()
            raise VisavisError(
                f"All {n_photos} photos are candidates of anchor {self.anchors[crowded]}, which leaves no "
                "other negative; keep fewer candidates or set hard_ratio to 1."
            )
        self._n_outside = n_photos - n_candidates
        self._gaps = np.full((len(candidates), n_candidates.max()), n_photos)
        for gaps, row in zip(self._gaps, candidates, strict=True):
            gaps[: len(row)] = row - np.arange(len(row))

    def draw(
        self, anchors: Int[np.ndarray, " B"], rng: np.random.Generator
    ) -> tuple[Int[np.ndarray, " B"], Int[np.ndarray, " B"]]:
        """Positives (B,) and negatives (B,), one triplet for each of `anchors` (B,).

        Raises:
            VisavisError: an anchor has no comparison.
        """
        at = np.searchsorted(self.anchors, anchors).clip(max=len(self.anchors) - 1)
        missing = anchors[self.anchors[at] != anchors]
        if missing.size:
            raise VisavisError(f"Anchor {missing[0]} has no comparison to draw; leave it out of the anchors.")
        rows = self._starts[at] + rng.integers(self._counts[at])
        printed = rng.random(len(at)) < self._printed[rows]
        positive = np.where(printed, self._positive[rows], self._negative[rows])
        negative = np.where(printed, self._negative[rows], self._positive[rows])
        easy = np.flatnonzero(rng.random(len(at)) >= self._hard_ratio)
        negative[easy] = self._outside(at[easy], rng)
        return positive, negative

    def _outside(self, at: Int[np.ndarray, " E"], rng: np.random.Generator) -> Int[np.ndarray, " E"]:
        """Photos outside the candidates, uniformly: the k-th of them is k + the candidates before it.

        Candidate j of the sorted row c has c_j - j non-candidates before it, which is what `_gaps` holds.
        """
        k = rng.integers(self._n_outside[at])
        photo: np.ndarray = k + (self._gaps[at] <= k[:, None]).sum(axis=1)
        return photo

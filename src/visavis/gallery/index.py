"""Exact search in memory: disposable, rebuilt from the store whenever the store has moved on."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from jaxtyping import Float, Int

from visavis.metrics.scores import multi_task_score

SCORES_AT_ONCE = 2**24  # bounds the float64 scores of a large batch of queries to 128 MiB


@dataclass(frozen=True)
class Hit:
    """One answer: `score` is a distance (lower = closer), `rank` counts from 1."""

    id: str
    path: str
    label: str | None
    score: float
    rank: int


@dataclass(frozen=True)
class ExactIndex:
    """All rows of a gallery, in the order of their ids, so that a stable sort breaks ties by id.

    `probabilities` is None where the model predicts no attributes; `attribute_weight` then has no effect.
    """

    items: pl.DataFrame
    embeddings: Float[np.ndarray, "N D"]
    probabilities: Float[np.ndarray, "N K"] | None
    attribute_weight: float

    def search(
        self, embedding: Float[np.ndarray, "Q D"], probabilities: Float[np.ndarray, "Q K"] | None, k: int
    ) -> list[list[Hit]]:
        """The k closest rows of each query under the score R_s of Song et al. (BMVC 2016)."""
        if self.items.is_empty():
            return [[] for _ in embedding]
        step = max(1, SCORES_AT_ONCE // len(self.items))
        return [
            self._hits(scores, k)
            for start in range(0, len(embedding), step)
            for scores in multi_task_score(
                embedding[start : start + step],
                self.embeddings,
                None if probabilities is None else probabilities[start : start + step],
                self.probabilities,
                self.attribute_weight,
            )
        ]

    def _hits(self, scores: Float[np.ndarray, " N"], k: int) -> list[Hit]:
        rows = closest(scores, k)
        found = self.items[rows].select("id", "path", "label", score=pl.Series(scores[rows]))
        return [Hit(**row, rank=rank) for rank, row in enumerate(found.iter_rows(named=True), start=1)]


def closest(scores: Float[np.ndarray, " N"], k: int) -> Int[np.ndarray, " k"]:
    """Positions of the k lowest scores (N of them where N < k), lowest first, equal scores by position."""
    kth = min(k, len(scores)) - 1
    within = np.flatnonzero(scores <= np.partition(scores, kth)[kth])
    return within[np.argsort(scores[within], kind="stable")][:k]

"""Bags of visual words: images as histograms over clustered descriptors (Sivic, Zisserman, ICCV 2003)."""

from typing import Self

import numpy as np
from jaxtyping import Float
from sklearn.cluster import MiniBatchKMeans


class VisualWords:
    """Histograms of the nearest of `count` words; descriptors that are zero (empty paper) do not vote.

    Args:
        count: K, size of the vocabulary.
        seed: of the clustering.
    """

    def __init__(self, count: int = 500, seed: int = 0) -> None:
        self.count = count
        self._clusters = MiniBatchKMeans(count, n_init=1, batch_size=4096, random_state=seed)

    def fit(self, descriptors: Float[np.ndarray, "N M D"]) -> Self:
        """Cluster the descriptors of N images, M each."""
        self._clusters.fit(descriptors[descriptors.any(axis=-1)])
        return self

    def transform(self, descriptors: Float[np.ndarray, "N M D"]) -> Float[np.ndarray, "N K"]:
        """Share of each word per image; rows sum to 1, or are 0 for an image without any descriptor."""
        present = descriptors.any(axis=-1).ravel()
        words = self._clusters.predict(descriptors.reshape(present.size, -1))
        image_of = np.arange(present.size) // descriptors.shape[1]
        cells = len(descriptors) * self.count
        votes = np.bincount(image_of * self.count + words, weights=present, minlength=cells)
        histograms = votes.reshape(len(descriptors), self.count)
        shares: np.ndarray = histograms / histograms.sum(axis=1, keepdims=True).clip(min=1)
        return shares

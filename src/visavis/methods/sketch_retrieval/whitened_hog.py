"""Whitened HOG as a second embedding, fused with the learned one.

HOG of sketch and photo page, whitened by the scatter of (sketch - photo) over the training pairs (WCCN). It
needs no iteration and errs differently from the network. Both unit vectors are put together as one,
[sqrt(1 - w) f ; sqrt(w) h], whose squared distance is the weighted mean of the two: a fused model is
scored, stored and searched like any other.
"""

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from visavis.features.hog import hog
from visavis.features.wccn import WCCN

CELL = 16  # px of a 112 px page: 7 x 7 cells
RIDGE = 4.0
DIMENSION = 128
PREFIX = "hog."  # of its arrays among a bundle's weights


class WhitenedHog:
    """Unit vectors of pages; sketches and photos are centred apart."""

    def __init__(self, wccn: WCCN) -> None:
        self.wccn = wccn

    @classmethod
    def fit(
        cls,
        sketches: UInt8[Tensor, "S 1 H W"],
        photos: UInt8[Tensor, "P 1 H W"],
        truth: Int[np.ndarray, " S"],
    ) -> "WhitenedHog":
        """Learn from training pairs; `truth` is the photo row of each sketch."""
        return cls(WCCN(RIDGE, min(DIMENSION, len(photos))).fit(_hog(sketches), _hog(photos), truth))

    def embed(self, pages: UInt8[Tensor, "N 1 H W"], *, sketches: bool) -> Float[np.ndarray, "N K"]:
        """Unit vectors of sketches or of photos."""
        transform = self.wccn.transform_queries if sketches else self.wccn.transform_gallery
        vectors = transform(_hog(pages))
        unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
        return unit

    @property
    def dimension(self) -> int:
        """K, dimension of the vectors."""
        return int(self.wccn.projection_.shape[1])

    def weights(self) -> dict[str, Tensor]:
        """Its arrays, to be stored with the network's."""
        wccn = self.wccn
        arrays = {
            "query_mean": wccn.query_mean_,
            "gallery_mean": wccn.gallery_mean_,
            "projection": wccn.projection_,
        }
        return {PREFIX + name: torch.from_numpy(array) for name, array in arrays.items()}

    @classmethod
    def from_weights(cls, weights: dict[str, Tensor]) -> "WhitenedHog":
        """Built again from what `weights` gave."""
        wccn = WCCN()
        wccn.query_mean_ = weights[PREFIX + "query_mean"].numpy()
        wccn.gallery_mean_ = weights[PREFIX + "gallery_mean"].numpy()
        wccn.projection_ = weights[PREFIX + "projection"].numpy()
        return cls(wccn)


def fuse(
    learned: Float[np.ndarray, "N D"], whitened: Float[np.ndarray, "N K"], weight: float
) -> Float[np.ndarray, "N D+K"]:
    """One unit vector of two, `weight` being the share of the second."""
    return np.concatenate([np.sqrt(1 - weight) * learned, np.sqrt(weight) * whitened], axis=1)


def _hog(pages: UInt8[Tensor, "N 1 H W"]) -> Float[np.ndarray, "N F"]:
    parts = [hog(1 - part.float() / 255, cell=CELL, norm="l1-sqrt") for part in torch.split(pages, 256)]
    return torch.cat(parts).numpy()

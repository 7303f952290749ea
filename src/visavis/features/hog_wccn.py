"""HOG + WCCN: sketches against line drawings of photos by linear learning alone, in seconds.

Coarse histograms of gradients tell a photo's drawing from another's but also tell sketches from photos and
careful hands from hasty ones; WCCN takes out the second.
"""

from typing import Self

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, UInt8
from torch import Tensor

from visavis.features.hog import hog
from visavis.features.wccn import WCCN

BATCH = 256
Pages = UInt8[np.ndarray, "_ H W"]


def page_hog(pages: Pages, cell: int) -> Float32[np.ndarray, "N D"]:
    """HOG of pages that `visavis.features.pages.read_pages` made."""
    batches = torch.split(torch.from_numpy(pages)[:, None], BATCH)
    return torch.cat([ink_hog(batch / 255, cell) for batch in batches]).numpy()


def ink_hog(pages: Float[Tensor, "B 1 H W"], cell: int) -> Float[Tensor, "B D"]:
    """HOG of the ink of pages with values in 0..1, white = 1."""
    return hog(1 - pages, cell=cell, norm="l1-sqrt")


class HogWccn:
    """Learns from matching pages; gives unit vectors, sketches and photos centred apart.

    Args:
        cell: side of HOG's cells in pixels; a sixth or a seventh of the page, so coarse because sketches are
            never exact.
        ridge: of WCCN, in mean variances of the differences between sketch and photo.
        dimension: K, kept by WCCN.
    """

    def __init__(self, cell: int, ridge: float = 4.0, dimension: int = 128) -> None:
        self.cell, self.wccn = cell, WCCN(ridge, dimension)

    @property
    def dimension(self) -> int:
        """K, dimension of the vectors once it has learned."""
        return int(self.wccn.projection_.shape[1])

    def fit(self, sketches: Pages, photos: Pages, truth: Int[np.ndarray, " T"]) -> Self:
        """Learn from T sketches and their photos' drawings; `truth` is the photo row of each sketch."""
        self.wccn.fit(page_hog(sketches, self.cell), page_hog(photos, self.cell), truth)
        return self

    def embed_sketches(self, pages: Pages) -> Float32[np.ndarray, "N K"]:
        """Unit vectors of sketches."""
        return unit(self.wccn.transform_queries(page_hog(pages, self.cell)))

    def embed_photos(self, pages: Pages) -> Float32[np.ndarray, "N K"]:
        """Unit vectors of photos' drawings."""
        return unit(self.wccn.transform_gallery(page_hog(pages, self.cell)))

    def weights(self) -> dict[str, Tensor]:
        """What was learned, to be stored with a network's weights."""
        wccn = self.wccn
        arrays = (wccn.query_mean_, wccn.gallery_mean_, wccn.projection_)
        return {
            name: torch.from_numpy(np.ascontiguousarray(array))
            for name, array in zip(WEIGHTS, arrays, strict=True)
        }

    @classmethod
    def from_weights(cls, weights: dict[str, Tensor], cell: int) -> Self:
        """The learner whose `weights` these are, ready to embed."""
        learner = cls(cell)
        arrays = [weights[name].numpy() for name in WEIGHTS]
        learner.wccn.query_mean_, learner.wccn.gallery_mean_, learner.wccn.projection_ = arrays
        return learner


WEIGHTS = ("hog.query_mean", "hog.gallery_mean", "hog.projection")


def unit(vectors: Float32[np.ndarray, "N K"]) -> Float32[np.ndarray, "N K"]:
    """Rows scaled to Euclidean length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: np.ndarray = vectors / lengths.clip(min=1e-12)
    return result

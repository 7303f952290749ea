"""HOG + WCCN: sketches against line drawings of photos by linear learning alone, in seconds.

Coarse histograms of gradients tell a photo's drawing from another's but also tell sketches from photos and
careful hands from hasty ones; WCCN takes out the second. Some photos are near to every sketch; their mean
similarity to the nearest training sketches, learned beforehand, is held against them (the one-sided form of
CSLS, A. Conneau et al., ICLR 2018).
"""

from typing import Self

import numpy as np
import torch
from jaxtyping import Float32, Int, UInt8

from visavis.features.hog import hog
from visavis.features.wccn import WCCN

PAGE = 144  # px, side of the pages
CELL = 24  # px; so coarse because sketches are never exact
_BATCH = 256
Pages = UInt8[np.ndarray, "_ 144 144"]  # any number of them


def page_hog(pages: Pages, cell: int = CELL) -> Float32[np.ndarray, "N D"]:
    """HOG of pages that `visavis.features.pages.read_pages` made with side `PAGE`."""
    batches = torch.split(torch.from_numpy(pages)[:, None], _BATCH)
    features: np.ndarray = torch.cat(
        [hog(batch / 255, cell=cell, norm="l1-sqrt") for batch in batches]
    ).numpy()
    return features


class HogWccn:
    """Learns from matching pages and gives vectors whose inner product is the similarity.

    similarity(s, p) = cos(s, p) - hubness * mean of the `crowd` largest cos(t, p) over training sketches t,
    after HOG and WCCN. The second term is a coordinate of the photo's vector, 1 in every sketch's.

    Args:
        ridge: of WCCN, in mean variances of the differences between sketch and photo.
        dimension: K, kept by WCCN.
        hubness: weight of the photo's popularity.
        crowd: number of training sketches that make the popularity.
    """

    sketches_: Float32[np.ndarray, "T K"]

    def __init__(
        self, ridge: float = 4.0, dimension: int = 128, hubness: float = 0.3, crowd: int = 30
    ) -> None:
        self.wccn = WCCN(ridge, dimension)
        self.hubness, self.crowd = hubness, crowd

    def fit(self, sketches: Pages, photos: Pages, truth: Int[np.ndarray, " T"]) -> Self:
        """Learn from T sketches and their photos' drawings; `truth` is the photo row of each sketch."""
        features = page_hog(sketches)
        self.wccn.fit(features, page_hog(photos), truth)
        self.sketches_ = _unit(self.wccn.transform_queries(features))
        return self

    def embed_sketches(self, pages: Pages) -> Float32[np.ndarray, "N E"]:
        """Vectors of sketches, E = K + 1: K coordinates of unit length, then 1."""
        vectors = _unit(self.wccn.transform_queries(page_hog(pages)))
        return np.column_stack([vectors, np.ones_like(vectors[:, 0])])

    def embed_photos(self, pages: Pages) -> Float32[np.ndarray, "N E"]:
        """Vectors of photos' drawings: K coordinates of unit length, then -hubness * popularity."""
        vectors = _unit(self.wccn.transform_gallery(page_hog(pages)))
        popularity = np.sort(vectors @ self.sketches_.T, axis=1)[:, -self.crowd :].mean(axis=1)
        return np.column_stack([vectors, -self.hubness * popularity])

    def distances(self, sketches: Pages, photos: Pages) -> Float32[np.ndarray, "Q N"]:
        """Negative similarity of every sketch to every photo's drawing."""
        similarities: np.ndarray = self.embed_sketches(sketches) @ self.embed_photos(photos).T
        return -similarities

    def state(self) -> dict[str, Float32[np.ndarray, "..."]]:
        """All that was set and learned, as arrays for safetensors."""
        settings = np.array([self.hubness, self.crowd], dtype=np.float32)
        return {
            "settings": settings,
            "sketch_mean": self.wccn.query_mean_,
            "photo_mean": self.wccn.gallery_mean_,
            "projection": np.ascontiguousarray(self.wccn.projection_),
            "sketches": self.sketches_,
        }

    @classmethod
    def from_state(cls, state: dict[str, Float32[np.ndarray, "..."]]) -> Self:
        """The learner whose `state` this is, ready to embed."""
        hubness, crowd = state["settings"].tolist()
        model = cls(hubness=hubness, crowd=int(crowd))
        model.wccn.query_mean_, model.wccn.gallery_mean_ = state["sketch_mean"], state["photo_mean"]
        model.wccn.projection_, model.sketches_ = state["projection"], state["sketches"]
        return model


def _unit(vectors: Float32[np.ndarray, "N K"]) -> Float32[np.ndarray, "N K"]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: np.ndarray = vectors / lengths.clip(min=1e-12)
    return unit

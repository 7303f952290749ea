"""A ranker of sketches as two networks, one for sketches and one for photos, for use without visavis.

They are two because the sides may differ: photos may have a tower or a learned stem of their own, and
whitened HOG is centred for each side apart.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.export.graph import Graph, Output
from visavis.features import preparation
from visavis.features.hog_wccn import ink_hog
from visavis.features.preparation import Preparation
from visavis.methods.sketch_retrieval.data import load_pages
from visavis.methods.sketch_retrieval.retriever import SketchRetriever
from visavis.training.augment import middle

EXAMPLES = "rendered-shoes-3"
COLOURS = 3  # of photos where a stem is learned
LOGITS = "Of the attributes, in the order of labels; their sigmoid is the probability that one is there."


class SideEncoder(nn.Module):
    """What `SketchRetriever.encode` does with the pages of sketches, or with those of photos."""

    mean: Tensor
    projection: Tensor

    def __init__(self, retriever: SketchRetriever, sketches: bool) -> None:
        super().__init__()
        self.model, self.photos = retriever.scorer.model, not sketches
        self.learned_stem = retriever.reads_colour and self.photos
        self.hog_wccn, self.weight = retriever.scorer.hog_wccn, retriever.scorer.hog_weight
        if self.hog_wccn is not None:
            wccn = self.hog_wccn.wccn
            mean = wccn.query_mean_ if sketches else wccn.gallery_mean_
            self.register_buffer("mean", torch.from_numpy(mean))
            self.register_buffer("projection", torch.from_numpy(wccn.projection_))

    def forward(self, pages: Float[Tensor, "B C H W"]) -> tuple[Tensor, ...]:
        """Embeddings (B, D), and attribute logits (B, K) where the model has attributes."""
        seen = middle(pages, self.model.side)
        encoding = self.model(self.model.page_of(seen) if self.learned_stem else seen, photos=self.photos)
        embedding = self._fused(encoding.embedding, pages)
        return (embedding, encoding.logits) if self.model.describe.out_features else (embedding,)

    def _fused(self, learned: Float[Tensor, "B d"], pages: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D"]:
        """`visavis.methods.sketch_retrieval.scoring.fuse`, on tensors."""
        if self.hog_wccn is None:
            return learned
        gradients = ink_hog(pages, self.hog_wccn.cell)
        whitened = F.normalize((gradients - self.mean) @ self.projection, dim=1)
        return torch.cat([math.sqrt(1 - self.weight) * learned, math.sqrt(self.weight) * whitened], dim=1)


def graphs(bundle: Bundle) -> tuple[Graph, ...]:
    """The network of sketches and that of photos."""
    retriever = SketchRetriever(bundle)
    page = retriever.page
    drawing, edges = preparation.drawing(page), preparation.edges_of_photo(page)
    of_photos = (preparation.photo_page(page),) if retriever.reads_colour else (edges, drawing)
    return _graph(retriever, "sketches", (drawing,)), _graph(retriever, "photos", of_photos)


def _graph(retriever: SketchRetriever, side: str, read: tuple[Preparation, ...]) -> Graph:
    sketches = side == "sketches"
    network, labels = SideEncoder(retriever, sketches).eval(), retriever.bundle.config.labels
    colours = COLOURS if network.learned_stem else 1
    embedding = Output("embedding", ("B", retriever.dimension), embedding_meaning(bool(labels)))
    logits = Output("logits", ("B", len(labels)), LOGITS)

    def examples() -> Tensor:
        items = open_dataset(EXAMPLES).select(domain="sketch" if sketches else "photo").items
        return load_pages(items, retriever.page, rgb=network.learned_stem) / 255

    shape = ("B", colours, retriever.page, retriever.page)
    return Graph(side, network, side, shape, read, (embedding, logits) if labels else (embedding,), examples)


def embedding_meaning(has_attributes: bool) -> str:
    """What an embedding is for: how photos are ranked for a sketch."""
    meaning = "Of unit length. Photos are ranked for a sketch by the Euclidean distance D of the embeddings"
    if not has_attributes:
        return f"{meaning}, the lowest first."
    return (
        f"{meaning} plus calibration['attribute_weight'] times H, the lowest first: with p and q the "
        "sigmoids of the logits of sketch and photo, those of the photo cut at 1e-7 and 1 - 1e-7, H is the "
        "mean over attributes of -(p log q + (1 - p) log(1 - q))."
    )

"""From pages to scores R_s = D + lambda_a H, in one way for validation, protocol, index and search."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from visavis.features.hog_wccn import HogWccn
from visavis.methods.sketch_retrieval.model import AttributeRanker, Encoding
from visavis.metrics.scores import multi_task_score
from visavis.training.augment import centre_crop, ten_views

BATCH = 64
COLOUR = 3  # channels


@dataclass(frozen=True)
class Encoded:
    """Embeddings (N, D) and attribute probabilities (N, K) of N pages."""

    embeddings: Float[np.ndarray, "N D"]
    probabilities: Float[np.ndarray, "N K"]


class Scorer:
    """Scores sketches against photos with a trained network.

    Args:
        model: the network, in evaluation mode.
        attribute_weight: lambda_a of R_s; 0 leaves the plain distance.
        hog_wccn: to be fused with the learned embedding; None: the network alone.
        hog_weight: share of `hog_wccn` in the fused embedding.
    """

    def __init__(
        self,
        model: AttributeRanker,
        attribute_weight: float,
        hog_wccn: HogWccn | None = None,
        hog_weight: float = 0.0,
    ) -> None:
        self.model, self.attribute_weight = model, attribute_weight
        self.hog_wccn, self.hog_weight = hog_wccn, hog_weight

    @property
    def dimension(self) -> int:
        """D, dimension of the embeddings."""
        learned = self.model.embed.out_features
        return learned if self.hog_wccn is None else learned + self.hog_wccn.dimension

    def encode(self, pages: UInt8[Tensor, "N C H W"], *, sketches: bool) -> Encoded:
        """Encode pages (0..255) of sketches or of photos; three channels go through the photo stem."""
        return self._fused(self._encode(centre_crop(pages, self.model.side), sketches), pages, sketches)

    def scores(
        self, queries: UInt8[Tensor, "Q 1 H W"], gallery: UInt8[Tensor, "N C H W"]
    ) -> Float[np.ndarray, "Q N"]:
        """R_s of every query against every photo, one view each."""
        return self.compare(self.encode(queries, sketches=True), self.encode(gallery, sketches=False))

    def ten_view_scores(
        self, queries: UInt8[Tensor, "Q 1 H W"], gallery: UInt8[Tensor, "N C H W"]
    ) -> Float[np.ndarray, "Q N"]:
        """Mean of R_s crop to crop over ten views, as the authors' released test does."""
        views = [
            [
                self._fused(self._encode(view.float() / 255, sketches), pages, sketches)
                for view in ten_views(pages, self.model.side)
            ]
            for pages, sketches in ((queries, True), (gallery, False))
        ]
        scores = np.stack([self.compare(query, photo) for query, photo in zip(*views, strict=True)])
        mean: np.ndarray = scores.mean(axis=0)
        return mean

    def compare(self, queries: Encoded, gallery: Encoded) -> Float[np.ndarray, "Q N"]:
        """R_s of encoded queries against an encoded gallery."""
        return multi_task_score(
            queries.embeddings,
            gallery.embeddings,
            queries.probabilities,
            gallery.probabilities,
            attribute_weight=self.attribute_weight,
        )

    def _fused(self, encoded: Encoded, pages: UInt8[Tensor, "N C H W"], sketches: bool) -> Encoded:
        if self.hog_wccn is None:
            return encoded
        embed = self.hog_wccn.embed_sketches if sketches else self.hog_wccn.embed_photos
        whitened = embed(pages[:, 0].numpy())
        return Encoded(fuse(encoded.embeddings, whitened, self.hog_weight), encoded.probabilities)

    @torch.no_grad()
    def _encode(self, pages: Float[Tensor, "N C h w"], sketches: bool) -> Encoded:
        device = next(self.model.parameters()).device
        embeddings, probabilities = [], []
        for part in torch.split(pages, BATCH):
            batch = part.to(device)
            grey = self.model.page_of(batch) if batch.shape[1] == COLOUR else batch
            encoding: Encoding = self.model(grey, photos=not sketches)
            embeddings.append(encoding.embedding.float().cpu())
            probabilities.append(encoding.logits.float().sigmoid().cpu())
        return Encoded(torch.cat(embeddings).numpy(), torch.cat(probabilities).numpy())


def fuse(
    learned: Float[np.ndarray, "N D"], whitened: Float[np.ndarray, "N K"], weight: float
) -> Float[np.ndarray, "N D+K"]:
    """[sqrt(1 - w) f ; sqrt(w) h], one unit vector of two, `weight` being the share of the second.

    Its squared distance is the weighted mean of the two squared distances, so a fused model is scored, stored
    and searched like any other.
    """
    return np.concatenate([np.sqrt(1 - weight) * learned, np.sqrt(weight) * whitened], axis=1)

"""The three-branch attribute-driven ranker.

J. Song, Y.-Z. Song, T. Xiang, T. Hospedales, X. Ruan, "Deep Multi-task Attribute-driven Ranking for
Fine-grained Sketch-based Image Retrieval", BMVC 2016. Sketch, positive and negative photo share all weights:
a convolutional backbone and one fully connected layer, then an embedding head (main task) and an
attribute head (side tasks). The branches are one network on one stacked batch.
"""

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from visavis.nets.sketch_a_net import SketchANet, initialise_caffe
from visavis.nets.trunk import Trunk


class Encoding(NamedTuple):
    """Unit-length embeddings and attribute logits of one batch."""

    embedding: Float[Tensor, "B D"]
    logits: Float[Tensor, "B K"]


class PhotoStem(nn.Module):
    """Turns an RGB photo into a page of learned lines that the shared backbone reads like a drawing."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, width, 5, padding=2),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 1, 3, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, photos: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 1 H W"]:
        page: Tensor = self.layers(photos)
        return page


class AttributeRanker(nn.Module):
    """Shared trunk, embedding head, attribute head.

    Args:
        backbone: name for `visavis.nets.backbones.build_backbone`.
        attributes: K, number of attributes; 0 leaves an empty head.
        embedding: D, dimension of the embedding.
        hidden: width of the shared fully connected layer; 0 = none.
        dropout: share of the trunk's units dropped while training.
        photo_stem: learn the photo branch's page from RGB instead of reading edge maps.
        two_towers: give the photos a network of their own that shares nothing (F. Wang, L. Kang, Y. Li,
            "Sketch-based 3D Shape Retrieval Using Convolutional Neural Networks", CVPR 2015).
    """

    def __init__(
        self,
        backbone: str,
        attributes: int,
        embedding: int = 256,
        hidden: int = 512,
        dropout: float = 0.0,
        photo_stem: bool = False,
        two_towers: bool = False,
    ) -> None:
        super().__init__()
        self.photo_tower = (
            AttributeRanker(backbone, attributes, embedding, hidden, dropout) if two_towers else None
        )
        self.trunk = Trunk(backbone, hidden, dropout)
        self.stem = PhotoStem() if photo_stem else None
        self.embed = nn.Linear(self.trunk.width, embedding)
        self.describe = nn.Linear(self.trunk.width, attributes)
        if isinstance(self.trunk.backbone, SketchANet):
            initialise_caffe(self.embed)
            initialise_caffe(self.describe)

    @property
    def side(self) -> int:
        """Side in pixels of the square page that the backbone reads."""
        return self.trunk.side

    def page_of(self, photos: Float[Tensor, "B C H W"]) -> Float[Tensor, "B 1 H W"]:
        """The photo branch's page: the learned stem on RGB, or the given edge map itself."""
        return photos if self.stem is None else self.stem(photos)

    def forward(self, pages: Float[Tensor, "B 1 H W"], photos: bool = False) -> Encoding:
        """Encode grey pages with values in 0..1, white = 1; which side they are of matters to two towers."""
        if photos and self.photo_tower is not None:
            encoding: Encoding = self.photo_tower(pages)
            return encoding
        shared = self.trunk(pages)
        return Encoding(F.normalize(self.embed(shared), dim=1), self.describe(shared))

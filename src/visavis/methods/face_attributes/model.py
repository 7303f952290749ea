"""LNet finds the face, ANet reads its attributes.

Z. Liu, P. Luo, X. Wang, X. Tang, "Deep Learning Face Attributes in the Wild", ICCV 2015. The paper's
response map is the mean of C5 over its channels, at one size of the photo. Here a photo is seen in several
sizes, and its tags are read where the response is high, so that learning them teaches where to look, and at
which size.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from visavis.nets.backbones import build_backbone
from visavis.nets.trunk import Trunk


class Tagged(NamedTuple):
    """What a localiser says of photos: logits of their tags, and of there being a face at all."""

    tags: Float[Tensor, "B K"]
    presence: Float[Tensor, " B"]


class Localiser(nn.Module):
    """LNet with its output layer of tags, over a pyramid of sizes.

    With C5 at place p of the pyramid as f_p and M_p, the mean over its channels, as the response:

        tags = W sum_p a_p f_p + b,   a = softmax over all places of all sizes of (k M)
        presence = g (log mean_p exp(k M_p) / k - m)

    with k, g and m learned. One size and a uniform a are the global average that class activation maps use.

    Args:
        backbone: of any size of photo, for `visavis.nets.backbones.build_backbone`.
        attributes: K.
        largest, step, levels: sizes at which a photo is seen: `largest` times its own, and each of the
            others 2 ** `step` times smaller than the one before.
        sharpness: k at the start.
        dropout: share of the features dropped while training.
    """

    def __init__(
        self,
        backbone: str,
        attributes: int,
        largest: float = 1.0,
        step: float = 0.25,
        levels: int = 9,
        sharpness: float = 8.0,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.scales = [largest * 2 ** (-step * level) for level in range(levels)]
        self.backbone = build_backbone(backbone)
        self.tags = nn.Linear(self.backbone.channels, attributes)
        self.dropout = nn.Dropout(dropout)
        self.log_sharpness = nn.Parameter(torch.tensor(math.log(sharpness)))
        self.gain, self.zero = nn.Parameter(torch.tensor(4.0)), nn.Parameter(torch.tensor(0.5))

    def maps(
        self, photos: Float[Tensor, "B 3 H W"], scales: Sequence[float] | None = None
    ) -> list[Float[Tensor, "B C _ _"]]:
        """C5 of photos, values in 0..1, at every size, the largest first; other `scales` than its own too."""
        return [self.backbone(self._resized(photos, scale)) for scale in scales or self.scales]

    def responses(
        self, photos: Float[Tensor, "B 3 H W"], scales: Sequence[float] | None = None
    ) -> list[Float[Tensor, "B _ _"]]:
        """The response maps: the mean of C5 over its channels, at every size."""
        return [maps.float().mean(dim=1) for maps in self.maps(photos, scales)]

    def forward(self, photos: Float[Tensor, "B 3 H W"]) -> Tagged:
        """Tags and presence of photos with values in 0..1."""
        return self.tagged(self.maps(photos))

    def tagged(self, maps: list[Float[Tensor, "B C _ _"]]) -> Tagged:
        """Tags and presence of photos, from their C5 at every size."""
        features = torch.cat([rearrange(one, "b c h w -> b c (h w)") for one in maps], dim=2)
        response = features.float().mean(dim=1)
        sharpness = self.log_sharpness.exp()
        attention = (sharpness * response).softmax(dim=1)
        attended = torch.einsum("b c p, b p -> b c", features.float(), attention)
        highest = torch.logsumexp(sharpness * response, dim=1) - math.log(response.shape[1])
        return Tagged(self.tags(self.dropout(attended)), self.gain * (highest / sharpness - self.zero))

    @staticmethod
    def _resized(photos: Tensor, scale: float) -> Tensor:
        if scale != 1:
            size = [seen_side(side, scale) for side in photos.shape[-2:]]
            photos = F.interpolate(photos, size, mode="bilinear", antialias=scale < 1, align_corners=False)
        return photos.contiguous(memory_format=torch.channels_last)


def seen_side(side: int, scale: float) -> int:
    """Pixels of a side of a photo that is seen at a scale."""
    return int(scale * side)


class Reader(nn.Module):
    """ANet with its output layer: a backbone, a fully connected layer, and the logits of K attributes."""

    def __init__(
        self,
        backbone: str,
        attributes: int,
        hidden: int = 256,
        dropout: float = 0.0,
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        self.trunk = Trunk(backbone, hidden, dropout, batch_norm)
        self.attributes = nn.Linear(self.trunk.width, attributes)

    def forward(self, faces: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B K"]:
        """Logits of faces with values in 0..1."""
        logits: Tensor = self.attributes(self.trunk(faces))
        return logits


class FaceAttributes(nn.Module):
    """The parts of the system that there are: LNet_o, which sees the whole photo, LNet_s, which sees the
    window of LNet_o, and ANet.

    Args:
        outer, inner: arguments of `Localiser`; None leaves it out.
        reader: arguments of `Reader`; None leaves it out.
    """

    def __init__(
        self,
        outer: dict[str, Any] | None = None,
        inner: dict[str, Any] | None = None,
        reader: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.outer = None if outer is None else Localiser(**outer)
        self.inner = None if inner is None else Localiser(**inner)
        self.reader = None if reader is None else Reader(**reader)

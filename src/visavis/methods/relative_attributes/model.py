"""The ranker of relative attributes that finds its own region.

K. K. Singh, Y. J. Lee, "End-to-End Localization and Ranking for Relative Attributes", ECCV 2016. A localiser
looks at the whole photo and places a box, a ranker looks into the box ("STN only") or into the box and at the
whole photo ("combined") and says how strong the attribute is. The paper trains one network an attribute; here
K attributes may share both backbones, each with a box and a score of its own.
"""

from typing import Literal, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from visavis.nets.backbones import build_backbone
from visavis.nets.head import Head
from visavis.nets.spatial_transformer import Localiser, ScaleForm, Shape, crop

Region = Literal["localised", "fixed", "whole"]


class Judgement(NamedTuple):
    """Scores (higher = more), and the boxes (s_y, s_x, t_y, t_x) in which they were read."""

    scores: Float[Tensor, "B K"]
    boxes: Float[Tensor, "B K R 4"]


class RegionRanker(nn.Module):
    """Localiser and ranker.

    Args:
        backbone: name for `visavis.nets.backbones.build_backbone`, of both backbones.
        attributes: K.
        region: where the ranker looks: the localiser's boxes, fixed boxes that training does not move, or
            nowhere but at the whole photo. Boxes start at `initial_scale` in the middle.
        combined: also look at the whole photo, with the same weights.
        initial_scale, ratio, shape, scale_form, regions, keep_inside: of the localiser.
        crop_side: pixels of a side of the crops; None: as many as the backbone reads.
        zoom: crops are taken of photos so many times larger than the backbone reads, so that a box shows
            what the whole photo does not; the paper's are of the same photo.
        dropout: share of the ranker's features dropped while training.

    What lies outside of a photo is of the colour that the backbone takes for no signal. Where the backbone
    comes with fully connected layers, the ranker reads through them, the localiser does not.
    """

    neutral: Tensor
    fixed: Tensor

    def __init__(
        self,
        backbone: str,
        attributes: int,
        region: Region = "localised",
        combined: bool = True,
        initial_scale: float = 0.33,
        ratio: float = 0.05,
        shape: Shape = "square",
        scale_form: ScaleForm = "linear",
        regions: int = 1,
        keep_inside: bool = True,
        crop_side: int | None = None,
        zoom: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.frozen_statistics = False
        self.region, self.combined = region, combined and region != "whole"
        self.attributes, self.zoom = attributes, zoom
        self.regions = regions if region == "localised" else 1
        self.reader = build_backbone(backbone)
        self.crop_side = self.reader.side if crop_side is None or region == "whole" else crop_side
        self.finder = build_backbone(backbone) if region == "localised" else None
        self.localiser = None
        if region == "localised":
            self.localiser = Localiser(
                self.reader.channels,
                self.reader.map_side,
                attributes,
                regions=regions,
                initial_scale=initial_scale,
                ratio=ratio,
                shape=shape,
                scale_form=scale_form,
                keep_inside=keep_inside,
            )
        elif region == "fixed":
            middle = torch.tensor([initial_scale, initial_scale, 0, 0])
            self.register_buffer("fixed", middle.repeat(attributes, 1, 1))
        self.head = Head(self.reader, dropout)
        of_photo = self.head.width(self.reader.map_side)
        of_crop = self.head.width(self.crop_side * self.reader.map_side // self.reader.side)
        self.score = nn.Linear(self.regions * of_crop + self.combined * of_photo, attributes)
        if self.reader.hidden:  # as the authors' release starts behind fc7
            nn.init.xavier_uniform_(self.score.weight)
            nn.init.zeros_(self.score.bias)
        neutral = torch.tensor(self.reader.neutral).view(3, 1, 1)
        self.register_buffer("neutral", neutral, persistent=False)
        # On CPUs convolutions are half again as fast so. torch's overloads leave this argument out.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def side(self) -> int:
        """Side in pixels of the photos."""
        return self.zoom * self.reader.side

    def start_at(self, boxes: Float[Tensor, "K R 4"]) -> None:
        """Put the boxes of all photos at these places: where a localiser starts, or fixed boxes stay."""
        if self.localiser is not None:
            self.localiser.start_at(boxes)
        elif self.region == "fixed":
            self.fixed.copy_(boxes)

    def train(self, mode: bool = True) -> "RegionRanker":
        """Set the mode. Crops and whole photos are batches apart, but are judged by one set of statistics.

        So where these are frozen, batch normalisation stays as in evaluation.
        """
        super().train(mode)
        if self.frozen_statistics:
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self

    def boxes(self, photos: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B K R 4"]:
        """The boxes of every attribute in every photo."""
        if self.finder is None or self.localiser is None:
            whole = photos.new_tensor([1, 1, 0, 0])
            boxes = self.fixed if self.region == "fixed" else whole.expand(self.attributes, 1, 4)
            return boxes.expand(photos.shape[0], *boxes.shape)  # len() would fix B in an export
        found: Tensor = self.localiser(self.finder(self._reduced(photos)))
        return found

    def forward(
        self, photos: Float[Tensor, "B 3 H W"], attribute: Int[Tensor, " B"] | None = None
    ) -> Judgement:
        """Judge photos with values in 0..1, by one attribute each, or by all of them (None)."""
        boxes = self.boxes(photos)
        whole = self._read(self._reduced(photos)) if self.combined else None
        if attribute is not None:
            rows = torch.arange(len(photos), device=photos.device)
            chosen = boxes[rows, attribute]
            scores = self._scores(photos, chosen, whole)[rows, attribute]
            return Judgement(scores[:, None], chosen[:, None])
        columns = [self._scores(photos, boxes[:, k], whole)[:, k] for k in range(self.attributes)]
        return Judgement(torch.stack(columns, dim=1), boxes)

    def _scores(
        self, photos: Float[Tensor, "B 3 H W"], boxes: Float[Tensor, "B R 4"], whole: Tensor | None
    ) -> Float[Tensor, "B K"]:
        """Scores of all attributes read in one set of boxes a photo; the caller takes that of the boxes'."""
        if self.region == "whole":
            features = [self._read(self._reduced(photos))]
        else:
            features = [self.look(photos, box) for box in boxes.unbind(1)]
        scores: Tensor = self.score(torch.cat(features if whole is None else [*features, whole], dim=1))
        return scores

    def look(self, photos: Float[Tensor, "B 3 H W"], boxes: Float[Tensor, "B 4"]) -> Float[Tensor, "B F"]:
        """What the ranker reads in one box of each photo."""
        return self._read(crop(photos - self.neutral, boxes, self.crop_side) + self.neutral)

    def _reduced(self, photos: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 h w"]:
        """Photos as the backbone reads them whole."""
        return F.avg_pool2d(photos, self.zoom) if self.zoom > 1 else photos

    def _read(self, photos: Float[Tensor, "B 3 h w"]) -> Float[Tensor, "B F"]:
        features: Tensor = self.head(self.reader(photos))
        return features

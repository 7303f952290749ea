"""Backbones by name: our own, and optional doors to pre-trained ones."""

from importlib import import_module

import torch
from jaxtyping import Float
from torch import Tensor

from visavis.errors import VisavisError
from visavis.nets.alexnet import AlexNet, CaffeNet
from visavis.nets.anet import ANet
from visavis.nets.backbone import IMAGENET_DEVIATION, IMAGENET_MEAN, Backbone
from visavis.nets.colour import ColourNet
from visavis.nets.lnet import LNet
from visavis.nets.sketch_a_net import SketchANet
from visavis.nets.small import SmallNet

OWN: dict[str, type[Backbone]] = {
    "small": SmallNet,
    "sketch-a-net": SketchANet,
    "colour": ColourNet,
    "lnet": LNet,
    "anet": ANet,
    "caffenet": CaffeNet,
    "alexnet": AlexNet,
}


def build_backbone(name: str) -> Backbone:
    """Build a backbone by name.

    `small` and `sketch-a-net` read grey pages, `colour`, `caffenet` and `alexnet` photos, `anet` photos of
    faces that are all cropped alike; `timm:NAME` is a pre-trained network of the timm package.

    Raises:
        VisavisError: the name is unknown, or the door's package is not installed.
    """
    if name in OWN:
        return OWN[name]()
    if name.startswith("timm:"):
        return TimmBackbone(name.removeprefix("timm:"))
    raise VisavisError(f"backbone '{name}' is unknown; use one of {', '.join(OWN)} or timm:NAME")


class TimmBackbone(Backbone):
    """A network of the timm package with ImageNet weights, fed photos, or grey pages as RGB, normalised."""

    side = 224
    neutral = IMAGENET_MEAN
    mean: Tensor
    std: Tensor

    def __init__(self, name: str) -> None:
        super().__init__()
        try:
            timm = import_module("timm")
        except (ImportError, RuntimeError) as error:
            raise VisavisError(
                f"backbone timm:{name} needs a working timm ({error}); pip install timm"
            ) from error
        self.net = timm.create_model(name, pretrained=True, features_only=True, out_indices=(-1,))
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_DEVIATION).view(1, 3, 1, 1), persistent=False)
        self.net.eval()  # looking must not change the statistics of a batch normalisation
        with torch.no_grad():
            features = self.forward(torch.ones(1, 1, self.side, self.side))
        self.net.train()
        self.channels, self.map_side = features.shape[1], features.shape[2]

    def forward(self, pages: Float[Tensor, "B c H W"]) -> Float[Tensor, "B C h w"]:
        """Encode grey pages, white = 1, or photos in colour, with values in 0..1."""
        features: Tensor = self.net((pages - self.mean) / self.std)[-1]
        return features

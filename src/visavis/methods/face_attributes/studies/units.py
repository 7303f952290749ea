"""What the units of ANet give for faces, layer by layer."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float, UInt8
from sklearn.decomposition import PCA
from torch import Tensor, nn

from visavis.errors import VisavisError
from visavis.methods.face_attributes.baselines import whole_faces
from visavis.nets.anet import ANet
from visavis.nets.trunk import Trunk
from visavis.training.augment import centre_crop

BATCH = 64
C3, C4, FC = "C3", "C4", "fully connected"
COMPONENTS = 256  # as many as the fully connected layer has units


class Parts(NamedTuple):
    """A row for each face of the three parts: what units give, or tags."""

    train: Float[np.ndarray, "_ columns"]
    validation: Float[np.ndarray, "_ columns"]
    test: Float[np.ndarray, "_ columns"]


def anet_units(trunk: Trunk, parts: Sequence[UInt8[Tensor, "_ 3 page page"]]) -> dict[str, Parts]:
    """What the units of each layer give for the faces of three parts, standardised by those of the first.

    A unit of C3 or C4 is a filter of a bank, which has a cell of the face to itself; it gives the mean over
    the places of its cell. A trunk without a fully connected layer has only these.

    Raises:
        VisavisError: the backbone is not ANet.
    """
    if not isinstance(trunk.backbone, ANet):
        raise VisavisError("the layers that are compared are ANet's; give a reader with backbone anet")
    of_parts = [_of_faces(trunk, trunk.backbone, pages) for pages in parts]
    return {layer: standardised([one[layer] for one in of_parts]) for layer in of_parts[0]}


@torch.no_grad()
def regions(trunk: Trunk, unit: int, pages: UInt8[Tensor, "N 3 page page"]) -> Float[np.ndarray, "N h w"]:
    """What each place of C4 adds to a unit of the fully connected layer, before its ReLU.

    With what the unit gives where C4 is 0 they sum to it: the layer is linear, and so is its normalisation.
    """
    assert trunk.shared is not None
    maps = trunk.backbone(centre_crop(pages, trunk.side))
    weight = rearrange(trunk.shared.weight[unit], "(c h w) -> c h w", h=maps.shape[2], w=maps.shape[3])
    if isinstance(norm := trunk.norm, nn.BatchNorm1d):
        assert norm.running_var is not None
        weight = weight * norm.weight[unit] / (norm.running_var[unit] + norm.eps).sqrt()
    return torch.einsum("n c h w, c h w -> n h w", maps, weight).double().numpy()


def hog_components(parts: Sequence[list[str]], share: float, down: float) -> Parts:
    """The first principal components of HOG and colours of aligned faces, standardised: units by hand."""
    train, *others = (whole_faces(paths, share, down) for paths in parts)
    analysis = PCA(min(COMPONENTS, *train.shape), random_state=0).fit(train)
    return standardised([analysis.transform(part) for part in (train, *others)])


def standardised(parts: Sequence[Float[np.ndarray, "_ columns"]]) -> Parts:
    """Parts with the mean 0 and the deviation 1 of the first; a column that is constant there becomes 0."""
    train, *_ = parts
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    scale = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 1e-6)
    return Parts(*((part - mean) * scale for part in parts))


@torch.no_grad()
def _of_faces(
    trunk: Trunk, net: ANet, pages: UInt8[Tensor, "N 3 page page"]
) -> dict[str, Float[np.ndarray, "N U"]]:
    given: dict[str, list[Tensor]] = {C3: [], C4: []}
    handles = [
        layer.register_forward_hook(lambda _, __, maps, name=name: given[name].append(maps.mean(dim=(2, 3))))
        for name, layer in ((C3, net.c3), (C4, net.c4))
    ]
    outputs = [trunk(centre_crop(part, net.side)) for part in torch.split(pages, BATCH)]
    for handle in handles:
        handle.remove()
    if trunk.shared is not None:
        given[FC] = outputs
    return {name: torch.cat(parts).double().numpy() for name, parts in given.items()}

"""Why an attribute is read: the places at which LNet sees it, and the units of ANet that decide.

Z. Liu et al., ICCV 2015: an attribute's own map is what its output says at each place, and an attribute is a
weighted sum of what ANet's units say.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from visavis.methods.face_attributes.answers import Located
from visavis.methods.face_attributes.model import Localiser, Reader
from visavis.methods.face_attributes.search import on_one_map

LISTED = 5  # units that are printed


@dataclass(frozen=True)
class Unit:
    """A unit of ANet before the output layer: its activation, and what that adds to the attribute's logit."""

    number: int
    activation: float
    contribution: float


@dataclass(frozen=True, eq=False)
class Explained:
    """An attribute of a photo's most likely face, and why it is read there.

    `response` and `evidence` lie over the square about the photo, as large as its longer side: LNet's
    response, and the logit of the attribute at each place. `units` are all of ANet's, the most decisive
    first; with a constant their contributions sum to its logit of the attribute.
    """

    attribute: str
    face: Located
    probability: float
    response: Float[np.ndarray, "h w"]
    evidence: Float[np.ndarray, "h w"]
    units: tuple[Unit, ...]

    def __str__(self) -> str:
        units = [f"  unit {unit.number:4d}  {unit.contribution:+.2f}" for unit in self.units[:LISTED]]
        return "\n".join([str(self.face), f"{self.attribute} {100 * self.probability:.1f} %", *units])


class Maps(NamedTuple):
    """The response of a photo on one map, at each place that of the size that responds most, and what that
    size says there of the attribute: its logit."""

    response: Float[np.ndarray, "h w"]
    evidence: Float[np.ndarray, "h w"]


@torch.no_grad()
def attribute_maps(localiser: Localiser, page: UInt8[Tensor, "1 3 side side"], number: int) -> Maps:
    """Where a localiser responds in a page, and where it sees attribute `number`."""
    maps = localiser.maps(page.float() / 255)
    weight, bias = localiser.tags.weight[number], localiser.tags.bias[number]
    logits = [torch.einsum("b c h w, c -> b h w", features, weight) + bias for features in maps]
    response, size = on_one_map([features.mean(dim=1) for features in maps]).max(dim=0)
    evidence = on_one_map(logits).gather(0, size[None])[0]
    return Maps(response[0].double().numpy(), evidence[0].double().numpy())


def contributions(reader: Reader, active: Float[np.ndarray, " F"], number: int) -> tuple[Unit, ...]:
    """What each unit adds to the logit of attribute `number`, the largest for or against it first."""
    added = active * reader.attributes.weight[number].double().detach().numpy()
    order = np.argsort(-np.abs(added), kind="stable")
    return tuple(Unit(int(unit), float(active[unit]), float(added[unit])) for unit in order)

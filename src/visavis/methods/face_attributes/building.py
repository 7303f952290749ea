"""The network of a bundle as a part of it is about to be trained."""

from typing import Any

import torch
from torch import nn

from visavis.bundle import Bundle
from visavis.errors import VisavisError
from visavis.methods.face_attributes.model import FaceAttributes, Localiser, Reader, seen_side
from visavis.methods.face_attributes.recipe import LocaliserStage, ReaderStage
from visavis.nets.backbones import OWN
from visavis.training.recipe import Schedule
from visavis.training.run import accelerator, fitting_weights, trunk_weights


def settings_with(
    before: Bundle | None, part: str, arguments: dict[str, Any], frame: dict[str, Any]
) -> dict[str, Any]:
    """Settings of the bundle: arguments of the network, and what each part sees, `before` included."""
    earlier = {"net": {}} if before is None else before.config.settings
    return {**earlier, "net": {**earlier["net"], part: arguments}, part: frame}


def build_model(
    settings: dict[str, Any], part: str, before: Bundle | None, start: Bundle | None
) -> FaceAttributes:
    """The network with the parts of `before` as they are and not to be trained, and `part` as it starts.

    A pre-training hands on its backbone, and to ANet its fully connected layer where that is as wide.
    LNet_s starts from LNet_o, or from a pre-training where its backbone names one.
    """
    net = settings["net"]
    _check_backbones(net, part)
    model = FaceAttributes(**net)
    if before is not None:
        model.load_state_dict(before.weights, strict=False)
        if part == "inner" and start is None:
            assert isinstance(model.outer, Localiser)
            assert isinstance(model.inner, Localiser)
            model.inner.load_state_dict(model.outer.state_dict())
    if start is not None:
        place = "reader.trunk" if part == "reader" else part
        named = {f"{place}.{name}": value for name, value in trunk_weights(start).items()}
        model.load_state_dict(fitting_weights(named, model), strict=False)
    return train_only(model, part)


def train_only(model: FaceAttributes, *parts: str) -> FaceAttributes:
    """The model with no other parts to be trained, where training computes."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.split(".")[0] in parts)
    return model.to(accelerator())


def _check_backbones(net: dict[str, Any], part: str) -> None:
    name = net[part]["backbone"]
    if name in OWN and OWN[name].colours == 1:
        raise VisavisError(
            f"{part}.backbone: '{name}' reads line drawings; use lnet, colour or caffenet, for ANet anet"
        )
    if part == "inner" and name != (outer := net["outer"]["backbone"]):
        raise VisavisError(f"inner.backbone: LNet_s starts from LNet_o, which is '{outer}'; give it the same")


def check_sizes(part: str, stage: LocaliserStage, localiser: Localiser) -> None:
    """Raise VisavisError where the smallest size of a pyramid is too small for the backbone."""
    smallest = seen_side(stage.page, localiser.scales[-1])
    device = next(localiser.parameters()).device
    try:
        with torch.no_grad():
            localiser.eval().backbone(torch.zeros(1, 3, smallest, smallest, device=device))
    except RuntimeError:
        raise VisavisError(
            f"{part}.levels: the smallest size, {smallest} px, is less than the backbone can read; take fewer"
        ) from None


def check_page(stage: ReaderStage, side: int) -> None:
    """Raise VisavisError where page and views do not fit the side that the backbone reads."""
    if stage.page < side:
        raise VisavisError(f"reader.page: {stage.page} px is less than the {side} that the backbone reads")
    if stage.views not in (2, 10) or (stage.views == 10 and stage.page == side):
        raise VisavisError(
            f"reader.views: {stage.views} of a page of {stage.page} px; give 2, or 10 of more than {side} px"
        )


def check_batch(part: str, schedule: Schedule, reader: Reader) -> None:
    """Raise VisavisError where ANet normalises over a batch and that is a single face."""
    if schedule.batch == 1 and isinstance(reader.trunk.norm, nn.BatchNorm1d):
        raise VisavisError(
            f"{part}.schedule.batch: the statistics of one face are no more than itself; give 2 or more"
        )

"""ImageNet weights of AlexNet and CaffeNet, from a file that the user brings.

Nothing is fetched: a backbone `LAYOUT:PATH` names the file. A bundle trained from there keeps weights of its
own and needs the file no more.
"""

import re
import struct
from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from visavis.errors import VisavisError
from visavis.files import digest_file
from visavis.nets.backbones import OWN

# What torch and safetensors raise where a file is damaged or of another kind.
NO_TENSORS = (
    SafetensorError,
    UnpicklingError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    struct.error,
)
SUFFIXES = (".pt", ".pth", ".safetensors")
TORCHVISION = {
    "features.0": "conv1",
    "features.3": "conv2",
    "features.6": "conv3",
    "features.8": "conv4",
    "features.10": "conv5",
    "classifier.1": "fc6",
    "classifier.4": "fc7",
}
KINDS = {"w": "weight", "b": "bias"}
# conv1.weight and conv1_w of Caffe, features.0.weight of torchvision, after any prefix such as `module.`
TENSOR = re.compile(r"(?:^|\.)(conv[1-5]|fc[67]|features\.\d+|classifier\.\d+)[._](weight|bias|w|b)$")
REMEDY = (
    "give caffenet:PATH a file of Caffe's layout (two groups, 96 filters in conv1) and alexnet:PATH one of "
    "torchvision's (64 filters)"
)


def layout_and_file(backbone: str) -> tuple[str, Path | None]:
    """`caffenet:PATH` and `alexnet:PATH` as layout and file of weights; any other backbone has no file."""
    layout, _, file = backbone.partition(":")
    if file and layout in OWN and OWN[layout].hidden:
        return layout, Path(file)
    return backbone, None


def load_weights(path: Path, modules: Sequence[nn.Module]) -> None:
    """Start backbones and heads from ImageNet weights.

    Each layout hands photos on as its own weights expect them: Caffe's as blue, green and red of 0..255,
    torchvision's as normalised red, green and blue. The classifier of the 1,000 classes is left out.

    Args:
        path: `.safetensors`, or a state dict of torch in `.pt` or `.pth`, alone or as its `state_dict`, with
            names of torchvision or of Caffe.
        modules: `Backbone` and `Head` of one layout; none is changed unless all weights fit.

    Raises:
        VisavisError: the file cannot be read, or a tensor is missing, there twice, or of another shape.
    """
    found = _by_layer(path, _read(path))
    states = [_fitting(path, found, module) for module in modules]
    for module, state in zip(modules, states, strict=True):
        module.load_state_dict(state)


def weights_source(path: Path) -> dict[str, str]:
    """What the card of a model that started from a file says of it."""
    terms = "those of whoever published the file; ImageNet's images are for non-commercial research"
    return {"name": f"ImageNet, as {path.name}", "digest": digest_file(path)[:16], "terms": terms}


def _read(path: Path) -> dict[str, Any]:
    if path.suffix not in SUFFIXES:
        raise VisavisError(f"{path}: ImageNet weights are read from {', '.join(SUFFIXES)}; save them as one")
    if not path.is_file():
        raise VisavisError(
            f"{path}: there is no such file; give your ImageNet weights by model.backbone=LAYOUT:PATH, or "
            "leave out the path to begin from scratch"
        )
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except NO_TENSORS as error:
        raise VisavisError(
            f"{path}: holds no tensors that can be read without running code from it; save the network's "
            "state_dict() by torch.save or safetensors"
        ) from error
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict):
        raise VisavisError(f"{path}: holds a {type(content).__name__}; save the network's state_dict()")
    return content


def _by_layer(path: Path, tensors: dict[str, Any]) -> dict[str, Tensor]:
    """The tensors that have one of the known names, as `conv1.weight` to `fc7.bias`."""
    found: dict[str, Tensor] = {}
    for name, value in tensors.items():
        match = TENSOR.search(str(name))
        if match is None or not isinstance(value, Tensor):
            continue
        layer, kind = TORCHVISION.get(match[1], match[1]), KINDS.get(match[2], match[2])
        if f"{layer}.{kind}" in found:
            raise VisavisError(f"{path}: holds {layer}.{kind} twice; save one network alone")
        found[f"{layer}.{kind}"] = value
    return found


def _fitting(path: Path, found: dict[str, Tensor], module: nn.Module) -> dict[str, Tensor]:
    """A state of a module whose layers are named as they are in the paper."""
    state = {}
    for own, value in module.state_dict().items():
        name = own.removeprefix("layers.")
        if name not in found:
            raise VisavisError(
                f"{path}: holds no {name}; names are those of Caffe (conv1.weight or conv1_w, fc6, fc7) or "
                "torchvision (features.0.weight, classifier.1.weight)"
            )
        if found[name].shape != value.shape:
            raise VisavisError(
                f"{path}: {name} is of shape {tuple(found[name].shape)}, but {tuple(value.shape)} is needed; "
                f"{REMEDY}"
            )
        state[own] = found[name]
    return state

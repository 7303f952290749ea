"""Files of ImageNet weights: every accepted form, under every accepted name, and what is refused."""

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from visavis.errors import VisavisError
from visavis.files import digest_file
from visavis.nets.alexnet import AlexNet, CaffeNet
from visavis.nets.backbone import Backbone
from visavis.nets.head import Head
from visavis.nets.imagenet import layout_and_file, load_weights, weights_source

Weights = dict[str, Tensor]
NUMBERS = {"conv1": 0, "conv2": 3, "conv3": 6, "conv4": 8, "conv5": 10, "fc6": 1, "fc7": 4, "fc8": 6}


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers fc6 and fc7 of 3 and 2 units, for 4,096 are 220 MB."""
    for layout in (CaffeNet, AlexNet):
        monkeypatch.setattr(layout, "hidden", MappingProxyType({"fc6": 3, "fc7": 2}))


def network(layout: type[Backbone] = CaffeNet, seed: int = 0) -> tuple[Backbone, Head]:
    torch.manual_seed(seed)
    net = layout()
    return net, Head(net)


def weights_of(net: Backbone, head: Head) -> Weights:
    """By layer, with a classifier of 1,000 classes."""
    own = {**net.state_dict(), **head.state_dict()}
    weights = {name.removeprefix("layers."): value for name, value in own.items()}
    return weights | {"fc8.weight": torch.zeros(1000, 2), "fc8.bias": torch.zeros(1000)}


def as_torchvision(weights: Weights) -> Weights:
    named = {}
    for name, value in weights.items():
        layer, kind = name.split(".")
        named[f"{'features' if 'conv' in layer else 'classifier'}.{NUMBERS[layer]}.{kind}"] = value
    return named


def as_caffe2(weights: Weights) -> Weights:
    return {n.replace(".weight", "_w").replace(".bias", "_b"): value for n, value in weights.items()}


def prefixed(weights: Weights) -> Weights:
    return {f"module.{name}": value for name, value in weights.items()}


def by_part(weights: Weights) -> Weights:
    return {f"{'features' if 'conv' in n else 'classifier'}.{n}": value for n, value in weights.items()}


def wrapped(weights: Weights) -> dict[str, Any]:
    return {"epoch": 90, "state_dict": prefixed(weights)}


FORMS = (dict, as_torchvision, as_caffe2, prefixed, by_part)


@pytest.mark.parametrize(
    ("form", "suffix"),
    [(form, suffix) for form in FORMS for suffix in (".pt", ".safetensors")] + [(wrapped, ".pth")],
)
@pytest.mark.parametrize("layout", [CaffeNet, AlexNet])
def test_every_form_is_read(
    layout: type[Backbone], form: Callable[[Weights], Any], suffix: str, tmp_path: Path
) -> None:
    path, given = tmp_path / f"weights{suffix}", weights_of(*network(layout))
    save = save_file if suffix == ".safetensors" else torch.save
    save(form(given), path)
    net, head = network(layout, seed=1)
    assert not torch.equal(net.state_dict()["layers.conv3.weight"], given["conv3.weight"])
    load_weights(path, [net, head])
    loaded = weights_of(net, head)
    assert loaded.keys() == given.keys()
    for name, value in loaded.items():
        assert torch.equal(value, given[name]), name


def test_a_file_of_half_precision_is_read(tmp_path: Path) -> None:
    given = {name: value.half() for name, value in weights_of(*network()).items()}
    save_file(given, tmp_path / "half.safetensors")
    net, _ = network(seed=1)
    load_weights(tmp_path / "half.safetensors", [net])
    assert torch.equal(net.state_dict()["layers.conv5.weight"], given["conv5.weight"].float())


def spoilt(weights: Weights, change: str) -> Any:
    if change == "missing":
        return {name: value for name, value in weights.items() if "conv4" not in name}
    if change == "without fc":
        return {name: value for name, value in weights.items() if "fc" not in name}
    if change == "shape":
        return weights | {"conv2.weight": torch.zeros(256, 96, 5, 5)}
    if change == "twice":
        return weights | {"second.conv1_b": weights["conv1.bias"]}
    return [weights]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("missing", r"holds no conv4\.weight; names are those of Caffe .* or torchvision"),
        ("without fc", r"holds no fc6\.weight"),
        (
            "shape",
            r"conv2\.weight is of shape \(256, 96, 5, 5\), but \(256, 48, 5, 5\) is needed; ",
        ),
        ("twice", r"holds conv1\.bias twice; save one network alone"),
        ("list", r"holds a list; save the network's state_dict\(\)"),
    ],
)
def test_what_does_not_fit_is_told_and_changes_nothing(change: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(spoilt(weights_of(*network()), change), path)
    net, head = network(seed=1)
    before = {name: value.clone() for name, value in weights_of(net, head).items()}
    with pytest.raises(VisavisError, match=told) as error:
        load_weights(path, [net, head])
    assert str(error.value).startswith(f"{path}: ")
    for name, value in weights_of(net, head).items():
        assert torch.equal(value, before[name])


def test_the_other_layout_is_told(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(as_torchvision(weights_of(*network(AlexNet))), path)
    with pytest.raises(VisavisError, match=r"conv1\.weight is of shape \(64, .* alexnet:PATH one of"):
        load_weights(path, [CaffeNet()])


@pytest.mark.parametrize("name", ["weights.pt", "weights.safetensors"])
def test_files_that_are_none(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with pytest.raises(VisavisError, match=r"there is no such file; give your .* or leave out the path"):
        load_weights(path, [])
    save = torch.save if path.suffix == ".pt" else save_file
    save({"conv1.weight": torch.ones(9)}, path)
    whole = path.read_bytes()
    for content in (b"", b"not tensors", whole[:-1], whole[: len(whole) // 2], bytes(range(64)), whole[::-1]):
        path.write_bytes(content)
        with pytest.raises(VisavisError, match="holds no tensors that can be read without running code"):
            load_weights(path, [])


def test_a_pickled_network_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "network.pth"
    torch.save(CaffeNet(), path)
    with pytest.raises(VisavisError, match=r"save the network's state_dict\(\)"):
        load_weights(path, [])


def test_other_endings_are_refused() -> None:
    with pytest.raises(VisavisError, match=r"w\.caffemodel: .* are read from \.pt, \.pth, \.safetensors"):
        load_weights(Path("w.caffemodel"), [])


def test_the_file_is_part_of_the_name_of_a_backbone() -> None:
    assert layout_and_file("caffenet:a/b:c.pt") == ("caffenet", Path("a/b:c.pt"))
    assert layout_and_file("alexnet:w.safetensors") == ("alexnet", Path("w.safetensors"))
    for other in ("caffenet", "alexnet", "caffenet:", "colour:w.pt", "timm:resnet18", "bundle:runs/faces"):
        assert layout_and_file(other) == (other, None)


def test_a_card_names_the_file_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "w.pt").write_bytes(b"weights")
    source = weights_source(tmp_path / "w.pt")
    assert (source["name"], source["digest"]) == ("ImageNet, as w.pt", digest_file(tmp_path / "w.pt")[:16])
    assert str(tmp_path) not in str(source)

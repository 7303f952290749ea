"""The network of the paper: CaffeNet with fc6 and fc7 in the ranker, started from a file of weights."""

from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import cast

import pytest
import torch
from torch import Tensor, nn

from visavis import load
from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods import find_recipe, get_method
from visavis.methods.relative_attributes.model import RegionRanker
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.training import build_model
from visavis.nets.alexnet import CaffeNet
from visavis.nets.head import Head

CONVOLUTIONS, FULLY_CONNECTED = 2_334_080, 37_752_832 + 16_781_312


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers fc6 and fc7 of 3 and 500 units."""
    monkeypatch.setattr(CaffeNet, "hidden", MappingProxyType({"fc6": 3, "fc7": 500}))


@pytest.fixture
def weights(narrow: None, tmp_path: Path) -> dict[str, Tensor]:
    """Weights by layer, which stand in `weights.pt` too."""
    torch.manual_seed(1)
    net = CaffeNet()
    own = {**net.state_dict(), **Head(net).state_dict()}
    named = {name.removeprefix("layers."): value for name, value in own.items()}
    torch.save(named, tmp_path / "weights.pt")
    return named


def recipe(*overrides: str) -> RankerRecipe:
    found = find_recipe("relative_attributes/tiny", ["model.backbone=caffenet", "model.page=230", *overrides])
    assert isinstance(found, RankerRecipe)
    return found


def count(module: nn.Module | None) -> int:
    assert module is not None
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("combined", "width"), [(False, 4096), (True, 8192)])
def test_the_ranker_reads_through_fc7_and_the_localiser_from_pool5(combined: bool, width: int) -> None:
    with torch.device("meta"):
        model = RegionRanker("caffenet", 1, combined=combined)
    assert model.score.weight.shape == (1, width)
    assert [count(part) for part in (model.reader, model.head)] == [CONVOLUTIONS, FULLY_CONNECTED]
    assert count(model.finder) == CONVOLUTIONS
    assert count(model.localiser) == (256 + 1) * 128 + (4608 + 1) * 128 + (128 + 1) * 3


def test_the_score_starts_as_in_the_release(narrow: None) -> None:
    torch.manual_seed(0)
    score = RegionRanker("caffenet", 1).score
    bound = 3**0.5 * (2 / (2 * 500 + 1)) ** 0.5
    assert 0.98 * bound < score.weight.abs().max() <= bound
    assert score.weight.detach().std().item() == pytest.approx(bound / 3**0.5, rel=0.05)
    assert score.bias.abs().max() == 0


@torch.no_grad()
def test_outside_of_the_photo_is_the_mean_colour(narrow: None) -> None:
    torch.manual_seed(0)
    model = RegionRanker("caffenet", 1, "fixed", combined=False, initial_scale=2.0).eval()
    seen: list[Tensor] = []
    model.reader.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    model(torch.ones(1, 3, 227, 227))
    outside = 255 * seen[0][0, :, :50]
    torch.testing.assert_close(outside, torch.tensor([122.0, 117, 104]).view(3, 1, 1).expand(3, 50, 227))
    assert seen[0][0, :, 113, 113].tolist() == pytest.approx([1, 1, 1])


def test_both_backbones_and_the_head_start_from_the_file(weights: dict[str, Tensor], tmp_path: Path) -> None:
    net, model, start = build_model(recipe(f"model.backbone=caffenet:{tmp_path}/weights.pt"), 2, None)
    assert (net["backbone"], start) == ("caffenet", None)
    state = model.state_dict()
    for name, value in weights.items():
        for part in ("head",) if name.startswith("fc") else ("reader", "finder"):
            assert torch.equal(state[f"{part}.layers.{name}"], value), (part, name)


def test_the_second_stage_starts_its_ranker_from_the_file_again(
    weights: dict[str, Tensor], tmp_path: Path
) -> None:
    trained = {name: value + 1 for name, value in RegionRanker("caffenet", 2).state_dict().items()}
    before = cast(Bundle, SimpleNamespace(weights=trained))
    model = build_model(recipe(f"model.backbone=caffenet:{tmp_path}/weights.pt"), 2, before)[1]
    state = model.state_dict()
    assert torch.equal(state["reader.layers.conv3.weight"], weights["conv3.weight"])
    assert torch.equal(state["head.layers.fc7.weight"], weights["fc7.weight"])
    for name in ("finder.layers.conv3.weight", "localiser.shift.weight"):
        assert torch.equal(state[name], trained[name])


def test_a_bundle_needs_the_file_no_more(weights: dict[str, Tensor], tmp_path: Path) -> None:
    file, run = tmp_path / "weights.pt", tmp_path / "run"
    settings = ["model.combined=false", "model.views=10", f"model.backbone=caffenet:{file}"]
    short = recipe(*settings, "schedule.steps=1", "schedule.batch=1")
    bundle = get_method("relative_attributes").train(short, run, True)
    file.unlink()
    assert bundle is not None
    assert bundle.config.settings["net"]["backbone"] == "caffenet"
    assert str(tmp_path) not in str(bundle.config.settings)
    assert "ImageNet, as weights.pt" in (bundle.path / "card.md").read_text()
    ranker = load(run / "bundle")
    photos = open_dataset("rendered-shoes-40").select(domain="photo").items["path"].head(2).to_list()
    assert ranker.views == 10
    assert ranker.judge(photos).scores.isfinite().all()


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("model.backbone=caffenet:gone.pt", r"gone\.pt: there is no such file"),
        (
            "model.crop_side=96",
            r"model\.crop_side: the fully connected layers of 'caffenet' read crops of 227 px",
        ),
        (
            "model={page: 227, views: 10, backbone: caffenet}",
            r"model\.views: ten views need .* more than 227 px",
        ),
    ],
)
def test_what_does_not_fit_is_told(setting: str, told: str, narrow: None) -> None:
    with pytest.raises(VisavisError, match=told):
        build_model(recipe(setting), 2, None)


def test_the_recipe_has_the_settings_of_the_release() -> None:
    paper = find_recipe("relative_attributes/paper", [])
    assert isinstance(paper, RankerRecipe)
    schedule, model = paper.schedule, paper.model
    assert schedule.steps * schedule.batch == 400 * 500
    # Torch7's step is (1 - 0.9) of PyTorch's: 1e-4 for the ranker, 1e-5 for the localiser.
    assert schedule.learning_rate * (1 - schedule.dampening) == pytest.approx(1e-4)
    assert paper.rates.model_dump() == {"localiser": 0.1, "scale": 1.0, "ranker": 1.0, "reader": 1.0}
    assert (model.initial_scale, model.ratio, model.dropout, model.views) == (0.33, 0.05, 0.5, 10)
    assert model.page - CaffeNet.side == 29  # offsets 0 to 29
    assert (schedule.optimiser, schedule.momentum, schedule.weight_decay) == ("sgd", 0.9, 5e-4)
    assert (schedule.decay, schedule.warmup, schedule.average, schedule.clip) == ("constant", 0, 0, None)
    assert paper.augmentation.model_dump(exclude_defaults=True) == {"flip": 0.5}

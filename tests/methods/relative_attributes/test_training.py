"""Two stages, rates by part, one step of Torch7's descent, and what a recipe is refused for."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from tests.interrupts import interrupted_at
from visavis.bundle import Bundle, read_bundle, round_weights
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.losses.following import following_loss
from visavis.losses.ranknet import ranking_hinge_loss, ranknet_loss
from visavis.methods import find_recipe
from visavis.methods.relative_attributes import training
from visavis.methods.relative_attributes.data import PairData, Pairs, held_out_pairs, load_photos, pairs_of
from visavis.methods.relative_attributes.model import RegionRanker
from visavis.methods.relative_attributes.protocol import accuracies, mean_accuracy
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.training import FIRST_STAGE, RankerTask, build_model, train
from visavis.training.augment import centre_crop


def tiny(*overrides: str) -> RankerRecipe:
    recipe = find_recipe("relative_attributes/tiny", [*overrides])
    assert isinstance(recipe, RankerRecipe)
    return recipe


def task_of(*overrides: str) -> RankerTask:
    recipe = tiny(*overrides)
    pairs, held_out = held_out_pairs(pairs_of(open_dataset(recipe.data), "train", recipe.attributes), 0)
    model = build_model(recipe, len(pairs.names), None)[1]
    photos = load_photos(pairs.items, recipe.model.page, recipe.model.share, recipe.model.down)
    return RankerTask(recipe, model, PairData(pairs, photos, model.side, recipe.augmentation), held_out)


# --- two stages


def test_the_second_stage_takes_the_localiser_and_begins_the_ranker_anew(tiny_bundle: Bundle) -> None:
    recipe = tiny("schedule.steps=4", "model.page=100")
    first = read_bundle(tiny_bundle.path.parent / FIRST_STAGE / "bundle")
    net, model, _ = build_model(recipe, 2, first)
    assert net["combined"] is True
    started, fresh = model.state_dict(), build_model(recipe, 2, None)[1].state_dict()
    parts = {name.split(".")[0] for name in started}
    assert parts == {"reader", "finder", "localiser", "score"}
    for name, value in started.items():
        before = first.weights if name.startswith(("finder.", "localiser.")) else fresh
        assert torch.equal(value, before[name]), name
    moved = [name for name in first.weights if name.startswith(("finder.", "localiser."))]
    rounded = round_weights(fresh)
    assert any(not torch.equal(first.weights[name], rounded[name].to(first.weights[name])) for name in moved)
    assert not torch.equal(first.weights["reader.layers.0.weight"], fresh["reader.layers.0.weight"])


@pytest.mark.parametrize("flip", [0.0, 0.5])
def test_boxes_are_placed_before_the_first_stage_alone(
    flip: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = torch.tensor([[[0.25, 0.25, 1.0, -0.5]], [[0.5, 0.5, 0.0, 0.75]]])  # exact in float16
    asked: list[tuple[str, bool, bool]] = []

    def place(start: str, model: RegionRanker, pairs: Pairs, photos: torch.Tensor, *, mirrored: bool) -> None:
        assert len(photos) == len(pairs.items)
        asked.append((start, model.training, mirrored))
        model.start_at(boxes)

    monkeypatch.setattr(training, "place_boxes", place)
    recipe = tiny("schedule.steps=1", "model.start=best", f"augmentation.flip={flip}")
    bundle = train(recipe, tmp_path, True)
    assert bundle is not None
    assert asked == [("best", False, flip > 0)]
    for one in (read_bundle(tmp_path / FIRST_STAGE / "bundle"), bundle):
        assert torch.equal(one.weights["localiser.home"], boxes)
        sides = one.weights["localiser.scale.bias"] * recipe.model.ratio
        torch.testing.assert_close(sides, torch.tensor([0.25, 0.5]), atol=0.01, rtol=0)


def test_a_run_that_goes_on_does_not_search_its_boxes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[Path] = []
    run = tmp_path / "whole"

    def place(start: str, model: RegionRanker, *_: object, mirrored: bool) -> None:
        searched.append(run)
        model.start_at(torch.tensor([[[0.25, 0.25, 1.0, -0.5]], [[0.5, 0.5, 0.0, 0.75]]]))

    monkeypatch.setattr(training, "place_boxes", place)
    recipe = tiny("schedule.steps=3", "model.start=best", "model.combined=false", "schedule.average=0.9")
    whole = train(recipe, run, True)
    run = tmp_path / "resumed"
    with interrupted_at(1, RankerTask):
        assert train(recipe, run, True) is None
    resumed = train(recipe, run, True)
    assert whole is not None
    assert resumed is not None
    assert searched == [tmp_path / "whole", run]
    assert resumed.config.weights_sha256 == whole.config.weights_sha256


def test_both_stages_leave_a_bundle(tiny_bundle: Bundle) -> None:
    first = read_bundle(tiny_bundle.path.parent / FIRST_STAGE / "bundle")
    assert (first.config.settings["net"]["combined"], tiny_bundle.config.settings["net"]["combined"]) == (
        False,
        True,
    )
    assert tiny_bundle.weights["score.weight"].shape[1] == 2 * first.weights["score.weight"].shape[1]
    assert tiny_bundle.config.labels == ["heel_height", "shaft_height"]
    assert tiny_bundle.config.training["minutes"] >= first.config.training["minutes"]
    assert tiny_bundle.config.training["minutes_before"] == 0  # both stages are its own


def test_a_pre_training_starts_both_backbones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The door with a stand-in: a bundle of a trunk whose backbone is `colour`."""
    from visavis.training import run

    trunk = {
        f"trunk.backbone.{name}": value + 1
        for name, value in RegionRanker("colour", 1).reader.state_dict().items()
    }

    config = SimpleNamespace(settings={"net": {"backbone": "colour"}})
    bundle = SimpleNamespace(config=config, weights=trunk | {"embed.weight": torch.ones(1)})
    monkeypatch.setattr(run, "find_bundle", lambda name: tmp_path / name)
    monkeypatch.setattr(run, "read_bundle", lambda path, method: bundle)
    net, model, start = build_model(tiny("model.backbone=bundle:faces"), 2, None)
    assert net["backbone"] == "colour"
    assert start is not None
    assert model.finder is not None
    for part in (model.reader, model.finder):
        for name, value in part.state_dict().items():
            assert torch.equal(value, trunk[f"trunk.backbone.{name}"])


# --- the loss


@pytest.mark.parametrize("loss", ["ranknet", "hinge"])
def test_the_loss_is_that_of_the_scores_of_the_pairs(loss: str) -> None:
    task = task_of(f"loss={loss}", "schedule.batch=3").eval()
    batch = task.draw(np.random.default_rng(0))
    with torch.no_grad():
        terms = task.terms(batch)
        sides = [task.model(task.photos(view), batch.attribute) for view in (batch.first, batch.second)]
        function = ranknet_loss if loss == "ranknet" else ranking_hinge_loss
        expected = function(sides[0].scores[:, 0], sides[1].scores[:, 0], batch.target)
    torch.testing.assert_close(terms["loss"], expected, rtol=1e-4, atol=1e-5)
    assert terms["scale"] == pytest.approx(0.5, abs=1e-5)  # initial_scale of the recipe


def test_boxes_that_must_follow_add_their_share_to_the_loss() -> None:
    task, plain = task_of("follow=0.3", "schedule.batch=3").eval(), task_of("schedule.batch=3").eval()
    batch = task.draw(np.random.default_rng(0))
    localiser = task.model.localiser
    assert localiser is not None
    localiser.start_at(torch.tensor([[[0.4, 0.4, 0.5, -1.0]], [[0.3, 0.3, 0.0, 2.0]]]))
    plain.model.load_state_dict(task.model.state_dict())
    with torch.no_grad():
        torch.manual_seed(5)
        terms = task.terms(batch)
        ranking = plain.terms(batch)["loss"]
        photos = torch.cat([task.photos(batch.first), task.photos(batch.second)])
        torch.manual_seed(5)
        follow = following_loss(task.model.boxes, localiser.home, photos)
    assert follow > 0.01
    torch.testing.assert_close(terms["follow"], follow, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(terms["loss"], ranking + 0.3 * follow, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("options", [("follow=0",), ("follow=1", "model.region=fixed"),
                                     ("follow=1", "model.region=whole")])  # fmt: skip
def test_nothing_follows_without_a_weight_or_a_localiser(options: tuple[str, ...]) -> None:
    task = task_of(*options, "schedule.batch=2").eval()
    with torch.no_grad():
        assert {*task.terms(task.draw(np.random.default_rng(0)))} == {"loss", "scale"}


def test_a_recipe_freezes_the_statistics() -> None:
    for frozen in (True, False):
        task = task_of(f"frozen_statistics={frozen}").train()
        layers = [one for one in task.model.modules() if isinstance(one, nn.BatchNorm2d)]
        assert layers
        assert {layer.training for layer in layers} == {not frozen}


def test_validation_counts_the_held_out_pairs() -> None:
    task = task_of().eval()
    assert task.held_out is not None
    with torch.no_grad():
        batch = centre_crop(task.photos.pages, task.model.side)
        scores = (task.model(batch).scores + task.model(batch.flip(-1)).scores) / 2
    expected = mean_accuracy(accuracies(task.held_out, scores.numpy())).value
    assert task.validate() == {"mean_accuracy": pytest.approx(expected)}
    task.held_out = None
    assert task.validate() == {}


# --- rates


def test_rates_reach_the_parts_they_are_meant_for() -> None:
    task = task_of("rates={localiser: 0.1, scale: 30, ranker: 2}", "schedule.average=0.9")
    optimiser = task.configure_optimizers()
    factor_of = {
        id(parameter): (group["rate_factor"], group["weight_decay"])
        for group in optimiser.param_groups
        for parameter in group["params"]
    }
    parameters = dict(task.model.named_parameters())
    assert len(factor_of) == len(parameters)  # the averaged copies are not learned
    expected = {"reader": 2, "score": 2, "finder": 0.1, "localiser": 0.1}
    for name, parameter in parameters.items():
        part = name.split(".")
        factor = 0.1 * 30 if part[:2] == ["localiser", "scale"] else expected[part[0]]
        decay = 0.05 if parameter.ndim > 1 else 0.0
        assert factor_of[id(parameter)] == pytest.approx((factor, decay)), name


def test_the_backbone_of_the_ranker_has_a_rate_beside_its_own() -> None:
    task = task_of("rates={localiser: 0.5, ranker: 2, reader: 0.1}")
    factors = {part: task.rate_factor(f"model.{part}.weight") for part in ("score", "finder.layers.0")}
    assert factors == {"score": 2, "finder.layers.0": 0.5}
    names = [name for name, _ in task.named_parameters() if name.startswith("model.reader.")]
    assert names
    assert [task.rate_factor(name) for name in names] == pytest.approx([0.2] * len(names))


def test_two_steps_of_descent_as_torch7_does_them() -> None:
    """v = g at first, then v = 0.9 v + (1 - 0.9) g; x -= rate * v, by hand on the bias of the score."""
    task = task_of(
        "schedule.optimiser=sgd", "schedule.dampening=0.9", "schedule.learning_rate=0.5", "rates.ranker=1"
    )
    optimiser, bias = task.configure_optimizers(), task.model.score.bias
    start = bias.detach().clone()
    gradients = [torch.tensor([1.0, -2.0]), torch.tensor([3.0, 4.0])]
    for gradient in gradients:
        bias.grad = gradient.clone()
        optimiser.step()
    first = gradients[0]
    second = 0.9 * first + 0.1 * gradients[1]
    torch.testing.assert_close(bias.detach(), start - 0.5 * first - 0.5 * second)


# --- what is refused


def test_backbones_that_do_not_fit_are_told() -> None:
    with pytest.raises(VisavisError, match=r"model\.backbone: 'small' reads line drawings; use colour"):
        build_model(tiny("model.backbone=small"), 2, None)
    with pytest.raises(VisavisError, match=r"model\.page: 90 px is less than the 96 that the net reads"):
        build_model(tiny("model.page=90"), 2, None)


def test_a_network_of_timm_reads_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    class Features(nn.Module):
        def forward(self, photos: torch.Tensor) -> list[torch.Tensor]:
            return [photos[:, :, ::32, ::32]]

    timm = ModuleType("timm")
    timm.create_model = lambda name, **options: Features()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "timm", timm)
    model = build_model(tiny("model.backbone=timm:any", "model.page=224"), 2, None)[1]
    assert model(torch.rand(1, 3, 224, 224)).scores.shape == (1, 2)
    with pytest.raises(VisavisError, match=r"model\.page: 96 px is less than the 224 that the net reads"):
        build_model(tiny("model.backbone=timm:any"), 2, None)


# --- a user's own pairs


def own_pairs(folder: Path) -> Path:
    """A table of rendered photos, and pairs of them with a contradiction."""
    photos = open_dataset("rendered-shoes-40").select(domain="photo").items["path"].to_list()[:6]
    (folder / "my.csv").write_text("id,path\n" + "".join(f"p{n},{path}\n" for n, path in enumerate(photos)))
    rows = ["p0,p1,more", "p1,p2,more", "p2,p3,more", "p4,p5,more", "p5,p4,more"]
    (folder / "my.pairs.csv").write_text("\n".join(["a,b,relation", *rows]) + "\n")
    return folder / "my.csv"


def test_defects_of_own_pairs_are_told_and_kept_in_the_bundle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = own_pairs(tmp_path)
    recipe = tiny(f"data={data}", "attributes=null", "schedule.steps=1", "schedule.batch=2")
    bundle = train(recipe, tmp_path / "run", quiet=True)
    assert bundle is not None
    note = "strength, train: left out: 2 contradictory; only 3 ordered pairs to train with, fewer than 30"
    told = [line for line in capsys.readouterr().err.splitlines() if "train:" in line]
    assert told == [f"my: {note}"], "once, although there are two stages"
    assert bundle.config.training["notes"] == [note]
    assert f"- {note}\n" in (bundle.path / "card.md").read_text()
    (tmp_path / "my.pairs.csv").write_text("a,b,relation\np0,p1,more\np1,p0,more\n")
    with pytest.raises(VisavisError, match="my: no ordered pair of attribute 'strength' is left"):
        train(recipe, tmp_path / "other", quiet=True)

"""The ranker: where each kind of region looks, what it reads there, and that attributes do not mix."""

import pytest
import torch
from torch import nn

from visavis.methods.relative_attributes.model import Judgement, Region, RegionRanker
from visavis.methods.relative_attributes.scoring import judge
from visavis.training.augment import centre_crop, ten_views

FEATURES = 128 * 6 * 6


def net(region: Region = "localised", combined: bool = True, attributes: int = 3) -> RegionRanker:
    """A network whose boxes, unlike those of a fresh one, differ from photo to photo in their scale too."""
    torch.manual_seed(0)
    model = RegionRanker("colour", attributes, region, combined, initial_scale=0.4).eval()
    if model.localiser is not None:
        nn.init.normal_(model.localiser.scale.weight, std=0.5)
    return model


def photos(count: int = 2, side: int = 96) -> torch.Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("region", "scale"), [("fixed", 0.4), ("whole", 1.0)])
def test_regions_that_are_not_learned(region: Region, scale: float) -> None:
    model = net(region)
    expected = torch.tensor([scale, scale, 0, 0]).expand(2, 3, 1, 4)
    assert torch.equal(model.boxes(photos()), expected)
    assert model.finder is None
    assert model.localiser is None


def test_localised_boxes_start_at_the_scale_and_near_the_middle() -> None:
    torch.manual_seed(0)
    boxes = RegionRanker("colour", 3, initial_scale=0.4).eval().boxes(photos())
    torch.testing.assert_close(boxes[..., :2], torch.full((2, 3, 1, 2), 0.4))
    assert 0 < boxes[..., 2:].abs().max() < 1
    assert not torch.equal(boxes[0], boxes[1])


@pytest.mark.parametrize(
    ("region", "combined", "times"),
    [("localised", False, 1), ("localised", True, 2), ("fixed", False, 1), ("fixed", True, 2),
     ("whole", False, 1), ("whole", True, 1)],
)  # fmt: skip
def test_the_whole_photo_doubles_the_features(region: Region, combined: bool, times: int) -> None:
    assert net(region, combined).score.weight.shape == (3, times * FEATURES)


def test_more_boxes_and_smaller_crops_change_the_features() -> None:
    small = RegionRanker("colour", 3, regions=2, shape="oblong", crop_side=48).eval()
    assert small.score.weight.shape == (3, 2 * 128 * 3 * 3 + FEATURES)
    judged = small(photos())
    assert judged.scores.shape == (2, 3)
    assert judged.boxes.shape == (2, 3, 2, 4)


@pytest.mark.parametrize("region", ["localised", "fixed", "whole"])
@pytest.mark.parametrize("combined", [False, True])
@torch.no_grad()
def test_one_attribute_is_a_column_of_all(region: Region, combined: bool) -> None:
    model = net(region, combined)
    every: Judgement = model(photos(3))
    assert every.scores.shape == (3, 3)
    assert every.boxes.shape == (3, 3, 1, 4)
    attribute = torch.tensor([2, 0, 1])
    one: Judgement = model(photos(3), attribute)
    assert one.scores.shape == (3, 1)
    for row, number in enumerate(attribute.tolist()):
        torch.testing.assert_close(one.scores[row, 0], every.scores[row, number])
        torch.testing.assert_close(one.boxes[row, 0], every.boxes[row, number])


@torch.no_grad()
def test_the_middle_is_read_by_what_lies_in_it() -> None:
    """Region `fixed` in the middle sees nothing around its box; combined it does."""
    inside = photos()
    changed = inside.clone()
    changed[..., :20, :] = 0  # the box reaches from row 28.5 to 66.5
    assert torch.equal(net("fixed", False)(inside).scores, net("fixed", False)(changed).scores)
    assert not torch.equal(net("fixed", True)(inside).scores, net("fixed", True)(changed).scores)


@torch.no_grad()
def test_a_box_of_scale_one_is_the_whole_photo_and_outside_is_grey() -> None:
    whole, full = net("whole", False), RegionRanker("colour", 3, "fixed", False, initial_scale=1.0).eval()
    full.load_state_dict(whole.state_dict())
    torch.testing.assert_close(full(photos()).scores, whole(photos()).scores, rtol=1e-4, atol=1e-5)
    wide = RegionRanker("colour", 3, "fixed", False, initial_scale=2.0).eval()
    wide.load_state_dict(whole.state_dict())
    grey = torch.full((1, 3, 96, 96), 0.5)
    torch.testing.assert_close(wide(grey).scores, whole(grey).scores, rtol=1e-4, atol=1e-5)


def test_the_ranking_loss_reaches_every_part() -> None:
    model = net().train()
    torch.autograd.backward(model(photos(), torch.tensor([0, 1])).scores.sum())
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    assert model.localiser is not None
    gradient = model.localiser.scale.weight.grad
    assert gradient is not None
    assert gradient[2].abs().sum() == 0  # attribute 2 was not asked for


def test_judging_is_the_mean_of_photo_and_mirror_image() -> None:
    model = net()
    pages = (255 * photos(3, 100)).byte()
    found, mirrored = judge(model, pages), judge(model, pages.flip(-1))
    torch.testing.assert_close(found.scores, mirrored.scores)
    batch = centre_crop(pages, 96)
    with torch.no_grad():
        upright = model(batch)
        expected = (upright.scores + model(batch.flip(-1)).scores) / 2
    torch.testing.assert_close(found.scores, expected)
    torch.testing.assert_close(found.boxes, upright.boxes)


def test_ten_views_are_averaged_and_the_boxes_are_those_of_the_middle() -> None:
    model = net()
    pages = (255 * photos(3, 100)).byte()
    found = judge(model, pages, views=10)
    with torch.no_grad():
        scores = torch.stack([model(view.float() / 255).scores for view in ten_views(pages, 96)])
    torch.testing.assert_close(found.scores, scores.sum(0) / 10)
    assert not torch.allclose(found.scores, judge(model, pages).scores, atol=1e-6)
    assert torch.equal(found.boxes, judge(model, pages).boxes)

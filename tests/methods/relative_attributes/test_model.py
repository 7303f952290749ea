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
    full.load_state_dict(whole.state_dict() | {"fixed": full.fixed})
    torch.testing.assert_close(full(photos()).scores, whole(photos()).scores, rtol=1e-4, atol=1e-5)
    wide = RegionRanker("colour", 3, "fixed", False, initial_scale=2.0).eval()
    wide.load_state_dict(whole.state_dict() | {"fixed": wide.fixed})
    grey = torch.full((1, 3, 96, 96), 0.5)
    torch.testing.assert_close(wide(grey).scores, whole(grey).scores, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_fixed_boxes_stay_where_they_are_put() -> None:
    """Attribute 0 at the upper left, attribute 1 at the lower right; neither sees the other's place."""
    model = RegionRanker("colour", 2, "fixed", combined=False).eval()
    places = torch.tensor([[[0.3, 0.3, -2, -2]], [[0.3, 0.2, 2, 2]]])
    model.start_at(places)
    assert torch.equal(model.boxes(photos()), places.expand(2, 2, 1, 4))
    assert "fixed" not in dict(model.named_parameters())
    again = RegionRanker("colour", 2, "fixed", combined=False).eval()
    again.load_state_dict(model.state_dict())
    seen = again(photos()).scores
    assert torch.equal(seen, model(photos()).scores)
    changed = photos()
    changed[..., 48:, 48:] = 0
    different = model(changed).scores != seen
    assert not different[:, 0].any()
    assert different[:, 1].all()


@torch.no_grad()
def test_localised_boxes_start_where_they_are_put_and_the_whole_photo_stays_whole() -> None:
    places = torch.tensor([[[0.3, 0.3, -2, 1]], [[0.6, 0.6, 0, 0.5]]])
    model, whole = RegionRanker("colour", 2).eval(), RegionRanker("colour", 2, "whole").eval()
    for one in (model, whole):
        one.start_at(places)
    boxes = model.boxes(photos(20))
    torch.testing.assert_close(boxes[..., :2], places[..., :2].expand(20, 2, 1, 2))
    torch.testing.assert_close(boxes.mean(0)[..., 2:], places[..., 2:], atol=0.5, rtol=0)
    assert torch.equal(whole.boxes(photos()), torch.tensor([1.0, 1, 0, 0]).expand(2, 2, 1, 4))


# --- photos larger than is read whole


def detailed(side: int = 192) -> torch.Tensor:
    """Grey that turns into a checkerboard in the middle when one looks twice as close."""
    cells = torch.arange(side)
    board = ((cells[:, None] + cells) % 2).float()
    photo = torch.full((side, side), 0.5)
    middle = slice(side // 4, 3 * side // 4)
    photo[middle, middle] = board[middle, middle]
    return photo.expand(1, 3, side, side).contiguous()


@torch.no_grad()
def test_only_crops_see_the_detail_of_a_larger_photo() -> None:
    torch.manual_seed(0)
    grey = torch.full((1, 3, 192, 192), 0.5)
    crops = RegionRanker("colour", 2, "fixed", combined=False, initial_scale=0.4, zoom=2).eval()
    assert crops.side == 192
    assert not torch.allclose(crops(detailed()).scores, crops(grey).scores, atol=1e-2)
    whole = RegionRanker("colour", 2, "whole", zoom=2).eval()
    torch.testing.assert_close(whole(detailed()).scores, whole(grey).scores)
    finds = RegionRanker("colour", 2, zoom=2).eval()
    torch.testing.assert_close(finds.boxes(detailed()), finds.boxes(grey))


@torch.no_grad()
@pytest.mark.parametrize("region", ["localised", "whole"])
def test_whole_photos_are_reduced_by_the_mean_of_their_pixels(region: Region) -> None:
    torch.manual_seed(0)
    large = RegionRanker("colour", 2, region, zoom=2).eval()
    small = RegionRanker("colour", 2, region).eval()
    small.load_state_dict(large.state_dict())
    photo = photos(2, 192)
    quarters = [photo[..., y::2, x::2] for y in (0, 1) for x in (0, 1)]
    reduced = torch.stack(quarters).mean(0)
    torch.testing.assert_close(large.boxes(photo), small.boxes(reduced))
    read = large.score.weight[:, -FEATURES:]  # of the whole photo, behind that of the crop
    large.score.weight.copy_(torch.cat([torch.zeros_like(large.score.weight[:, :-FEATURES]), read], 1))
    small.score.weight.copy_(large.score.weight)
    torch.testing.assert_close(large(photo).scores, small(reduced).scores)


# --- training


@pytest.mark.parametrize("frozen", [False, True])
def test_frozen_statistics_stay_while_training(frozen: bool) -> None:
    model = RegionRanker("colour", 2, dropout=0.5)
    model.frozen_statistics = frozen
    before = {name: value.clone() for name, value in model.named_buffers() if "running" in name}
    assert {name.split(".")[0] for name in before} == {"reader", "finder"}
    for turn in range(2):
        model.train()
        assert model.training
        assert model.head.training  # what drops features does so still
        model(photos())
        for name, value in model.named_buffers():
            if name in before:
                assert torch.equal(value, before[name]) is frozen, (name, turn)
        model.eval()
        before = {name: value.clone() for name, value in model.named_buffers() if "running" in name}


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

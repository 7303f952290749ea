"""Where boxes start: found by hand on grids, on photos with one telling patch, and of a trained ranker."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from torch import Tensor, nn

from visavis.bundle import Bundle, write_bundle
from visavis.errors import VisavisError
from visavis.methods.relative_attributes import start
from visavis.methods.relative_attributes.data import Pairs
from visavis.methods.relative_attributes.model import RegionRanker
from visavis.methods.relative_attributes.start import (
    CENTRES,
    SCALES,
    best_boxes,
    grid_accuracies,
    mean_boxes,
    place_boxes,
)
from visavis.nets.spatial_transformer import crop

SIDE = 31  # pixels of the made-up photos


class Looker(RegionRanker):
    """A ranker that reads the mean of four by four cells of a crop, in place of a network."""

    def __init__(self, regions: int = 1) -> None:
        nn.Module.__init__(self)
        self.regions, self.anywhere = regions, nn.Parameter(torch.zeros(1))

    @property
    def side(self) -> int:
        return SIDE

    def look(self, photos: Tensor, boxes: Tensor) -> Tensor:
        return nn.functional.adaptive_avg_pool2d(crop(photos, boxes, 16)[:, :1], 4).flatten(1)


def pairs_of(first: list[int], second: list[int], attribute: list[int], target: list[float]) -> Pairs:
    count = 1 + max([*first, *second])
    items = pl.DataFrame({"id": [f"p{n}" for n in range(count)]})
    names = ["round", "pointed"][: 1 + max(attribute)]
    a, b, numbers = (np.array(part) for part in (first, second, attribute))
    return Pairs(items, names, a, b, numbers, np.array(target), np.full(len(target), -1))


def ordered(count: int, equal: int = 0) -> Pairs:
    """So many ordered pairs of one attribute, and equal ones."""
    several = count + equal
    return pairs_of([0] * several, [1] * several, [0] * several, [1.0] * count + [0.5] * equal)


@pytest.fixture
def grid(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """A grid (1, S, Y, X) of one half everywhere, which is what boxes will be found to be worth."""
    accuracy = np.full((1, len(SCALES), len(CENTRES), len(CENTRES)), 0.5)
    monkeypatch.setattr(start, "grid_accuracies", lambda *_: accuracy)
    monkeypatch.setattr(start, "SMOOTHING", 0)
    return accuracy


def put(grid: np.ndarray, scale: float, y: float, x: float, share: float) -> None:
    grid[0, SCALES.index(scale), CENTRES.index(y), CENTRES.index(x)] = share


def found(pairs: Pairs, regions: int = 1, mirrored: bool = False) -> list[list[float]]:
    """The best boxes of the first attribute as scale, y, x of the centre."""
    boxes = best_boxes(Looker(regions), pairs, torch.zeros(2, 3, SIDE, SIDE, dtype=torch.uint8), mirrored)
    assert torch.equal(boxes[..., 0], boxes[..., 1])
    sides, centres = boxes[0, :, :1], boxes[0, :, :2] * boxes[0, :, 2:]
    return torch.cat([sides, centres], dim=1).tolist()


# --- which of a grid


def test_the_mean_of_the_good_places_that_hang_together_with_the_best(grid: np.ndarray) -> None:
    put(grid, 0.45, 0.0, 0.4, 0.8)  # of 100 pairs: one standard error is sqrt(0.8 * 0.2 / 100) = 0.04
    put(grid, 0.45, 0.2, 0.4, 0.77)
    put(grid, 0.45, 0.0, 0.6, 0.765)
    put(grid, 0.45, -0.6, -0.6, 0.79)  # as good, elsewhere
    put(grid, 0.45, -0.2, 0.4, 0.75)  # near, not good enough
    put(grid, 0.3, 0.0, 0.4, 0.79)  # of another size
    middle = pytest.approx([0.45, 0.2 / 3, 1.4 / 3], abs=1e-6)
    assert found(ordered(100)) == [middle]
    assert found(ordered(100, equal=900)) == [middle]  # equal pairs make nothing surer
    assert found(ordered(10000)) == [pytest.approx([0.45, 0, 0.4], abs=1e-6)]  # within 0.004 it is alone
    assert found(ordered(60))[0][1] == pytest.approx(0.0, abs=1e-6)  # 0.052 lets the fourth in


def test_a_mirror_image_counts_as_much_where_photos_are_mirrored(grid: np.ndarray) -> None:
    for x, share in ((0.2, 0.8), (-0.2, 0.7)):
        put(grid, 0.3, 0.4, x, share)
    assert found(ordered(400)) == [pytest.approx([0.3, 0.4, 0.2], abs=1e-6)]
    assert abs(found(ordered(400), mirrored=True)[0][2]) == pytest.approx(0.2)  # one of the two, not between
    put(grid, 0.3, 0.4, 0.0, 0.79)  # worth more than 0.75, the mean of left and right
    for x, share in ((0.6, 0.95), (-0.6, 0.4)):
        put(grid, 0.3, -0.2, x, share)
    assert found(ordered(400)) == [pytest.approx([0.3, -0.2, 0.6], abs=1e-6)]
    assert found(ordered(4000), mirrored=True) == [pytest.approx([0.3, 0.4, 0.0], abs=1e-6)]


def test_a_chance_peak_is_outweighed_by_a_hill(grid: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(start, "grid_accuracies", lambda *_: grid)
    put(grid, 0.3, -0.4, -0.4, 0.8)
    for y, x in ((0.4, 0.2), (0.2, 0.2), (0.6, 0.2), (0.4, 0.0), (0.4, 0.4)):
        put(grid, 0.3, y, x, 0.75)
    assert found(ordered(10000)) == [pytest.approx([0.3, 0.4, 0.2], abs=1e-6)]


def test_several_boxes_are_at_least_half_a_side_apart(grid: np.ndarray) -> None:
    put(grid, 0.3, 0.0, 0.0, 0.9)
    put(grid, 0.3, 0.2, -0.2, 0.86)  # 0.2 from the first: too near
    put(grid, 0.45, 0.4, 0.0, 0.85)  # of another size
    put(grid, 0.3, 0.6, 0.4, 0.84)  # 0.4 from the second, whose half side is 0.45
    put(grid, 0.6, -0.6, 0.6, 0.8)
    boxes = found(ordered(10000), regions=3)
    assert boxes == [pytest.approx(box, abs=1e-6) for box in ([0.3, 0, 0], [0.45, 0.4, 0], [0.6, -0.6, 0.6])]
    assert found(ordered(10000), regions=1) == boxes[:1]


# --- what a box is worth


def photos_with_patches(places: list[tuple[float, float]], strengths: np.ndarray) -> Tensor:
    """Noise, with grey patches about some places, each of N strengths (one row a place) in 0..1."""
    rng = np.random.default_rng(0)
    photos = rng.uniform(0, 255, (strengths.shape[1], SIDE, SIDE))
    axis = np.linspace(-1, 1, SIDE)
    for (y, x), values in zip(places, strengths, strict=True):
        inside = (np.abs(axis - y) < 0.11)[:, None] & (np.abs(axis - x) < 0.11)
        photos[:, inside] = 255 * values[:, None]
    return torch.from_numpy(photos).byte()[:, None].expand(-1, 3, -1, -1)


def pairs_by(strengths: np.ndarray, count: int) -> Pairs:
    """Random pairs, ordered by the strengths of each attribute in turn."""
    rng = np.random.default_rng(1)
    rows = [rng.choice(strengths.shape[1], 2, replace=False).tolist() for _ in range(count)]
    attribute = [number % len(strengths) for number in range(count)]
    target = [float(strengths[k, a] > strengths[k, b]) for k, (a, b) in zip(attribute, rows, strict=True)]
    return pairs_of([a for a, _ in rows], [b for _, b in rows], attribute, target)


@pytest.fixture(scope="module")
def patched() -> tuple[Pairs, Tensor]:
    """Pairs of two attributes that are shown at the upper right and at the lower left."""
    strengths = np.random.default_rng(2).uniform(0, 1, (2, 120))
    return pairs_by(strengths, 240), photos_with_patches([(-0.4, 0.4), (0.4, -0.2)], strengths)


def test_boxes_land_where_the_pairs_are_ordered(patched: tuple[Pairs, Tensor]) -> None:
    pairs, photos = patched
    boxes = best_boxes(Looker(), pairs, photos, mirrored=False)
    assert boxes.shape == (2, 1, 4)
    centres = boxes[:, 0, :2] * boxes[:, 0, 2:]
    torch.testing.assert_close(centres, torch.tensor([[-0.4, 0.4], [0.4, -0.2]]), atol=0.15, rtol=0)
    assert boxes[:, 0, 0].tolist() == pytest.approx([SCALES[0]] * 2)


def test_boxes_are_worth_something_where_the_patch_is_seen(patched: tuple[Pairs, Tensor]) -> None:
    pairs, photos = patched
    accuracy = grid_accuracies(Looker(), pairs, photos)
    assert accuracy.shape == (2, 3, 7, 7)
    for number, (y, x) in enumerate(((-0.4, 0.4), (0.4, -0.2))):
        centre = accuracy[number, 0, CENTRES.index(y), CENTRES.index(x)]
        unseen = accuracy[number, 0, CENTRES.index(-y), CENTRES.index(-x)]
        assert centre > 0.85
        assert unseen < 0.65


def test_accuracies_are_shares_of_the_ordered_pairs_on_held_out_parts() -> None:
    """Photos of one brightness each, so that any box sees the order, in whichever direction it is learned."""
    photos = torch.arange(0, 240, 20, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 3, SIDE, SIDE)
    brighter = [(n, n - 1, 0, 1.0) for n in range(1, 12)]
    darker = [(n - 1, n, 1, 1.0) if n % 2 else (n, n - 1, 1, 0.0) for n in range(1, 12)]
    wrong = [(5, 6, 0, 1.0)]  # one of twelve, by far outvoted
    equal = [(0, 11, 0, 0.5)] * 20
    columns = [list(column) for column in zip(*brighter, *darker, *wrong, *equal, strict=True)]
    accuracy = grid_accuracies(Looker(), pairs_of(*columns), photos)
    # Small boxes at the border see as much: what lies outside of a photo is alike in all.
    np.testing.assert_allclose(accuracy[0], 11 / 12)
    np.testing.assert_allclose(accuracy[1], 1)


def test_what_was_learned_by_heart_is_worth_nothing() -> None:
    """Pure noise, more features than pairs: in the pairs that it learned from any box would be right."""
    rng = np.random.default_rng(3)
    photos = torch.from_numpy(rng.uniform(0, 255, (60, 1, SIDE, SIDE))).byte().expand(-1, 3, -1, -1)
    pairs = pairs_by(rng.uniform(0, 1, (1, 60)), 14)
    assert grid_accuracies(Looker(), pairs, photos).mean() == pytest.approx(0.5, abs=0.1)


# --- as a recipe says


def ranker(attributes: int = 2, regions: int = 1) -> RegionRanker:
    torch.manual_seed(0)
    return RegionRanker("colour", attributes, combined=False, regions=regions).eval()


def some_photos(count: int = 3) -> Tensor:
    return torch.from_numpy(np.random.default_rng(4).integers(0, 256, (count, 3, 100, 100), dtype=np.uint8))


def two_attributes() -> Pairs:
    pairs = pairs_of([0, 0], [1, 1], [0, 1], [1.0, 0.0])
    return replace(pairs, names=["heel_height", "shaft_height"])


def test_boxes_in_the_middle_are_left_alone() -> None:
    model = ranker()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    place_boxes("middle", model, two_attributes(), some_photos(), mirrored=True)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_best_boxes_are_where_a_model_starts(mirrored: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    model, pairs, photos = ranker(), two_attributes(), some_photos()
    boxes = torch.tensor([[[0.3, 0.3, 1.0, -0.5]], [[0.6, 0.6, -0.2, 0.0]]])
    asked: list[object] = []

    def best(*arguments: object) -> Tensor:
        asked.extend(arguments)
        return boxes

    monkeypatch.setattr(start, "best_boxes", best)
    place_boxes("best", model, pairs, photos, mirrored)
    assert asked == [model, pairs, photos, mirrored]
    assert model.localiser is not None
    assert torch.equal(model.localiser.home, boxes)


def test_an_unknown_start_is_refused() -> None:
    with pytest.raises(VisavisError, match=r"model\.start: 'midle' is none of middle, best and run:PATH"):
        place_boxes("midle", ranker(), two_attributes(), some_photos(), mirrored=False)


@pytest.fixture
def trained(tiny_bundle: Bundle, tmp_path: Path) -> tuple[Path, RegionRanker]:
    """A run whose boxes differ widely from photo to photo, and its network."""
    model = RegionRanker(**tiny_bundle.config.settings["net"]).eval()
    assert model.localiser is not None
    nn.init.normal_(model.localiser.scale.weight, std=2)
    nn.init.normal_(model.localiser.shift.weight, std=2)
    bundle = write_bundle(tmp_path / "run" / "bundle", model.state_dict(), tiny_bundle.config, "card")
    model.load_state_dict(bundle.weights)  # rounded
    return tmp_path / "run", model


def test_mean_boxes_are_the_means_of_their_borders(
    trained: tuple[Path, RegionRanker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half sides and centres are linear in the borders of a box, whose means are taken photo by photo."""
    run, model = trained
    photos = some_photos(5)
    borders = []
    for photo in photos:
        with torch.no_grad():
            boxes = model.boxes(photo[None, :, 2:98, 2:98].float() / 255)[0].double()
        sides, centres = boxes[..., :2], boxes[..., :2] * boxes[..., 2:]
        borders.append(torch.cat([centres - sides, centres + sides], dim=-1))
    assert torch.stack(borders).std(dim=0).min() > 0.01  # a mean of equal boxes would show nothing
    low, high = torch.stack(borders).mean(dim=0).chunk(2, dim=-1)
    expected = torch.cat([(high - low) / 2, (high + low) / (high - low)], dim=-1).float()
    monkeypatch.setattr(start, "BATCH", 2)
    boxes = mean_boxes(str(run), ["heel_height", "shaft_height"], photos)
    torch.testing.assert_close(boxes, expected, rtol=1e-3, atol=1e-4)

    fixed = RegionRanker("colour", 2, "fixed", combined=False).eval()
    place_boxes(f"run:{run}", fixed, two_attributes(), photos, mirrored=True)
    assert torch.equal(fixed.fixed, boxes)
    follower = ranker()
    place_boxes(f"run:{run / 'bundle'}", follower, two_attributes(), photos, mirrored=True)
    assert follower.localiser is not None
    assert torch.equal(follower.localiser.home, boxes)


def test_a_run_of_other_attributes_is_refused(trained: tuple[Path, RegionRanker]) -> None:
    run, _ = trained
    others = replace(two_attributes(), names=["shaft_height", "heel_height"])
    message = rf"model\.start: {run} knows heel_height, shaft_height, not shaft_height, heel_height"
    with pytest.raises(VisavisError, match=message):
        place_boxes(f"run:{run}", ranker(), others, some_photos(), mirrored=False)
    with pytest.raises(VisavisError, match="nowhere: no bundle there"):
        place_boxes("run:nowhere", ranker(), two_attributes(), some_photos(), mirrored=False)


def test_a_run_of_another_number_of_boxes_is_refused(trained: tuple[Path, RegionRanker]) -> None:
    run, _ = trained
    with pytest.raises(VisavisError, match=rf"model\.start: {run} has boxes of 1 regions, not 2; name a run"):
        place_boxes(f"run:{run}", ranker(regions=2), two_attributes(), some_photos(), mirrored=False)

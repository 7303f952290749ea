"""Where boxes start: of many fixed boxes, those in which people's answers are best read.

A localiser that starts in the middle has to find its part by the gradient of a crop, which reaches a few
pixels; the authors give it 8,000 steps. Here every attribute first tries a grid of fixed boxes on the
training pairs, with features of the backbone as it is and a linear ranking SVM. Nobody labels a part.
"""

from itertools import product

import numpy as np
import torch
from jaxtyping import Float, UInt8
from scipy.ndimage import gaussian_filter, label
from torch import Tensor

from visavis.bundle import find_bundle, read_bundle
from visavis.errors import VisavisError
from visavis.features.ranksvm import RankSVM
from visavis.methods.relative_attributes.data import Pairs
from visavis.methods.relative_attributes.model import RegionRanker
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.methods.relative_attributes.scoring import locate
from visavis.nets.spatial_transformer import centres
from visavis.training.augment import centre_crop

SCALES = (0.3, 0.45, 0.6)  # half sides of the boxes that are tried
CENTRES = (-0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6)  # of their centres, along each axis
SMOOTHING = 0.7  # in steps of the grid: neighbours see nearly the same, and one is best by chance
PARTS = 3  # of the pairs, each ordered by a ranking SVM that learned from the others
PENALTY = 0.01  # C of it, over the number of features
BATCH = 128

Grid = Float[np.ndarray, "K S Y X"]


def place_boxes(
    start: str, model: RegionRanker, pairs: Pairs, photos: UInt8[Tensor, "N 3 H W"], mirrored: bool
) -> None:
    """Put the boxes of a model where a recipe says that they start.

    Args:
        start: `middle`, which they do by themselves; `best`, see `best_boxes`; or `run:PATH`, where those
            of a trained ranker of the same attributes lie on average over the photos.
        model: in evaluation mode.
        pairs, photos: to learn from, the photos as bytes.
        mirrored: whether photos are mirrored in training, so that left and right are the same.

    Raises:
        VisavisError: `start` is none of these, or the ranker is of other attributes or boxes.
    """
    if model.region == "whole":
        return
    if start == "best":
        model.start_at(best_boxes(model, pairs, photos, mirrored))
    elif start.startswith("run:"):
        run = start.removeprefix("run:")
        boxes = mean_boxes(run, pairs.names, photos)
        if boxes.shape[1] != model.regions:
            raise VisavisError(
                f"model.start: {run} has boxes of {boxes.shape[1]} regions, not {model.regions}; "
                "name a run with as many"
            )
        model.start_at(boxes)
    elif start != "middle":
        raise VisavisError(f"model.start: '{start}' is none of middle, best and run:PATH")


def mean_boxes(run: str, names: list[str], photos: UInt8[Tensor, "N 3 H W"]) -> Float[Tensor, "K R 4"]:
    """Where the boxes of a trained ranker lie on average: the mean of their sides and of their centres."""
    trained = AttributeRanker(read_bundle(find_bundle(run), method="relative_attributes"))
    if trained.attributes != names:
        raise VisavisError(
            f"model.start: {run} knows {', '.join(trained.attributes)}, not {', '.join(names)}"
        )
    boxes = locate(trained.model, photos)
    sides = boxes[..., :2].mean(dim=0)
    return torch.cat([sides, centres(boxes).mean(dim=0) / sides], dim=-1)


def best_boxes(
    model: RegionRanker, pairs: Pairs, photos: UInt8[Tensor, "N 3 H W"], mirrored: bool
) -> Float[Tensor, "K R 4"]:
    """The boxes (s_y, s_x, t_y, t_x) of every attribute that order its held-out pairs best.

    Of the boxes of the best one's size several are as good within one standard error, and by chance one is
    best: so it is the mean of those of their places that hang together with the best one.

    Args:
        model: with the backbone that reads the crops; its localiser is not asked.
        pairs: to learn from; only ordered ones count.
        photos: of `pairs.items`, of at least the model's side.
        mirrored: whether a box counts for what it and its mirror image order right on average.

    Where an attribute has R > 1 boxes the others are the best whose centres are at least half a side away.
    """
    accuracy = grid_accuracies(model, pairs, photos)
    if mirrored:
        accuracy = (accuracy + accuracy[..., ::-1]) / 2
    accuracy = gaussian_filter(accuracy, (0, 0, SMOOTHING, SMOOTHING))
    return torch.tensor(
        [_best(one, len(pairs.ordered(number)[0]), model.regions) for number, one in enumerate(accuracy)]
    )


def grid_accuracies(model: RegionRanker, pairs: Pairs, photos: UInt8[Tensor, "N 3 H W"]) -> Grid:
    """Share of the ordered pairs of each attribute that each fixed box orders right."""
    ordered = [pairs.ordered(number) for number in range(len(pairs.names))]
    accuracy = np.zeros((len(pairs.names), len(SCALES), len(CENTRES), len(CENTRES)))
    for (i, scale), (j, y), (k, x) in product(enumerate(SCALES), enumerate(CENTRES), enumerate(CENTRES)):
        features = _features(model, photos, (scale, scale, y / scale, x / scale))
        for number, (more, less) in enumerate(ordered):
            accuracy[number, i, j, k] = _held_out_accuracy(features[more], features[less])
    return accuracy


@torch.no_grad()
def _features(
    model: RegionRanker, photos: UInt8[Tensor, "N 3 H W"], box: tuple[float, float, float, float]
) -> Float[np.ndarray, "N F"]:
    """What the backbone sees in one box of all photos, each feature of mean 0 and deviation 1."""
    device = next(model.parameters()).device
    parts = []
    for part in torch.split(photos, BATCH):
        batch = centre_crop(part, model.side).to(device)
        parts.append(model.look(batch, batch.new_tensor([box]).expand(len(batch), 4)).float().cpu())
    features = torch.cat(parts).numpy()
    scaled: np.ndarray = (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-6)
    return scaled


def _held_out_accuracy(more: Float[np.ndarray, "P F"], less: Float[np.ndarray, "P F"]) -> float:
    """Share of ordered pairs that a ranking SVM orders right which has learned from the other parts."""
    part = np.arange(len(more)) % PARTS
    right = 0
    for held_out in range(PARTS):
        learned, asked = part != held_out, part == held_out
        if learned.sum() >= 2:
            machine = RankSVM(PENALTY / more.shape[1]).fit(more[learned], less[learned])
            right += int((machine.score(more[asked]) > machine.score(less[asked])).sum())
    return right / len(more)


def _best(
    accuracy: Float[np.ndarray, "S Y X"], ordered: int, regions: int
) -> list[tuple[float, float, float, float]]:
    """The best boxes of a grid, for an attribute of so many ordered pairs."""
    size, *place = np.unravel_index(accuracy.argmax(), accuracy.shape)
    best = float(accuracy.max())
    patches, _ = label(accuracy[size] >= best - np.sqrt(best * (1 - best) / ordered))
    rows, columns = np.nonzero(patches == patches[*place])
    chosen = [
        (SCALES[size], float(np.mean(np.take(CENTRES, rows))), float(np.mean(np.take(CENTRES, columns))))
    ]
    grid = [
        (scale, y, x, float(accuracy[i, j, k]))
        for (i, scale), (j, y), (k, x) in product(enumerate(SCALES), enumerate(CENTRES), enumerate(CENTRES))
    ]
    for scale, y, x, _ in sorted(grid, key=lambda box: -box[3]):
        if len(chosen) < regions and all(max(abs(y - b), abs(x - c)) >= a for a, b, c in chosen):
            chosen.append((scale, y, x))
    chosen += chosen[:1] * (regions - len(chosen))
    return [(scale, scale, y / scale, x / scale) for scale, y, x in chosen]

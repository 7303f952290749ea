"""Score photos by nine attributes: one joint network against the same networks, one attribute at a time.

    python benchmarks/rank_scoring.py

Both are the network of recipe `relative_attributes/small`, one localiser and one ranker for all attributes.
The peer is a network an attribute, as the paper trains them, with the very weights of the joint one; each
looks for its box, reads the crop and reads the whole photo anew. Both are called by `judge`, in batches of 64
and on photo and mirror image. Before the clock runs they must give the same scores.

`rank_scoring`: crops of 96 px for both, the mark is 2 x. `rank_scoring_half_crops`: the joint network with
the crops of 48 px of `small` against the peer with crops of 96, the mark is 5 x. `rank_scoring_both_half`:
crops of 48 px for both. Weights are random, which is the same for speed. Photos are rendered and in memory:
decoding is left out. Rounds alternate, the ratio is the median over rounds, and CPU time of one thread
counts, so that other work on the machine disturbs little.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from visavis.datasets import open_dataset
from visavis.methods import find_recipe
from visavis.methods.relative_attributes.data import load_photos
from visavis.methods.relative_attributes.model import RegionRanker
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.scoring import BATCH, judge
from visavis.methods.relative_attributes.training import build_model
from visavis.records import BenchmarkRecord

ROUNDS = 5
FULL, HALF = 96, 48  # px, sides of crops
PAIRS = {  # sides of the joint network's crops and of the peer's, and the mark
    "rank_scoring": (FULL, FULL, 2.0),
    "rank_scoring_half_crops": (HALF, FULL, 5.0),
    "rank_scoring_both_half": (HALF, HALF, None),
}
TOLERANCE = 1e-5  # of scores: sums of another order
RESULTS = Path(__file__).parents[1] / "results" / "benchmarks"

Photos = UInt8[Tensor, "N 3 H W"]


def small(crop_side: int) -> RankerRecipe:
    """The recipe with crops of so many pixels, from scratch."""
    overrides = ["model.backbone=colour", f"model.crop_side={crop_side}"]
    recipe = find_recipe("relative_attributes/small", overrides)
    assert isinstance(recipe, RankerRecipe)
    return recipe


def networks(recipe: RankerRecipe) -> tuple[RegionRanker, list[RegionRanker]]:
    """The network of all attributes, and one for each of them with the same weights."""
    assert recipe.attributes is not None
    count = len(recipe.attributes)
    settings, joint, _ = build_model(recipe, count, None)
    # Boxes that differ, so that no attribute passes for another.
    sides, centres = 0.2 + 0.4 * torch.rand(count, 1, 1), torch.rand(count, 1, 2) - 0.5
    joint.start_at(torch.cat([sides, sides, centres / sides], dim=-1))
    apart = [RegionRanker(**(settings | {"attributes": 1})) for _ in range(count)]
    for number, one in enumerate(apart):
        one.load_state_dict(weights_for(joint, one, number))
    return joint.eval(), [one.eval() for one in apart]


def weights_for(joint: RegionRanker, one: RegionRanker, number: int) -> dict[str, Tensor]:
    """What a network of one attribute has of the joint one: all that is shared, and its part of the rest."""
    weights = joint.state_dict()
    for name, own in one.state_dict().items():
        if own.shape != weights[name].shape:
            weights[name] = weights[name].chunk(joint.attributes)[number]
    return weights


def scores(models: Sequence[RegionRanker], photos: Photos) -> Float[Tensor, "N K"]:
    """Scores of photos by all attributes of all models."""
    return torch.cat([judge(model, photos).scores for model in models], dim=1)


def milliseconds(models: Sequence[RegionRanker], photos: Photos) -> float:
    """Mean CPU time per photo of one round."""
    start = process_time()
    scores(models, photos)
    return 1000 * (process_time() - start) / len(photos)


def contenders(photos: Photos) -> dict[tuple[str, int], list[RegionRanker]]:
    """The joint network and its peers with crops of both sizes, once they give the same scores."""
    models = {}
    for side in (FULL, HALF):
        joint, apart = networks(small(side))
        models["joint", side], models["apart", side] = [joint], apart
        torch.testing.assert_close(scores([joint], photos), scores(apart, photos), rtol=0, atol=TOLERANCE)
    return models


def measure(photos: Photos) -> list[BenchmarkRecord]:
    """Alternate joint networks and peers over all photos; one record for each of `PAIRS`."""
    models = contenders(photos)
    rounds = [{key: milliseconds(one, photos) for key, one in models.items()} for _ in range(ROUNDS)]
    times = {key: np.array([one[key] for one in rounds]) for key in models}
    count = len(models["apart", FULL])
    material = f"{len(photos):,} rendered photos in memory, {count} attributes"
    way = f"batches of {BATCH}, photo and mirror image, one thread, median of {ROUNDS} alternating rounds"
    return [
        BenchmarkRecord(
            name=name,
            peer=f"{count} networks of one attribute with the joint one's weights, crops of {theirs} px",
            ours=median(times["joint", ours]),
            theirs=median(times["apart", theirs]),
            unit="CPU ms per photo",
            ratio=median(times["apart", theirs] / times["joint", ours]),
            conditions=f"{material}, crops of {ours} px, {way}",
        )
        for name, (ours, theirs, _) in PAIRS.items()
    ]


def main() -> None:
    """Run the benchmark, print it and write its records."""
    parser = argparse.ArgumentParser(description="Joint scoring against scoring attribute by attribute.")
    parser.add_argument("--photos", type=int, default=200, help="how many are rendered and scored")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    options = small(HALF).model
    items = open_dataset(f"rendered-faces-{asked.photos}").items
    for record in measure(load_photos(items, options.page, options.share, options.down)):
        record.write(RESULTS / f"{record.name}.json")
        mark = PAIRS[record.name][2]
        times = f"{record.ours:.2f} against {record.theirs:.2f} {record.unit}"
        asked_for = "" if mark is None else f", the mark is {mark:.0f} x"
        print(f"{record.name}: {times}, {record.ratio:.2f} x{asked_for}")


if __name__ == "__main__":
    main()

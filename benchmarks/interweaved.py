"""Encode all overlapping patches of a photo by ANet: one interweaved pass against patch by patch.

    python benchmarks/interweaved.py

Patches of 88 px at every 8 px. The peer cuts them out and encodes them in one batch, which is faster than
call by call. Before the clock runs both must give the same maps.

`interweaved`: photos of 128 px, 36 patches, the mark is 3 x (the paper says 6 x, of sizes that it does not
give). `interweaved_large`: photos of 192 px, 196 patches. Photos and weights are random, which is the same
for speed. Rounds alternate after one that is not counted, the ratio is the median over rounds, and CPU time
of one thread counts, so that other work on the machine disturbs little.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from visavis.nets.anet import ANet
from visavis.nets.interweaved import interweaved
from visavis.records import BenchmarkRecord

ROUNDS = 5
STRIDE = 8  # px from one patch to the next
SIDES = {"interweaved": (128, 3.0), "interweaved_large": (192, None)}  # px of a photo, and the mark
TOLERANCE = 1e-5  # of maps: sums of another order
RESULTS = Path(__file__).parents[1] / "results" / "benchmarks"

Encode = Callable[[Tensor], Tensor]


def patch_by_patch(net: ANet, photo: Float[Tensor, "1 3 H W"]) -> Float[Tensor, "1 rows columns C h w"]:
    """The same maps, every patch by itself, all in one batch."""
    patches = photo.unfold(2, net.side, STRIDE).unfold(3, net.side, STRIDE)
    maps: Tensor = net(rearrange(patches, "1 c rows columns h w -> (rows columns) c h w"))
    return rearrange(maps, "(rows columns) c h w -> 1 rows columns c h w", rows=patches.shape[2])


def milliseconds(encode: Encode, photos: Float[Tensor, "N 3 H W"]) -> float:
    """Mean CPU time per photo of one round, photo after photo."""
    start = process_time()
    for photo in photos:
        encode(photo[None])
    return 1000 * (process_time() - start) / len(photos)


@torch.inference_mode()
def measure(name: str, count: int) -> BenchmarkRecord:
    """Alternate both over so many photos."""
    torch.manual_seed(0)
    side, _ = SIDES[name]
    net, photos = ANet().eval(), torch.rand(count, 3, side, side)
    one_pass, peer = partial(interweaved, net, stride=STRIDE), partial(patch_by_patch, net)
    found = one_pass(photos[:1])
    torch.testing.assert_close(found, peer(photos[:1]), rtol=0, atol=TOLERANCE)
    patches = found.shape[1] * found.shape[2]
    rounds = [[milliseconds(encode, photos) for encode in (one_pass, peer)] for _ in range(1 + ROUNDS)]
    ours, theirs = np.array(rounds[1:]).T
    return BenchmarkRecord(
        name=name,
        peer="the same network on all patches in one batch",
        ours=median(ours),
        theirs=median(theirs),
        unit="CPU ms per photo",
        ratio=median(theirs / ours),
        conditions=f"{count} photos of {side} px in memory, one at a time, {patches} patches of {net.side} "
        f"px at every {STRIDE} px, one thread, median of {ROUNDS} alternating rounds",
    )


def main() -> None:
    """Run the benchmark, print it and write its records."""
    parser = argparse.ArgumentParser(description="One interweaved pass against patch by patch.")
    parser.add_argument("--photos", type=int, default=20, help="how many are encoded in a round")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for name, (_, mark) in SIDES.items():
        record = measure(name, asked.photos)
        record.write(RESULTS / f"{name}.json")
        times = f"{record.ours:.2f} against {record.theirs:.2f} {record.unit}"
        asked_for = "" if mark is None else f", the mark is {mark:.0f} x"
        print(f"{name}: {times}, {record.ratio:.2f} x{asked_for}")


if __name__ == "__main__":
    main()

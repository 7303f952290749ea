"""Decode and shrink photos to 128 px: `visavis.images.load` against Pillow's usual way, on one core.

    VISAVIS_DATA=... python benchmarks/decode_resize.py

`decode_resize`: 2,000 shoe photos of 192 px. `decode_resize_large`: 300 photos enlarged to 1600 px. The peer
resizes with Pillow's default filter, bicubic, or in the records that say so with LANCZOS. Rounds alternate
after one that is not counted, the ratio is the median over rounds, and CPU time counts, so that other work on
the machine disturbs little.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time

import cv2
import numpy as np
import PIL
from jaxtyping import UInt8
from PIL import Image
from PIL.Image import Resampling

from visavis import images
from visavis.records import BenchmarkRecord

ROUNDS = 5
SIZE = 128
FILTERS = {"bicubic": Resampling.BICUBIC, "LANCZOS": Resampling.LANCZOS}
RESULTS = Path(__file__).parents[1] / "results" / "benchmarks"

Photo = UInt8[np.ndarray, "H W 3"]


def ours(path: Path) -> Photo:
    """Load a photo with visavis."""
    return images.load(path, size=SIZE)


def pillow(path: Path, resampling: Resampling) -> Photo:
    """Load a photo with Pillow."""
    with Image.open(path) as image:
        scale = SIZE / max(image.size)
        size = round(image.width * scale), round(image.height * scale)
        return np.asarray(image.convert("RGB").resize(size, resampling))


def milliseconds(loader: Callable[[Path], Photo], paths: Sequence[Path]) -> float:
    """Mean CPU time per image of one round."""
    start = process_time()
    for path in paths:
        loader(path)
    return 1000 * (process_time() - start) / len(paths)


def measure(name: str, paths: Sequence[Path], what: str) -> list[BenchmarkRecord]:
    """Alternate the loaders over all paths; one record for each filter of the peer."""
    loaders: list[Callable[[Path], Photo]] = [ours]
    loaders += [partial(pillow, resampling=resampling) for resampling in FILTERS.values()]
    rounds = [[milliseconds(loader, paths) for loader in loaders] for _ in range(ROUNDS + 1)]
    mine, *peers = np.array(rounds[1:]).T
    return [
        BenchmarkRecord(
            name=name if kind == "bicubic" else f"{name}_{kind.lower()}",
            peer=f"Pillow {PIL.__version__}: open, convert, resize ({kind}), asarray",
            ours=median(mine),
            theirs=median(theirs),
            unit="CPU ms per image",
            ratio=median(theirs / mine),
            conditions=f"{what} to {SIZE} px, one thread, median of {ROUNDS} alternating rounds",
        )
        for kind, theirs in zip(FILTERS, peers, strict=True)
    ]


def enlarge(source: Path, folder: Path) -> Path:
    """Write a photo as a JPEG (quality 90) of 1600 px on its longest side."""
    target = folder / f"{source.stem}.jpg"
    Image.fromarray(images.load(source, size=1600)).save(target, quality=90)
    return target


def main() -> None:
    """Run both benchmarks, print them and write their records."""
    if "VISAVIS_DATA" not in os.environ:
        sys.exit("Set VISAVIS_DATA to the folder that holds the data sets.")
    data = Path(os.environ["VISAVIS_DATA"])
    cv2.setNumThreads(1)
    shoes = sorted((data / "qmul-shoe-extra" / "shoev2-photos").glob("*.jpg"))
    records = measure("decode_resize", shoes, f"{len(shoes):,} photos of 192 px")
    with tempfile.TemporaryDirectory() as folder:
        photos = sorted((data / "photos" / "bsds").rglob("*.jpg"))
        large = [enlarge(photo, Path(folder)) for photo in photos]
        records += measure("decode_resize_large", large, f"{len(large)} photos of 1600 px")
    for record in records:
        record.write(RESULTS / f"{record.name}.json")
        times = f"{record.ours:.3f} against {record.theirs:.3f} {record.unit}"
        print(f"{record.name}: {times}, {record.ratio:.2f} x")


if __name__ == "__main__":
    main()

"""Vector sketches drawn as pages, whole and with strokes removed.

Stroke removal as published with Sketch-a-Net (Yu et al., BMVC 2015): stroke i of a sketch scores
exp(0.5 order_i - 2 length_i), order and length relative to the sketch; late and short strokes have the
highest scores and go first, for they carry detail.
"""

from pathlib import Path

import cv2
import numpy as np
import polars as pl
from jaxtyping import Float, UInt8

from visavis import images
from visavis.datasets.cache import cached
from visavis.datasets.qmul import TERMS, Strokes
from visavis.tables import DataSet, read_items

REMOVED = (0.0, 0.3, 0.5)  # of the published nine levels, 10 to 60 %
VERSION = 1
SIZE = 256


def stroke_pages(strokes: Strokes) -> DataSet:
    """Every vector sketch as three pages: whole, and with 30 and 50 % of its strokes removed.

    The pages are drawn once into the cache folder. The label is the thing drawn, so all sketches of one
    chair, in all their levels, belong together.
    """
    folder = cached(f"chair-v2-strokes-v{VERSION}", lambda staged: _write(strokes, staged))
    data = read_items(folder / "items.csv")
    return DataSet("chair-v2-strokes", data.items, terms=TERMS)


def removal_order(strokes: list[Float[np.ndarray, "n 2"]]) -> list[int]:
    """Numbers of the strokes, the first to be removed first."""
    length = np.array([np.linalg.norm(np.diff(stroke, axis=0), axis=1).sum() for stroke in strokes])
    order = np.arange(len(strokes)) / max(1, len(strokes) - 1)
    score = np.exp(0.5 * order - 2 * length / max(length.max(), 1e-6))
    return [int(number) for number in np.argsort(-score, kind="stable")]


def draw_strokes(
    strokes: list[Float[np.ndarray, "n 2"]], share_removed: float
) -> UInt8[np.ndarray, "256 256"]:
    """Draw a sketch dark on white, less the given share of its strokes (at least one remains)."""
    removed = removal_order(strokes)[: min(round(share_removed * len(strokes)), len(strokes) - 1)]
    page = np.full((SIZE, SIZE), 255, np.uint8)
    for number, stroke in enumerate(strokes):
        if number not in removed:
            # Eight fractional bits keep the curve smooth under antialiasing.
            points = np.round(stroke * 256).astype(np.int32).reshape(-1, 1, 2)
            cv2.polylines(page, [points], False, 0, 2, cv2.LINE_AA, shift=8)
    return page


def _write(strokes: Strokes, folder: Path) -> None:
    rows = []
    for name, split, sketch in zip(strokes.names, strokes.splits, strokes.strokes, strict=True):
        for share in REMOVED:
            file = f"{name}-{round(100 * share)}.png"
            images.save(folder / file, draw_strokes(sketch, share))
            rows.append((file, name.rpartition("_")[0], "sketch", split))
    table = pl.DataFrame(rows, schema=["path", "label", "domain", "split"], orient="row")
    table.write_csv(folder / "items.csv")

"""Ground-truth attributes of the QMUL chairs rank as the data's description says, ties counted as wrong."""

import json
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from visavis.metrics import accuracy_at_k, ranks, triplet_accuracy

DATA = os.environ.get("VISAVIS_DATA")
pytestmark = pytest.mark.skipif(DATA is None, reason="VISAVIS_DATA names no folder with qmul-chair-v1")


def hamming(folder: Path, split: str) -> tuple[list[int], np.ndarray]:
    """Item numbers of a split, and the distance of each sketch (row) to each photo (column)."""
    table = pl.read_csv(folder / "attributes.csv").filter(pl.col("split") == split).sort("number")
    sketches, photos = (
        table.filter(pl.col("kind") == kind).select(pl.col("^a\\d+$")).to_numpy()
        for kind in ("sketch", "photo")
    )
    distances = (sketches[:, None] != photos).sum(axis=2).astype(np.float32)
    return table["number"].unique(maintain_order=True).to_list(), distances


@pytest.mark.parametrize(("split", "expected"), [("train", (5.5, 33.0, 25.9)), ("test", (8.2, 49.5, 37.1))])
def test_known_figures(split: str, expected: tuple[float, float, float]) -> None:
    folder = Path(DATA or "") / "qmul-chair-v1"
    numbers, distances = hamming(folder, split)
    found = ranks(distances, np.arange(len(numbers)))
    comparisons = json.loads((folder / "triplets.json").read_text())[split]
    closer, farther = np.array(
        [
            [distances[numbers.index(sketch), numbers.index(photo)] for photo in pair[:2]]
            for sketch, pairs in zip(comparisons["sketches"], comparisons["pairs"], strict=True)
            for pair in pairs
        ]
    ).T
    measured = (accuracy_at_k(found, 1), accuracy_at_k(found, 10), triplet_accuracy(closer, farther))
    assert tuple(round(100 * value, 1) for value in measured) == expected

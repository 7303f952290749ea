"""Validation folds: five blocks of the training labels, in the order of the table."""

import numpy as np
import polars as pl

FOLDS = 5


def held_out_labels(items: pl.DataFrame, fold: int) -> list[str]:
    """Labels of the training items that fold 0..4 holds out; all images of a held-out thing go with it."""
    labels = items.filter(pl.col("split") == "train")["label"].drop_nulls().unique(maintain_order=True)
    return np.array_split(labels.to_numpy(), FOLDS)[fold].tolist()  # type: ignore[no-any-return]

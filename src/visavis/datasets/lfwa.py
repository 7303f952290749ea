"""LFWA (Liu et al., ICCV 2015): the photographs of LFW with the 40 attributes of CelebA.

`lfwa/`: `lfw/<person>/<person>_0001.jpg`, `lfw_att_40.mat` and `indices_train_test.mat`. The variables are
known from programs that read them, not from a description: AttrName (40 names), name (13,143 paths with
backslashes) and label (1 or 0: a row for each path, a column for each name); indices_img_train and
indices_img_test, which count from 1 into name. Both files come as MATLAB 7.3.
"""

from pathlib import Path

import numpy as np
import polars as pl

from visavis.datasets.official import (
    existing,
    item_table,
    malformed,
    read_mat,
    reading,
    split_of,
    texts,
    whole,
)
from visavis.tables import ATTRIBUTE, DataSet

TERMS = (
    "For non-commercial research and testing only, no redistribution, nothing that identifies people; the "
    "people shown did not agree to this use. Cite Liu et al., ICCV 2015, and Huang et al., technical report "
    "07-49, University of Massachusetts, 2007."
)


def read(root: Path) -> DataSet:
    """Read the photographs, the people's names as labels, the attributes (1 or 0), splits train and test.

    Attributes are named as those of CelebA, with underscores for spaces.

    Args:
        root: the folder that holds `lfwa`.

    Raises:
        VisavisError: something is missing or malformed; the sentence names the file.
    """
    folder = existing(root / "lfwa")
    ids, strengths = _attributes(folder / "lfw_att_40.mat")
    photos = existing(folder / "lfw")
    items = item_table(
        [(name, str(existing(photos / name)), "photo", Path(name).parent.name, None) for name in ids]
    )
    path = folder / "indices_train_test.mat"
    train, test = read_mat(path, "indices_img_train", "indices_img_test")
    with reading(path):
        split = split_of({"train": train, "test": test}, len(ids))
    return DataSet("lfwa", items.with_columns(split).hstack(strengths), terms=TERMS)


def _attributes(path: Path) -> tuple[list[str], pl.DataFrame]:
    """The images and, in the same order, the columns `attr.<name>`."""
    attributes, names, labels = read_mat(path, "AttrName", "name", "label")
    with reading(path):
        columns = [f"{ATTRIBUTE}{name.replace(' ', '_')}" for name in texts(attributes)]
        ids = [name.replace("\\", "/") for name in texts(names)]
        values = whole(labels)
        if values.shape != (len(ids), len(columns)):
            raise ValueError(f"label is not of {len(ids)} rows and {len(columns)} columns")
        strengths = pl.DataFrame(values.astype(np.float32), schema=columns)
    odd = np.flatnonzero(~np.isin(values, (0, 1)).all(axis=1))
    if len(odd):
        raise malformed(path, f"row {odd[0] + 1} of label has a value that is neither 0 nor 1")
    if len(set(ids)) < len(ids):
        raise malformed(path, "it names an image twice")
    return ids, strengths

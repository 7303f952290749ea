"""MATLAB files as official data sets have them, written small, and what is said of broken ones."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from scipy.io import loadmat, savemat

from visavis.errors import VisavisError


def cells(values: Sequence[Any]) -> np.ndarray:
    """A MATLAB cell array of one row."""
    row = np.empty((1, len(values)), object)
    for number, value in enumerate(values):
        row[0, number] = value
    return row


def save_73(path: Path, **variables: list[str] | np.ndarray) -> None:
    """Write a file as MATLAB's `-v7.3` does: a header before HDF5, axes reversed, cells as references."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in variables.items():
            if isinstance(value, list):
                cell = [_text(file, f"#refs#/{name}{n}", text).ref for n, text in enumerate(value)]
                stored = file.create_dataset(name, data=np.array([cell], h5py.ref_dtype))
                stored.attrs["MATLAB_class"] = np.bytes_("cell")
            else:
                file.create_dataset(name, data=value.T).attrs["MATLAB_class"] = np.bytes_("double")
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")


def _text(file: h5py.File, name: str, text: str) -> h5py.Dataset:
    stored = file.create_dataset(name, data=np.array([[ord(letter)] for letter in text], np.uint16))
    stored.attrs["MATLAB_class"] = np.bytes_("char")
    return stored


def change(path: Path, **variables: Any) -> None:
    """Write some variables of a file anew; None takes one away."""
    stored = {key: value for key, value in loadmat(path).items() if not key.startswith("__")} | variables
    savemat(path, {key: value for key, value in stored.items() if value is not None})


def refusal(path: Path, read: Callable[[], object]) -> str:
    """What is said in brackets of a file that is malformed, and of no other."""
    with pytest.raises(VisavisError) as caught:
        read()
    sentence = str(caught.value)
    before, after = f"{path} is malformed (", "); restore it from the source of the data set"
    assert sentence.startswith(before)
    assert sentence.endswith(after)
    assert "\n" not in sentence
    return sentence.removeprefix(before).removesuffix(after)

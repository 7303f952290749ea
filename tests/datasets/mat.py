"""MATLAB files as official data sets have them, written small, and what is said of broken ones."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

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

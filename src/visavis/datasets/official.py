"""What the readers of official layouts share: files that must be there, MATLAB tables, columns of items."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Int

from visavis.errors import VisavisError

RELATIONS = ("more", "less", "equal")
"""Of two items that are compared by an attribute, from the viewpoint of the first."""

ItemRow = tuple[str, str, str, str | None, str | None]


def item_table(rows: list[ItemRow]) -> pl.DataFrame:
    """Items without attributes: id, path, domain, label and split of each."""
    columns = ("id", "path", "domain", "label", "split")
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def existing(path: Path) -> Path:
    """The absolute path of a file or folder.

    Raises:
        VisavisError: it is missing.
    """
    if not path.exists():
        raise VisavisError(
            f"{path} is missing; restore it, or set VISAVIS_DATA to the folder that holds the data sets"
        )
    return path.absolute()


def malformed(path: Path, reason: str | Exception) -> VisavisError:
    """The sentence, to be raised, that says why a file cannot be used."""
    told = f"{type(reason).__name__}: {reason}" if isinstance(reason, Exception) else reason
    first = told.partition("\n")[0]
    return VisavisError(f"{path} is malformed ({first}); restore it from the source of the data set")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever a file of another shape makes fail inside becomes the sentence of `malformed`."""
    try:
        yield
    except (
        OSError, EOFError, ValueError, TypeError, LookupError, NotImplementedError, zlib.error,
        pl.exceptions.PolarsError,
    ) as error:  # fmt: skip
        raise malformed(path, error) from None


def read_mat(path: Path, *keys: str) -> list[np.ndarray]:
    """Variables of a MATLAB file (up to version 7.2), in the order of `keys`.

    Raises:
        VisavisError: the file is missing or cut off, or lacks a variable.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    path = existing(path)
    with reading(path):
        try:
            stored = loadmat(path, appendmat=False)
        except MatReadError as error:
            raise malformed(path, error) from None
    for key in keys:
        if key not in stored:
            raise malformed(path, f"it has no variable '{key}'")
    return [stored[key] for key in keys]


def texts(cells: np.ndarray) -> list[str]:
    """The strings of a cell array, or the rows of a character array, without blanks around them."""
    return ["".join(np.ravel(cell)).strip() for cell in cells.ravel()]


def whole(numbers: np.ndarray) -> Int[np.ndarray, "*shape"]:
    """MATLAB's numbers, as a rule floats, as whole ones.

    Raises:
        ValueError: one is not.
    """
    with np.errstate(invalid="ignore"):
        rounded = numbers.astype(np.int64)
    if not np.array_equal(rounded, numbers):
        raise ValueError("a number is not whole")
    return rounded

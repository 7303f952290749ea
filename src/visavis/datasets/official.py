"""What the readers of official layouts share: files that must be there, MATLAB tables, columns of items."""

import zlib
from collections.abc import Iterator, Mapping
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
        OSError, EOFError, ValueError, TypeError, LookupError, zlib.error, pl.exceptions.PolarsError,
    ) as error:  # fmt: skip
        raise malformed(path, error) from None


def read_mat(path: Path, *keys: str) -> list[np.ndarray]:
    """Variables of a MATLAB file of any version, in the order of `keys`; axes of length 1 may be missing.

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
        except NotImplementedError:  # of version 7.3, an HDF5 file, which SciPy does not read
            import mat73

            stored = mat73.loadmat(str(path))
    for key in keys:
        if key not in stored:
            raise malformed(path, f"it has no variable '{key}'")
    return [_array(stored[key]) for key in keys]


def _array(variable: object) -> np.ndarray:
    """An array as it is; a list of texts, as cells of version 7.3 become, as an array of them."""
    return np.array(variable, object) if isinstance(variable, list) else np.asarray(variable)


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


def from_one(indices: Int[np.ndarray, "n"], values: np.ndarray) -> np.ndarray:
    """`values` at MATLAB's indices, which count from 1.

    Raises:
        IndexError: there is no such place.
    """
    if len(indices) and not 1 <= indices.min() <= indices.max() <= len(values):
        raise IndexError(f"an index is not in 1..{len(values)}")
    return np.take(values, indices - 1)


def split_of(indices: Mapping[str, np.ndarray], n: int) -> pl.Series:
    """The column `split` of `n` rows, null where none holds a row.

    Args:
        indices: of each split the numbers of its rows, counted from 1, in any shape.
        n: how many rows there are.

    Raises:
        IndexError: there is no such row.
        ValueError: a number is not whole, or in more than one split.
    """
    names = np.full(n, None, object)
    for name, numbers in indices.items():
        rows = from_one(whole(numbers).ravel(), np.arange(n))
        if names[rows].any():
            raise ValueError(f"number {rows[names[rows].astype(bool)][0] + 1} is in more than one split")
        names[rows] = name
    return pl.Series("split", names.tolist(), pl.String)

"""What a face reader answers: faces and their attributes, as lines, and as rows of a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from visavis.pictures.boxes import Box
from visavis.tables import ATTRIBUTE, BOX

Row = dict[str, str | float | bool | None]
FACE_COLUMNS: Mapping[str, type[pl.DataType]] = {
    "path": pl.String,
    "is_face": pl.Boolean,
    "response": pl.Float64,
    **dict.fromkeys(BOX, pl.Float64),
}


@dataclass(frozen=True)
class Located:
    """The window of a photo's most likely face (x, y, w, h in pixels), and the response that it reached.

    `is_face` says whether that reaches the threshold of the bundle, which was set between training photos
    with and without faces; where it was trained without such pictures, everything does.
    """

    path: Path
    window: Box
    score: float
    is_face: bool

    def __str__(self) -> str:
        if not self.is_face:
            return f"{self.path}  no face: the highest response, {self.score:.3f}, is below the threshold"
        x, y, w, h = (round(value) for value in self.window)
        return f"{self.path}  x {x} y {y} w {w} h {h}  response {self.score:.3f}"

    def line(self) -> str:
        """The same: it is one line."""
        return str(self)

    def rows(self) -> list[Row]:
        """One row of `FACE_COLUMNS`, without a box where there is no face."""
        row: Row = {"path": str(self.path), "is_face": self.is_face, "response": self.score}
        return [row | dict(zip(BOX, self.window, strict=True)) if self.is_face else row]


@dataclass(frozen=True)
class Faces:
    """All faces of a photo, the highest response first; of a photo without one, the window that is none."""

    path: Path
    faces: tuple[Located, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.faces))

    def line(self) -> str:
        """The same: a line for each face."""
        return str(self)

    def rows(self) -> list[Row]:
        """A row of `FACE_COLUMNS` for each face."""
        return [row for face in self.faces for row in face.rows()]


@dataclass(frozen=True)
class Described:
    """A photo's face, None where the bundle reads aligned ones, and the probability of each attribute.

    The attributes are in the bundle's order. Where there is no face, there are none.
    """

    path: Path
    face: Located | None
    probabilities: dict[str, float]

    def __str__(self) -> str:
        lines = [f"{value:6.2f}  {name}" for name, value in self.probabilities.items()]
        return "\n".join([self._where(), *lines])

    def line(self) -> str:
        """The face, and the attributes that are more likely there than not, on one line."""
        if not self.probabilities:
            return self._where()
        there = [name for name, value in self.probabilities.items() if value >= 0.5]
        return f"{self._where()}  {', '.join(there) or 'no attribute above 50 %'}"

    def rows(self) -> list[Row]:
        """One row: that of the face, and a column `attr.NAME` for each probability."""
        row: Row = {"path": str(self.path)} if self.face is None else self.face.rows()[0]
        return [row | {f"{ATTRIBUTE}{name}": value for name, value in self.probabilities.items()}]

    def _where(self) -> str:
        return str(self.path if self.face is None else self.face)


def described_columns(attributes: list[str]) -> dict[str, type[pl.DataType]]:
    """The columns of `Described.rows`."""
    return {**FACE_COLUMNS, **{f"{ATTRIBUTE}{name}": pl.Float64 for name in attributes}}

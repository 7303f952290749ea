"""Faces that excite units of ANet most: what a unit stands for, shown by photos of the user's own."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from rich.console import Console
from rich.progress import track

from visavis.chunked import answers
from visavis.errors import VisavisError
from visavis.methods.face_attributes.answers import Located
from visavis.methods.face_attributes.faces import FaceReader


class Example(NamedTuple):
    """A face, and how active a unit is on it."""

    face: Located
    activation: float


def most_exciting(
    reader: FaceReader, units: Sequence[int], photos: list[str], count: int
) -> list[list[Example]]:
    """For each unit the faces on which it is most active, the most active first. Nothing of them is kept.

    Photos without a face, and those that cannot be read, are passed over.

    Raises:
        VisavisError: there is no face in any of them.
    """

    def active(paths: list[str]) -> list[tuple[Located, Float[np.ndarray, " F"]] | None]:
        located = reader.locate(paths)
        rows = iter(reader.activations([face for face in located if face.is_face])[:, list(units)])
        return [(face, next(rows)) if face.is_face else None for face in located]

    looked_at = track(
        answers(active, photos), "examples", len(photos), console=Console(stderr=True), transient=True
    )
    known = [found for _, found in looked_at if isinstance(found, tuple)]
    if not known:
        raise VisavisError(f"none of {len(photos)} photos shows a face to take examples from; name others")
    table = np.array([row for _, row in known])
    order = np.argsort(-table, axis=0, kind="stable")[:count]
    return [
        [Example(known[row][0], float(table[row, unit])) for row in order[:, unit]]
        for unit in range(len(units))
    ]

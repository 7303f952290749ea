"""Rendered shoes and faces of known attributes, written to the cache once and read as a user's table is.

The folder holds `items.csv`, `parts.csv` (id, part, box: where each part lies in each photo) and the images.
There are no edge maps in it: a method that compares with edge maps computes them from the photos.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from visavis import images
from visavis.datasets.cache import cached
from visavis.errors import VisavisError
from visavis.synth import faces, shoes
from visavis.synth.face_photo import render_face
from visavis.synth.paint import Rendering
from visavis.synth.photo import render_photo
from visavis.synth.sketch import render_sketch
from visavis.tables import ATTRIBUTE, DataSet, read_items, read_parts

VERSION = 1
FACES_VERSION = 1
"""Parts of the folders' names; a change that alters a picture or a table needs the next number."""

TERMS = "Rendered by visavis from a seed; nobody's photos or drawings are in it."
TRAIN_OF_TEN = 7
SKETCHES = {"train": 2, "test": 1}
ABSTRACTION = (0.1, 0.7)
PARTS = "parts.csv"

Row = dict[str, str | float | None]
Writer = Callable[[int, int, Path], tuple[list[Row], list[Row]]]


def rendered_shoes(n: int, seed: int = 0, folder: Path | None = None) -> DataSet:
    """`n` rendered shoes: a photo each, and two sketches of a training shoe or one of a test shoe.

    Of every ten shoes seven are for training. Label: the shoe. Attributes (`synth.shoes.ATTRIBUTES`) are the
    strengths in 0..1 that the shoe was drawn with; a test sketch has none, it is only ever a query. Parts are
    those of the photos; `synth.shoes.PART_OF` says which one shows an attribute.

    Args:
        n: how many shoes; a smaller set of the same seed is the beginning of a larger one.
        folder: where sets are kept, each in a folder of its own; VISAVIS_CACHE or ~/.cache/visavis if None.

    Raises:
        VisavisError: where `n` is less than 1.
    """
    return _rendered("shoe", n, seed, VERSION, _write_shoe, folder)


def rendered_faces(n: int, seed: int = 0, folder: Path | None = None) -> DataSet:
    """`n` rendered faces, a photo each, of persons who do not exist.

    Of every ten faces seven are for training. Label: the face. Attributes (`synth.faces.ATTRIBUTES`) are the
    strengths in 0..1 that the face was drawn with, independent of each other; `synth.faces.PART_OF` says
    which of the parts shows each. Arguments and errors are those of `rendered_shoes`.
    """
    return _rendered("face", n, seed, FACES_VERSION, _write_face, folder)


def _rendered(thing: str, n: int, seed: int, version: int, write_one: Writer, folder: Path | None) -> DataSet:
    """The set `rendered-<thing>s-<n>`; what `write_one` gives are rows of items and of parts."""
    name = f"rendered-{thing}s-{n}"
    if n < 1:
        raise VisavisError(f"{name}: there is nothing to render; ask for 1 {thing} at least")

    def write(staged: Path) -> None:
        written = [write_one(index, seed, staged) for index in range(n)]
        for number, table in enumerate(("items.csv", PARTS)):
            pl.DataFrame([row for rows in written for row in rows[number]]).write_csv(staged / table)

    place = cached(f"{name}-seed{seed}-v{version}", write, folder)
    read = read_items(place / "items.csv")
    return replace(read, name=name, parts=read_parts(place / PARTS, read.items), terms=TERMS)


def _write_shoe(index: int, seed: int, folder: Path) -> tuple[list[Row], list[Row]]:
    """Write one shoe's images; return its rows of items and of parts."""
    rng = np.random.default_rng((seed, index))
    shoe = shoes.sample(rng)
    strengths = shoe.strengths()
    items, parts = _write_photo(index, strengths, render_photo(shoe, rng), folder)
    name, split = f"{index:05d}", _split(index)
    for number in range(SKETCHES[split]):
        path = f"sketch/{name}-{number}.png"
        images.save(folder / path, render_sketch(shoe, rng, rng.uniform(*ABSTRACTION)))
        unknown = split == "test"
        items.append(_row(index, path, "sketch", dict.fromkeys(strengths) if unknown else strengths))
    return items, parts


def _write_face(index: int, seed: int, folder: Path) -> tuple[list[Row], list[Row]]:
    """Write one face's photo; return its row of items and those of parts."""
    rng = np.random.default_rng((seed, index))
    face = faces.sample(rng)
    return _write_photo(index, face.strengths(), render_face(face, rng), folder)


def _write_photo(
    index: int, strengths: dict[str, float], photo: Rendering, folder: Path
) -> tuple[list[Row], list[Row]]:
    path = f"photo/{index:05d}.jpg"
    images.save(folder / path, photo.image)
    parts: list[Row] = [{"id": path, "part": part, **box._asdict()} for part, box in photo.boxes.items()]
    return [_row(index, path, "photo", strengths)], parts


def _split(index: int) -> str:
    return "train" if index % 10 < TRAIN_OF_TEN else "test"


def _row(index: int, path: str, domain: str, strengths: Mapping[str, float | None]) -> Row:
    attributes = {f"{ATTRIBUTE}{key}": value for key, value in strengths.items()}
    return {"path": path, "domain": domain, "label": f"{index:05d}", "split": _split(index), **attributes}

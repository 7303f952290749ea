"""Rendered shoes with known attributes, written to the cache once and then read as a user's table is.

The folder holds `items.csv`, `parts.csv` (id, part, box: where each part lies in each photo) and the images.
There are no edge maps in it: a method that compares with edge maps computes them from the photos.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from visavis import images
from visavis.datasets.cache import cached
from visavis.errors import VisavisError
from visavis.synth.photo import render_photo
from visavis.synth.shoes import sample
from visavis.synth.sketch import render_sketch
from visavis.tables import ATTRIBUTE, DataSet, read_items, read_parts

VERSION = 1
"""Part of the folder's name; a change that alters a picture or a table needs the next number."""

TERMS = "Rendered by visavis from a seed; nobody's photos or drawings are in it."
TRAIN_OF_TEN = 7
SKETCHES = {"train": 2, "test": 1}
ABSTRACTION = (0.1, 0.7)

Row = dict[str, str | float | None]


def rendered_shoes(n: int, seed: int = 0, folder: Path | None = None) -> DataSet:
    """`n` rendered shoes: a photo each, and two sketches of a training shoe or one of a test shoe.

    Of every ten shoes seven are for training. Label: the shoe. Attributes (`synth.shoes.ATTRIBUTES`) are the
    strengths in 0..1 that the shoe was drawn with; a test sketch has none, it is only ever a query.

    Args:
        n: how many shoes; a smaller set of the same seed is the beginning of a larger one.
        folder: where sets are kept, each in a folder of its own; VISAVIS_CACHE or ~/.cache/visavis if None.

    Raises:
        VisavisError: where `n` is less than 1.
    """
    if n < 1:
        raise VisavisError(f"rendered-shoes-{n}: there is nothing to render; ask for 1 shoe at least")
    name = f"rendered-shoes-{n}-seed{seed}-v{VERSION}"
    place = cached(name, lambda staged: _write(n, seed, staged), folder)
    read = read_items(place / "items.csv")
    parts = read_parts(place / "parts.csv", read.items)
    return replace(read, name=f"rendered-shoes-{n}", parts=parts, terms=TERMS)


def _write(n: int, seed: int, folder: Path) -> None:
    for domain in ("photo", "sketch"):
        (folder / domain).mkdir(parents=True)
    items: list[Row] = []
    parts: list[Row] = []
    for index in range(n):
        of_shoe, of_parts = _write_shoe(index, seed, folder)
        items += of_shoe
        parts += of_parts
    pl.DataFrame(items).write_csv(folder / "items.csv")
    pl.DataFrame(parts).write_csv(folder / "parts.csv")


def _write_shoe(index: int, seed: int, folder: Path) -> tuple[list[Row], list[Row]]:
    """Write one shoe's images; return its rows of items and of parts."""
    rng = np.random.default_rng((seed, index))
    shoe = sample(rng)
    name, split = f"{index:05d}", "train" if index % 10 < TRAIN_OF_TEN else "test"
    strengths = {f"{ATTRIBUTE}{key}": value for key, value in shoe.strengths().items()}
    unknown = dict.fromkeys(strengths)

    def row(path: str, domain: str, attributes: dict[str, float] | dict[str, None]) -> Row:
        return {"path": path, "domain": domain, "label": name, "split": split, **attributes}

    photo = render_photo(shoe, rng)
    photo_path = f"photo/{name}.jpg"
    images.save(folder / photo_path, photo.image)
    items = [row(photo_path, "photo", strengths)]
    for number in range(SKETCHES[split]):
        sketch_path = f"sketch/{name}-{number}.png"
        images.save(folder / sketch_path, render_sketch(shoe, rng, rng.uniform(*ABSTRACTION)))
        items.append(row(sketch_path, "sketch", strengths if split == "train" else unknown))
    parts: list[Row] = [
        {"id": photo_path, "part": part, **box._asdict()} for part, box in photo.boxes.items()
    ]
    return items, parts

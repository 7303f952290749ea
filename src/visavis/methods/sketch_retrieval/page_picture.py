"""Images beside the pages that a network of drawings reads: the first thing to look at with own data."""

from pathlib import Path

import numpy as np
import polars as pl

from visavis import images
from visavis.errors import VisavisError
from visavis.features.pages import page_of
from visavis.pictures.strip import Answer, strips
from visavis.tables import DataSet

SIDE = 112  # px of a page


def draw_pages(data: DataSet, count: int, target: Path) -> None:
    """Write a row for each of `count` things, taken evenly: an image of it, then the pages of all its images.

    Raises:
        VisavisError: the data has no items, or an image cannot be read.
    """
    if data.items.is_empty():
        raise VisavisError(f"{data.name}: has no items to draw")
    things = data.items.with_columns(thing=pl.coalesce("label", "id"))
    names = things["thing"].unique(maintain_order=True)
    chosen = names[np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int).tolist()]
    rows = []
    for name in chosen:
        own = things.filter(thing=name).select("path", "domain").rows()
        pages = [Answer(page_of(Path(path), domain, SIDE), domain) for path, domain in own]
        rows.append((images.load(own[0][0], size=SIDE), pages))
    images.save(target, strips(rows, chosen.to_list(), query_caption="image", cell=SIDE))

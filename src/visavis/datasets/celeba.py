"""CelebA, aligned (Z. Liu et al., ICCV 2015): faces with 40 attributes and identities, in the official files.

`celeba/`: `img_align_celeba/*.jpg`, `list_attr_celeba.txt`, `identity_CelebA.txt`, `list_eval_partition.txt`.
"""

from pathlib import Path

import polars as pl

from visavis.datasets.official import existing, malformed, reading
from visavis.tables import ATTRIBUTE, SPLITS, DataSet

TERMS = (
    "CelebA, for non-commercial research and testing only, no redistribution, nothing that identifies "
    "people; the people shown did not agree to this use. Cite Liu et al., ICCV 2015."
)


def read(root: Path) -> DataSet:
    """Read the images, identities (as labels), attributes (1 or 0) and parts that the lists name.

    Args:
        root: the folder that holds `celeba`.

    Raises:
        VisavisError: something is missing or malformed; the sentence names the file.
    """
    folder = root / "celeba"
    header, rows = _rows(folder / "list_attr_celeba.txt", skip=1)
    names = header.split()
    strengths = {
        f"{ATTRIBUTE}{name}": [{"1": 1.0, "-1": 0.0}.get(row[number]) for row in rows]
        for number, name in enumerate(names, 1)
    }
    files = [row[0] for row in rows]
    identities = dict(_pairs(folder / "identity_CelebA.txt"))
    parts = _parts(folder / "list_eval_partition.txt")
    pictures = existing(folder / "img_align_celeba")
    items = pl.DataFrame(
        {
            "id": files,
            "path": [str(existing(pictures / name)) for name in files],
            "domain": "photo",
            "label": [identities.get(name) for name in files],
            "split": [parts.get(name) for name in files],
        }
    ).with_columns(pl.DataFrame(strengths, schema=dict.fromkeys(strengths, pl.Float32)))
    return DataSet("celeba", items, terms=TERMS)


def _parts(path: Path) -> dict[str, str]:
    """The split of each image: 0, 1 and 2 are those of `SPLITS`."""
    names = {str(number): split for number, split in enumerate(SPLITS)}
    pairs = _pairs(path)
    if unknown := [part for _, part in pairs if part not in names]:
        raise malformed(path, f"part '{unknown[0]}' is none of {', '.join(names)}")
    return {name: names[part] for name, part in pairs}


def _pairs(path: Path) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in _rows(path)[1]]


def _rows(path: Path, skip: int = 0) -> tuple[str, list[list[str]]]:
    """The line after `skip` lines where there are any, and all rows below as words of equal number."""
    with reading(existing(path)):
        lines = path.read_text().splitlines()
    header = lines[skip] if skip and len(lines) > skip else ""
    rows = [line.split() for line in lines[skip + 1 if skip else 0 :] if line.strip()]
    words = len(header.split()) + 1 if skip else 2
    wrong = next((number for number, row in enumerate(rows, 1) if len(row) != words), None)
    if not rows or wrong is not None:
        raise malformed(path, f"row {wrong} has not {words} words" if rows else "it has no rows")
    return header, rows

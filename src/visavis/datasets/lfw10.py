"""LFW-10 (Sandeep, Verma and Jawahar, CVPR 2014): people's comparisons of faces by ten attributes.

`lfw10/`: `images/N.jpg` and `pairs.csv` (attribute, split, a, b, votes for more, less and equal, label); and
`lfw_names.csv` (image, lfw_image), if it is there, for the person as label: who is in both parts of a split.
Official: `images/N.jpg` and `annotations/<attribute>{train,test}.mat`. Five people judged each pair, of each
attribute 500 to train with and 500 to test with; of the latter `pairs.csv` has the 445 to 494 on which
somebody saw a difference, none of them equal.

Of nine attributes the training pairs are of images 1-1000 and the test pairs of 1001-2000; of `goodlooking`
it is the other way round: a model that learns it with the others has seen the images they are tested on.
"""

from pathlib import Path

import numpy as np
import polars as pl

from visavis.datasets.official import (
    RELATIONS,
    existing,
    item_table,
    malformed,
    read_mat,
    reading,
    texts,
    whole,
)
from visavis.tables import DataSet

TERMS = (
    "For research and testing only, no redistribution, no commercial use, nothing that identifies people; "
    "photos belong to their owners. Cite Sandeep et al., CVPR 2014, and Huang et al., technical report "
    "07-49, University of Massachusetts, 2007."
)

# Sources number them in different orders (v_teeth, vforehead): only the names join.
ATTRIBUTES = (
    "baldhead", "darkhair", "eyesopen", "goodlooking", "masculinelooking",
    "mouthopen", "smile", "v_teeth", "vforehead", "young",
)  # fmt: skip
SPLITS = ("train", "test")
ANNOTATORS = 5

_COLUMNS = ("a", "b", "relation", "attribute", "split", "votes", "votes_of")


def read(root: Path) -> DataSet:
    """Read `root`/lfw10: items "1" to "2000", which have no split of their own, and 9,688 pairs.

    `votes` of five are those for the relation given. They are unknown, null, for 360 training pairs, all
    equal. Of a test pair the votes against are unknown: with one or two for it, it may be equal by majority.

    Args:
        root: the folder that holds `lfw10`.

    Raises:
        VisavisError: something is missing or malformed; the sentence names the file.
    """
    folder = existing(root / "lfw10")
    path = existing(folder / "pairs.csv")
    words = {"attribute": ATTRIBUTES, "split": SPLITS, "label": RELATIONS}
    types = dict.fromkeys((*words, "a", "b"), pl.String) | dict.fromkeys(RELATIONS, pl.Int64)
    with reading(path):
        table = pl.read_csv(path, columns=list(types), schema_overrides=types, glob=False)
    for column, allowed in words.items():
        if others := set(table[column]) - set(allowed):
            raise malformed(path, f"{column} '{min(map(str, others))}' is none of {', '.join(allowed)}")
    in_range = pl.all_horizontal(pl.col(*RELATIONS).is_between(0, ANNOTATORS).fill_null(True))
    if not table.select(in_range.all()).item():
        raise malformed(path, f"a number of votes is not in 0..{ANNOTATORS}")
    of_label = pl.coalesce(pl.when(label=relation).then(relation) for relation in RELATIONS)
    pairs = table.with_columns(relation="label", votes=of_label).with_columns(
        votes_of=pl.when(pl.col("votes").is_not_null()).then(pl.lit(ANNOTATORS, pl.Int64))
    )
    return _with_faces(folder, [(path, pairs.select(_COLUMNS))])


def read_official(folder: Path) -> DataSet:
    """Read the layout of the authors into the same tables, all pairs with their votes.

    Columns 1 and 2 (from 0) of `images_compare` name the images. Columns 1 to 3 of `attribute_strengths`
    count the votes for more, less and equal. The relation is what most voted for, the former one of a tie:
    so it is in all tied training pairs of which both votes and official label are known.

    Args:
        folder: that holds `annotations` and `images`.

    Raises:
        VisavisError: something is missing or malformed; the sentence names the file.
    """
    folder = existing(folder)
    parts = []
    for attribute in ATTRIBUTES:
        for split in SPLITS:
            path = folder / "annotations" / f"{attribute}{split}.mat"
            judged = _annotations(path).with_columns(attribute=pl.lit(attribute), split=pl.lit(split))
            parts.append((path, judged.select(_COLUMNS)))
    return _with_faces(folder, parts)


def _annotations(path: Path) -> pl.DataFrame:
    names, strengths = read_mat(path, "images_compare", "attribute_strengths")
    with reading(path):
        more, less, equal = whole(strengths[:, 1:4]).T
        votes = np.stack([more, less, equal])
        table = pl.DataFrame(
            {
                "a": [name.removesuffix(".jpg") for name in texts(names[:, 1])],
                "b": [name.removesuffix(".jpg") for name in texts(names[:, 2])],
                "relation": [RELATIONS[winner] for winner in votes.argmax(axis=0)],
                "votes": votes.max(axis=0),
                "votes_of": votes.sum(axis=0),
            },
            schema_overrides=dict.fromkeys(("a", "b", "relation"), pl.String),
        )
    if votes.min(initial=0) < 0 or not votes.any(axis=0).all():
        raise malformed(path, "a pair has no votes, or less than none")
    return table


def _with_faces(folder: Path, parts: list[tuple[Path, pl.DataFrame]]) -> DataSet:
    images = existing(folder / "images")
    numbers = sorted(int(path.stem) for path in images.glob("*.jpg") if path.stem.isdecimal())
    person = _people(folder / "lfw_names.csv")
    items = item_table(
        [(f"{n}", str(images / f"{n}.jpg"), "photo", person.get(f"{n}", f"{n}"), None) for n in numbers]
    )
    known = set(items["id"])
    for path, of_file in parts:
        if unknown := (set(of_file["a"]) | set(of_file["b"])) - known:
            raise malformed(path, f"there is no image '{min(map(str, unknown))}'")
    pairs = pl.concat([pairs for _, pairs in parts])
    return DataSet("lfw10", items, pairs=pairs, pairs_published=True, terms=TERMS)


def _people(path: Path) -> dict[str, str]:
    """Who is on which image: the name of a photograph of LFW without its number."""
    if not path.is_file():
        return {}
    with reading(path):
        names = pl.read_csv(path, schema_overrides=[pl.String, pl.String], glob=False)
        return {image: Path(photograph).stem.rpartition("_")[0] for image, photograph in names.iter_rows()}

"""Defects of pairs: each by hand, and all against brute force on small random tables."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.methods.relative_attributes.test_data import items
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.relative_attributes.consistency import (
    FEW,
    Consistency,
    check_pairs,
    checked_pairs,
    count_circles,
)
from visavis.methods.relative_attributes.data import pairs_of
from visavis.tables import DataSet

COLUMNS = {"a": pl.String, "b": pl.String, "relation": pl.String, "attribute": pl.String, "split": pl.String}
OPPOSITE = {"more": "less", "less": "more", "equal": "equal"}
Row = tuple[str, str, str, str, str | None]


def table(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=COLUMNS, orient="row").with_columns(votes=pl.lit(None, pl.Int64))


def smile(words: str, split: str = "train") -> list[Row]:
    """Pairs as in "a>b c=d"; "a<b" says the same as "b>a"."""
    relation = {">": "more", "<": "less", "=": "equal"}
    return [(pair[0], pair[2], relation[pair[1]], "smile", split) for pair in words.split()]


def left(checked: Consistency) -> list[str]:
    sign = {"more": ">", "less": "<", "equal": "="}
    return [f"{a}{sign[relation]}{b}" for a, b, relation in checked.kept.select("a", "b", "relation").rows()]


@pytest.mark.parametrize(
    ("words", "kept", "reasons"),
    [
        ("a>b b>c a=d", "a>b b>c a=d", []),
        ("a>a b=b a>b", "a>b", ["itself", "itself"]),
        ("a>b a<b c>d", "c>d", ["contradictory"] * 2),
        ("a>b b>a c>d", "c>d", ["contradictory"] * 2),
        ("a>b a=b a>b", "", ["contradictory"] * 3),
        ("a>b a>b b<a c=d d=c", "a>b c=d", ["repeated"] * 3),
    ],
)
def test_what_is_wrong_inside_a_part(words: str, kept: str, reasons: list[str]) -> None:
    rows = smile(words)
    checked = check_pairs(table(*rows))
    assert left(checked) == kept.split()
    assert checked.flagged["reason"].to_list() == reasons
    other = [(a, b, relation, "young", split) for a, b, relation, _, split in rows]
    both = check_pairs(table(*rows, *other))
    assert len(both.kept) == 2 * len(checked.kept), "attributes are apart"
    as_it_is = check_pairs(table(*rows), clean=False)
    assert left(as_it_is) == words.split()
    assert as_it_is.flagged.equals(checked.flagged)


def test_a_training_pair_of_another_part_is_left_out() -> None:
    rows = smile("a>b c>d e>f") + smile("b=a", "test") + smile("f<e", "validation")
    checked = check_pairs(
        table(*rows, ("c", "d", "more", "young", "test"), ("x", "y", "more", "smile", None))
    )
    assert left(checked) == ["c>d", "b=a", "f<e", "c>d"]
    assert checked.flagged["reason"].to_list() == ["leaked", "leaked"]
    assert checked.counts.select("attribute", "split", "ordered", "equal", "leaked").rows() == [
        ("smile", "train", 1, 0, 2),
        ("smile", "validation", 1, 0, 0),
        ("smile", "test", 0, 1, 0),
        ("young", "test", 1, 0, 0),
    ]
    assert checked.unused == 1


@pytest.mark.parametrize(
    ("words", "circular", "circles"),
    [
        ("a>b b>c a>c", 0, 0),
        ("a>b b>c c>a", 3, 1),
        ("a>b c<b c>a a>d d>e", 3, 1),
        ("a>b b>c c>a x>y y>z z>x c>x", 6, 2),
        ("a>b b>c c>a c=x", 3, 1),
        ("a>b b>c c>d d>a a>c", 5, 1),
        ("", 0, 0),
    ],
)
def test_circles(words: str, circular: int, circles: int) -> None:
    ordered = table(*smile(words)).filter(pl.col("relation") != "equal")
    assert count_circles(ordered) == (circular, circles)
    if words:
        checked = check_pairs(table(*smile(words)))
        assert checked.counts.select("in_circles", "circles").row(0) == (circular, circles)
        assert left(checked) == words.split(), "circles stay"


@pytest.mark.parametrize("seed", range(25))
def test_random_tables_against_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows: list[Row] = [
        (
            str(rng.choice([*"abcdefg"])),
            str(rng.choice([*"abcdefg"])),
            str(rng.choice(["more", "less", "equal"], p=[0.45, 0.45, 0.1])),
            str(rng.choice(["smile", "young"])),
            str(rng.choice(["train", "test"], p=[0.8, 0.2])),
        )
        for _ in range(rng.integers(1, 45))
    ]
    expected = [slow_reason(row, rows[:number], rows) for number, row in enumerate(rows)]
    checked = check_pairs(table(*rows))
    assert checked.kept.drop("votes").rows() == [
        row for row, reason in zip(rows, expected, strict=True) if reason is None
    ]
    assert checked.flagged.drop("votes").rows() == [
        (*row, reason) for row, reason in zip(rows, expected, strict=True) if reason
    ]
    for counted in checked.counts.rows(named=True):
        part = [
            (row, reason)
            for row, reason in zip(rows, expected, strict=True)
            if row[3:] == (counted["attribute"], counted["split"])
        ]
        sound = [row for row, reason in part if reason is None]
        ordered = [
            (a, b) if relation == "more" else (b, a) for a, b, relation, *_ in sound if relation != "equal"
        ]
        assert (counted["ordered"], counted["equal"]) == (len(ordered), len(sound) - len(ordered))
        for reason in ("itself", "contradictory", "repeated", "leaked"):
            assert counted[reason] == sum(one == reason for _, one in part)
        leads = reachable(ordered)
        on_circle = [(more, less) for more, less in ordered if (less, more) in leads]
        assert counted["in_circles"] == len(on_circle)
        groups = {
            frozenset(x for x in "abcdefg" if (more, x) in leads and (x, more) in leads)
            for more, _ in on_circle
        }
        assert counted["circles"] == len(groups)


def slow_reason(row: Row, before: list[Row], rows: list[Row]) -> str | None:
    a, b, relation, attribute, split = row

    def said(other: Row) -> str | None:
        """What another row says of this row's photos, in this row's order."""
        if other[3] != attribute or {other[0], other[1]} != {a, b}:
            return None
        return other[2] if other[0] == a else OPPOSITE[other[2]]

    if a == b:
        return "itself"
    if any(said(other) not in (None, relation) for other in rows if other[4] == split):
        return "contradictory"
    if any(said(other) for other in before if other[4] == split):
        return "repeated"
    if split == "train" and any(said(other) for other in rows if other[4] != "train"):
        return "leaked"
    return None


def reachable(edges: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """All (x, y) with a way from x to y of one edge or more."""
    found = set(edges)
    while more := {(x, z) for x, y in found for w, z in found if y == w} - found:
        found |= more
    return found


# --- what is said


def test_findings_and_table() -> None:
    rows = smile("a>b b>c c>a d>e d>e f=f") + smile("a>b", "test")
    checked = check_pairs(table(*rows))
    assert checked.findings() == [
        "smile, train: left out: 1 of a photo with itself, 1 repeated, 1 in another part too; "
        f"only 3 ordered pairs to train with, fewer than {FEW}",
        "photos in both training and test pairs: 2",
    ]
    assert str(checked).splitlines() == [
        "attribute  split  ordered  equal  itself  contradictory  repeated  leaked  in circles",
        "smile      train        3      0       1              0         1       1           0",
        "smile      test         1      0       0              0         0       0           0",
    ]
    assert checked.findings(["young"]) == []
    assert checked.findings(split="test") == []
    [circle, shared] = check_pairs(table(*rows), clean=False).findings()
    assert circle.startswith("smile, train: used as they are: 1 of a photo with itself")
    assert shared == "photos in both training and test pairs: 2"
    many = [(f"p{n}", f"q{n}", "more", "smile", "train") for n in range(FEW)]
    assert check_pairs(table(*many)).findings() == []
    round_about = check_pairs(table(*many, *smile("a>b b>c c>a")))
    assert round_about.findings() == ["smile, train: kept: 3 in circles (groups of photos: 1)"]


def test_only_a_users_pairs_are_cleaned() -> None:
    pairs = table(("p0", "p1", "more", "smile", "train"), ("p1", "p0", "less", "smile", "train"))
    assert len(pairs_of(DataSet("mine", items(), pairs=pairs), "train")) == 1
    assert len(pairs_of(DataSet("theirs", items(), pairs=pairs, pairs_published=True), "train")) == 2
    shoes = checked_pairs(open_dataset("rendered-shoes-40"))
    assert not shoes.cleaned


def test_an_attribute_without_an_ordered_training_pair_is_refused() -> None:
    rows = [("p0", "p1", "more", "smile", "train"), ("p0", "p1", "more", "young", "test")]
    data = DataSet("mine", items(), pairs=table(*rows, ("p0", "p1", "equal", "tall", "train")))
    for name in ("young", "tall"):
        with pytest.raises(
            VisavisError, match=f"mine: no ordered pair of attribute '{name}' is left to train"
        ):
            pairs_of(data, "train", ["smile", name])
    assert len(pairs_of(data, "train", ["smile"])) == 1


def test_published_training_pairs_of_lfw10(data_root: Path) -> None:
    """5,000 pairs without a contradiction or a circle; goodlooking alone shares photos with the others."""
    checked = checked_pairs(open_dataset("lfw10"))
    assert len(checked.kept.filter(split="train")) == 5000
    assert checked.flagged.is_empty()
    assert checked.counts["in_circles"].sum() == 0
    others = [name for name in checked.counts["attribute"].unique() if name != "goodlooking"]
    assert checked.findings(others) == []
    assert checked.findings() == ["photos in both training and test pairs: 1240"]

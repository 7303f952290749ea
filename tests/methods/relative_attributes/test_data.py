"""Pairs: what a table of them becomes, what strengths become, and what is said of neither."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch

from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.relative_attributes.data import PairData, Pairs, held_out_pairs, pairs_of
from visavis.methods.relative_attributes.sources import UNNAMED
from visavis.tables import DataSet
from visavis.training.augment import Augmentation

SCHEMA = ["a", "b", "relation", "attribute", "split", "votes"]
ROWS = [
    ("p3", "p1", "more", "smile", "train", 4),
    ("p1", "p2", "equal", "young", "train", None),
    ("p3", "p2", "less", "young", "train", None),
    ("p1", "p2", "less", "smile", "test", 3),
    ("p2", "p3", "more", "smile", "test", 5),
]


def items(count: int = 4, split: str | None = None) -> pl.DataFrame:
    rows = [(f"p{n}", f"/p{n}.png", "photo", None, split) for n in range(count)]
    columns = dict.fromkeys(("id", "path", "domain", "label", "split"), pl.String)
    return pl.DataFrame(rows, schema=columns, orient="row")


def small_set(pairs: pl.DataFrame | None = None) -> DataSet:
    return DataSet(
        "small", items(), pairs=pl.DataFrame(ROWS, schema=SCHEMA, orient="row") if pairs is None else pairs
    )


def told(pairs: Pairs) -> list[tuple[str, str, str, float, int]]:
    """Pairs in words again."""
    ids = pairs.items["id"]
    parts = (pairs.first, pairs.second, pairs.attribute, pairs.target, pairs.votes)
    return [
        (ids[int(a)], ids[int(b)], pairs.names[int(k)], float(target), int(votes))
        for a, b, k, target, votes in zip(*parts, strict=True)
    ]


def test_a_table_of_pairs_in_numbers() -> None:
    train = pairs_of(small_set(), "train")
    assert train.names == ["smile", "young"]
    assert told(train) == [
        ("p3", "p1", "smile", 1, 4),
        ("p1", "p2", "young", 0.5, -1),
        ("p3", "p2", "young", 0, -1),
    ]
    test = pairs_of(small_set(), "test", ["young", "smile"])
    assert told(test) == [("p1", "p2", "smile", 0, 3), ("p2", "p3", "smile", 1, 5)]
    assert test.attribute.tolist() == [1, 1]
    assert set(test.items["id"]) == {"p1", "p2", "p3"}  # p0 is in no pair and is not read


def test_what_a_table_leaves_out_is_filled_in() -> None:
    bare = pl.DataFrame({"a": ["p0"], "b": ["p1"], "relation": ["less"]})
    assert told(pairs_of(small_set(bare), "train")) == [("p0", "p1", UNNAMED, 0, -1)]


def test_errors_name_what_is_wrong() -> None:
    with pytest.raises(VisavisError, match="small: no pairs of attribute 'smlie'; there are smile, young"):
        pairs_of(small_set(), "train", ["young", "smlie"])
    with pytest.raises(VisavisError, match="no pair is of split test; give some pairs split 'test'"):
        pairs_of(small_set(), "test", ["young"])
    odd = pl.DataFrame({"a": ["p0"], "b": ["p1"], "relation": ["greater"]})
    with pytest.raises(VisavisError, match="relation 'greater' of a pair is none of more, less, equal"):
        pairs_of(small_set(odd), "train")
    with pytest.raises(VisavisError, match=r"plain: has neither pairs nor attributes .* NAME\.pairs\.csv"):
        pairs_of(DataSet("plain", items()), "train")


def test_a_fold_holds_out_people_and_counts_no_equal_pairs() -> None:
    pairs = pairs_of(open_dataset("rendered-shoes-40"), "train", ["heel_height", "shaft_height"])
    numbered = replace(pairs, votes=np.arange(len(pairs)))
    owner = pairs.items["label"].to_numpy()

    def owners(part: Pairs) -> list[set[str]]:
        return [set(pair) for pair in zip(owner[part.first], owner[part.second], strict=True)]

    strangers: list[str] = []
    for fold in range(5):
        kept, held_out = held_out_pairs(numbered, fold)
        assert (held_out.target != 0.5).all()
        assert (kept.target == 0.5).any()
        known = set[str]().union(*owners(kept))
        assert all(pair - known for pair in owners(held_out))
        left = set(range(len(pairs))) - set(kept.votes) - set(held_out.votes)
        assert (pairs.target[sorted(left)] == 0.5).all()
        strangers += set(owner) - known
    assert (
        len(strangers) == len(set(strangers)) >= len(set(owner)) / 2 - 2
    )  # five tenths of all, each its own
    again = held_out_pairs(numbered, 2)[1]
    assert np.array_equal(again.votes, held_out_pairs(numbered, 2)[1].votes)
    few = numbered.take(np.arange(len(pairs))[pairs.target != 0.5][:4])
    with pytest.raises(VisavisError, match="_height' is in fold 0; set fold to null, or leave"):
        held_out_pairs(few, 0)


def test_the_ordered_pairs_of_an_attribute_stronger_photo_first() -> None:
    pairs = pairs_of(open_dataset("rendered-shoes-40"), "train", ["heel_height", "shaft_height"])
    more, less = pairs.ordered(1)
    expected = [
        (a, b) if target == 1 else (b, a)
        for a, b, k, target in zip(pairs.first, pairs.second, pairs.attribute, pairs.target, strict=True)
        if k == 1 and target != 0.5
    ]
    assert [*zip(more, less, strict=True)] == expected


def test_photos_without_a_label_are_held_out_one_by_one() -> None:
    pairs = pairs_of(open_dataset("rendered-shoes-40"), "train", ["heel_height"])
    nameless = replace(pairs, items=pairs.items.with_columns(label=pl.lit(None, pl.String)))
    kept, held_out = held_out_pairs(nameless, 1)
    assert len(held_out)
    assert len(kept)


def test_batches_have_each_attribute_as_often() -> None:
    pairs = pairs_of(small_set(), "train")
    many = pairs.take(np.array([0] * 50 + [1]))  # fifty of smile and one of young
    photos = torch.arange(len(pairs.items)).view(-1, 1, 1, 1).expand(-1, 3, 8, 8).byte()
    data = PairData(many, photos, 8, Augmentation(shift=0.1))
    batch = data.draw(400, np.random.default_rng(0))
    young = batch.attribute == 1
    assert 150 < int(young.sum()) < 250
    assert set(batch.target[young].tolist()) == {0.5}
    assert set(batch.first.rows[~young].tolist()) == {int(pairs.first[0])}
    assert set(batch.second.rows[~young].tolist()) == {int(pairs.second[0])}
    assert not torch.equal(batch.first.affine, batch.second.affine)  # drawn apart
    again = data.draw(400, np.random.default_rng(0))
    assert torch.equal(again.attribute, batch.attribute)


@pytest.mark.parametrize(("equal", "share"), [(None, 3 / 5), (1.0, 3 / 5), (0.25, 0.75 / 2.75), (0.0, 0.0)])
def test_equal_pairs_are_drawn_as_often_as_asked(equal: float | None, share: float) -> None:
    """Two ordered pairs of smile and three equal ones, each at `equal` times the chance of an ordered one."""
    rows = [
        ("p0", "p1", "more"),
        ("p1", "p2", "less"),
        ("p2", "p3", "equal"),
        ("p0", "p2", "equal"),
        ("p0", "p3", "equal"),
    ]
    table = pl.DataFrame(rows, schema=["a", "b", "relation"], orient="row")
    pairs = pairs_of(small_set(table), "train")
    photos = torch.zeros(4, 3, 8, 8, dtype=torch.uint8)
    options = {} if equal is None else {"equal": equal}
    batch = PairData(pairs, photos, 8, Augmentation(), **options).draw(2000, np.random.default_rng(0))
    assert (batch.target == 0.5).float().mean().item() == pytest.approx(share, abs=0.04)
    for target in (0.0, 1.0):  # either ordered pair as often as the other
        drawn = (batch.target == target).float().mean().item()
        assert drawn == pytest.approx((1 - share) / 2, abs=0.04)


def test_attributes_are_drawn_as_often_whatever_their_equal_pairs() -> None:
    """Of young there are few ordered pairs; without its equal ones it is drawn as often as before."""
    pairs = pairs_of(small_set(), "train")
    many = pairs.take(np.array([0] * 9 + [1] * 50 + [2]))  # nine of smile; of young fifty equal, one ordered
    photos = torch.zeros(len(pairs.items), 3, 8, 8, dtype=torch.uint8)
    batch = PairData(many, photos, 8, Augmentation(), equal=0).draw(600, np.random.default_rng(0))
    assert 250 < int((batch.attribute == 1).sum()) < 350
    assert set(batch.target[batch.attribute == 1].tolist()) == {0.0}
    only_equal = pairs.take(np.array([0, 1]))
    batch = PairData(only_equal, photos, 8, Augmentation(), equal=0).draw(50, np.random.default_rng(0))
    assert set(batch.attribute.tolist()) == {0}

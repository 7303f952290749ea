import csv
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.io import savemat

from tests.datasets.mat import cells, change, refusal
from visavis.datasets import class_orders, open_dataset, qmul
from visavis.datasets.class_orders import SHOE_ORDERS, class_order, class_order_pairs
from visavis.errors import VisavisError
from visavis.tables import ATTRIBUTE, DataSet

IMAGES = {"osr": "spatial_envelope_256x256_static_8outdoorcategories", "pubfig": "images"}
NATURAL = {"coast": 2, "street": 1, "forest": 2}


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def scenes(n: int, split: str = "train") -> DataSet:
    rows = [(f"{k}", "", "photo", list(NATURAL)[k % 3], split) for k in range(n)]
    columns = dict.fromkeys(("id", "path", "domain", "label", "split"), pl.String)
    return DataSet("scenes", pl.DataFrame(rows, schema=columns, orient="row"))


# --- OSR and PubFig in small


@pytest.fixture(params=["osr", "pubfig"])
def name(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = ["coast_1.jpg", "street_1.jpg", "street_2.jpg", "forest_1.jpg"]
    for name, images in IMAGES.items():
        (tmp_path / name / images).mkdir(parents=True)
        for file in files:
            (tmp_path / name / images / file).touch()
        variables = {
            "class_labels": np.array([[1], [2], [2], [3]], np.uint8),
            "class_names": cells(list(NATURAL)),
            "attribute_names": cells(["natural", "size-large"]),
            "relative_ordering": np.array([[2.0, 1, 2], [1, 3, 2]]),
            "im_names": cells(files).T,
            "used_for_training": np.array([[1], [0], [1], [1]], np.uint8),
        }
        savemat(tmp_path / name / "data.mat", variables)
    return tmp_path


def test_items_and_orders(root: Path, name: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_DATA", str(root))
    data = open_dataset(name)
    assert (data.name, data.pairs) == (name, None)
    assert "ICCV 2011" in data.terms
    assert data.items.select("id", "domain", "label", "split").rows() == [
        ("coast_1.jpg", "photo", "coast", "train"),
        ("street_1.jpg", "photo", "street", "test"),
        ("street_2.jpg", "photo", "street", "train"),
        ("forest_1.jpg", "photo", "forest", "train"),
    ]
    assert data.items["path"][0] == str(root / name / IMAGES[name] / "coast_1.jpg")
    assert data.orders is not None
    assert data.orders.head(4).rows() == [
        ("natural", "coast", 2),
        ("natural", "street", 1),
        ("natural", "forest", 2),
        ("size-large", "coast", 1),
    ]
    order = class_order(data.select(split="train"))
    assert order == {"natural": NATURAL, "size-large": {"coast": 1, "street": 3, "forest": 2}}
    pairs = class_order_pairs(data, order, "train", 100, seeded())
    assert len(pairs) == 6
    assert set(map(frozenset, pairs.filter(attribute="natural").select("a", "b").rows())) == {
        frozenset(pair) for pair in combinations(["coast_1.jpg", "street_2.jpg", "forest_1.jpg"], 2)
    }


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"relative_ordering": None}, "it has no variable 'relative_ordering'"),
        ({"relative_ordering": np.ones((2, 2))}, "ValueError: zip"),
        ({"relative_ordering": np.ones((1, 3))}, "ValueError: zip"),
        ({"relative_ordering": np.full((2, 3), 0.5)}, "ValueError: a number is not whole"),
        ({"class_labels": np.array([1, 2, 2, 4])}, "KeyError: 4"),
        ({"class_labels": np.array([1, 2, 2])}, "ValueError: zip"),
        ({"used_for_training": np.array([1, 2, 1, 1])}, "KeyError: 2"),
        ({"im_names": cells(["coast_1.jpg"] * 4)}, "it names an image twice"),
    ],
)
def test_malformed_variables(root: Path, name: Any, changed: dict[str, Any], reason: str) -> None:
    path = root / name / "data.mat"
    change(path, **changed)
    assert refusal(path, lambda: class_orders.read(root, name)).startswith(reason)


def test_what_is_cut_off_or_missing(root: Path, name: Any) -> None:
    path = root / name / "data.mat"
    content = path.read_bytes()
    path.write_bytes(content[:500])
    assert refusal(path, lambda: class_orders.read(root, name))
    path.write_bytes(content)
    photo = root / name / IMAGES[name] / "forest_1.jpg"
    for missing in (photo, photo.parent, path, path.parent):
        missing.rename(root / f"away-{missing.name}")
        with pytest.raises(VisavisError, match=re.escape(f"{missing} is missing; restore it")):
            class_orders.read(root, name)


# --- pairs of classes


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 7, 12])
def test_all_pairs_once_and_their_relations(n: int) -> None:
    data = scenes(n)
    whole = DataSet("", pl.concat([data.items, scenes(3, "test").items.with_columns(id="t" + pl.col("id"))]))
    pairs = class_order_pairs(whole, {"natural": NATURAL}, "train", 1000, seeded())
    assert pairs.schema == dict.fromkeys(("a", "b", "relation", "attribute", "split"), pl.String)
    drawn = [frozenset(pair) for pair in pairs.select("a", "b").rows()]
    assert len(drawn) == n * (n - 1) // 2
    assert set(drawn) == {frozenset(pair) for pair in combinations(map(str, range(n)), 2)}
    rank = {item: NATURAL[label] for item, label in data.items.select("id", "label").rows()}
    for a, b, relation, attribute, split in pairs.rows():
        sign = (rank[a] > rank[b]) - (rank[a] < rank[b])
        assert relation == {1: "more", -1: "less", 0: "equal"}[sign]
        assert (attribute, split) == ("natural", "train")


def test_a_limited_draw_is_fair_distinct_and_depends_on_the_generator_only() -> None:
    data, order = scenes(9), {"natural": NATURAL, "open": {"coast": 1, "street": 1, "forest": 0}}
    counts: Counter[frozenset[str]] = Counter()
    for seed in range(600):
        pairs = class_order_pairs(data, order, "train", 6, seeded(seed))
        assert pairs["attribute"].value_counts()["count"].to_list() == [6, 6]
        drawn = [frozenset(pair) for pair in pairs.head(6).select("a", "b").rows()]
        assert len(set(drawn)) == 6
        counts.update(drawn)
    assert len(counts) == 36
    assert all(100 - 50 < count < 100 + 50 for count in counts.values()), "five standard deviations"
    first, again, other = (class_order_pairs(data, order, "train", 6, seeded(seed)) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


def test_a_billion_pairs_are_not_built() -> None:
    pairs = class_order_pairs(scenes(60_000), {"natural": NATURAL}, "train", 500, seeded())
    assert len(pairs.unique(["a", "b"])) == 500


def test_items_without_a_class_are_left_out() -> None:
    labels = pl.Series("label", ["coast", None, "bay", "street"])
    data = DataSet("scenes", scenes(4).items.with_columns(labels))
    assert class_order_pairs(data, {"natural": NATURAL}, "train", 9, seeded())["a"].len() == 1
    assert class_order_pairs(data, {"natural": NATURAL}, "test", 9, seeded()).is_empty()
    with pytest.raises(
        VisavisError, match="scenes: no item is of a class that 'wet' orders; these are sea, lake"
    ):
        class_order_pairs(data, {"wet": {"sea": 1, "lake": 0}}, "train", 9, seeded())
    with pytest.raises(
        VisavisError, match=r"scenes: 'tall' orders 'attr\.flat', which is no column; present"
    ):
        class_order_pairs(data, {"tall": {"attr.flat": 0, "attr.high": 1}}, "train", 9, seeded())
    with pytest.raises(VisavisError, match="scenes says nothing of how its classes compare"):
        class_order(data)


def test_a_class_from_columns_needs_exactly_one() -> None:
    columns = {
        "attr.flat": [1.0, 0.0, 0.0, 1.0, 1.0, 0.5],
        "attr.mid": [0, 1, 0, 1, None, 0],
        "attr.high": [0.0, 0.0, 0.0, 0.0, 0.0, 0.5],
    }
    shoes = DataSet("shoes", scenes(6).items.with_columns(pl.DataFrame(columns)))
    order = {"heel": {"attr.flat": 0, "attr.mid": 1, "attr.high": 2}}
    pairs = class_order_pairs(shoes, order, "train", 100, seeded())
    assert [sorted(pair) for pair in pairs.select("a", "b").rows()] == [["0", "1"]]
    assert pairs["relation"][0] == ("less" if pairs["a"][0] == "0" else "more")


def test_shoe_orders_name_attributes_of_shoe_v1() -> None:
    columns = [f"{ATTRIBUTE}a{k:02}_{name}" for k, name in enumerate(qmul.ATTRIBUTES["shoe"])]
    assert list(SHOE_ORDERS["heel_height"]) == columns[4:7]
    assert list(SHOE_ORDERS["shaft_height"]) == columns[12:17]


@pytest.mark.parametrize(
    ("attribute", "ranks"),
    [
        ("heel_height", {"a04": 0, "a05": 1, "a06": 2}),
        ("shaft_height", dict(zip(("a12", "a13", "a14", "a15", "a16"), (0, 0, 0, 1, 2), strict=True))),
    ],
)
@pytest.mark.parametrize("split", ["train", "test"])
def test_orders_of_the_real_shoes(data_root: Path, split: str, attribute: str, ranks: dict[str, int]) -> None:
    data = qmul.read(data_root, "shoe").select(domain="photo")
    with open(data_root / "qmul-shoe-v1" / "attributes.csv", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if (row["kind"], row["split"]) == ("photo", split)]
    numbers = Counter(
        sum(ranks[column] for column in ranks if row[column] == "1")
        for row in rows
        if sum(row[column] == "1" for column in ranks) == 1 and row["number"] not in ("111", "273", "290")
    )
    pairs = class_order_pairs(data, {attribute: SHOE_ORDERS[attribute]}, split, 10**6, seeded())
    relations = Counter(pairs["relation"])
    assert relations["equal"] == sum(n * (n - 1) // 2 for n in numbers.values())
    assert relations["more"] + relations["less"] == sum(n * m for n, m in combinations(numbers.values(), 2))

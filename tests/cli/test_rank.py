"""`rank`, `compare` and `pairs` in-process: what they print, write and refuse."""

import re
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from visavis import images
from visavis.bundle import BundleConfig, write_bundle
from visavis.cli import build
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.relative_attributes.model import RegionRanker
from visavis.methods.relative_attributes.ranker import AttributeRanker


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a network as it starts: what it says of a photo is arbitrary, but always the same."""
    return saved(tmp_path_factory.mktemp("model") / "bundle", "relative_attributes")


def saved(path: Path, method: str) -> Path:
    import torch

    torch.manual_seed(0)
    net = {"backbone": "colour", "attributes": 2, "region": "fixed", "combined": False}
    weights = RegionRanker("colour", 2, "fixed", False).state_dict()
    settings = {"net": net, "page": 96, "share": 1.0, "down": 0.0}
    labels = ["wide", "tall"]
    config = BundleConfig(method=method, settings=settings, labels=labels, recipe={"name": "x"}, training={})
    write_bundle(path, weights, config, "")
    return path


def call(*words: object) -> Result:
    return CliRunner().invoke(build(), [str(word) for word in words])


def source() -> Path:
    """The photos of rendered shoes as a user's folder."""
    return Path(open_dataset("rendered-shoes-40").select(domain="photo").items["path"][0]).parent


def ranker_of(model: Path) -> AttributeRanker:
    from visavis import load

    ranker: AttributeRanker = load(model)
    return ranker


def test_rank_prints_the_top_and_writes_all(model: Path, tmp_path: Path) -> None:
    table, strip = tmp_path / "all.parquet", tmp_path / "top.png"
    done = call("rank", source(), "--attribute", "tall", "--model", model, "--top", 3, "--table", table,
                "--strip", strip)  # fmt: skip
    assert done.exit_code == 0, done.output
    photos = [str(path) for path in sorted(source().iterdir())]
    ranked = ranker_of(model).rank(photos, "tall")
    assert done.output.splitlines() == [
        *map(str, ranked[:3]),
        f"table: {table}",
        f"picture: {strip}",
    ]
    assert pl.read_parquet(table)["path"].to_list() == [str(one.path) for one in ranked]
    assert images.load(strip).shape == (180, 3 * 190 - 10, 3)


def test_compare_says_which_and_draws_both(model: Path, tmp_path: Path) -> None:
    a, b = sorted(source().iterdir())[:2]
    done = call("compare", a, b, "--attribute", "wide", "--model", model, "--picture", tmp_path / "two.png")
    assert done.exit_code == 0, done.output
    found = ranker_of(model).compare(a, b, "wide")
    assert done.output.splitlines() == [str(found), f"picture: {tmp_path / 'two.png'}"]
    assert re.fullmatch(r"[ab] shows more of wide, by \d\.\d{3}; confidence unknown: .*", str(found))
    assert images.load(tmp_path / "two.png").shape == (180, 370, 3)
    swapped = call("compare", b, a, "--attribute", "wide", "--model", model)
    assert swapped.output[0] == {"a": "b", "b": "a"}[done.output[0]]


def refused(*words: object) -> str:
    done = call(*words)
    assert isinstance(done.exception, VisavisError), done.output
    return str(done.exception)


def test_what_is_refused(model: Path, tmp_path: Path) -> None:
    asked = ["--attribute", "wide", "--model", model, "--strip", tmp_path / "strip.png"]
    unknown = refused("rank", source(), "--attribute", "long", "--model", model)
    assert unknown == f"{model}: knows no attribute 'long'; it has wide, tall"
    assert "the table is written as Parquet" in refused(
        "rank", source(), *asked, "--table", tmp_path / "x.csv"
    )
    drawing = next(path for path in (source().parent / "sketch").iterdir())
    (tmp_path / "sketches.csv").write_text(f"path,domain\n{drawing},sketch\n")
    assert refused("rank", tmp_path / "sketches.csv", *asked).startswith("there is no photo to rank")
    other = saved(tmp_path / "other", "sketch_retrieval")
    told = refused("compare", drawing, drawing, "--attribute", "wide", "--model", other)
    assert told == f"{other}: a bundle of method 'sketch_retrieval', but 'relative_attributes' is needed here"


def test_pairs_are_counted_without_training(tmp_path: Path) -> None:
    photos = sorted(source().iterdir())[:3]
    (tmp_path / "my.csv").write_text("id,path\n" + "".join(f"p{n},{path}\n" for n, path in enumerate(photos)))
    (tmp_path / "my.pairs.csv").write_text("a,b,relation\np0,p1,more\np1,p2,more\np1,p2,equal\np2,p2,equal\n")
    done = call("pairs", tmp_path / "my.csv", "--flagged", tmp_path / "flagged.csv")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "attribute  split  ordered  equal  itself  contradictory  repeated  leaked  in circles",
        "strength   train        1      0       1              2         0       0           0",
        "strength, train: left out: 1 of a photo with itself, 2 contradictory; "
        "only 1 ordered pairs to train with, fewer than 30",
        f"flagged: {tmp_path / 'flagged.csv'}",
    ]
    rows = pl.read_csv(tmp_path / "flagged.csv").select("a", "b", "reason").rows()
    assert rows == [("p1", "p2", "contradictory"), ("p1", "p2", "contradictory"), ("p2", "p2", "itself")]
    assert "has neither pairs nor attributes" in refused("pairs", source())

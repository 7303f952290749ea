"""`visavis calibrate` in-process: from which pairs, what it writes and prints, and what it refuses."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.terminal import visavis
from visavis import images
from visavis.bundle import CARD, Bundle, read_bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods import find_recipe, get_method
from visavis.methods.relative_attributes import crossfit
from visavis.methods.relative_attributes.confidence import calibrate, trust_on_test
from visavis.methods.relative_attributes.crossfit import label_pairs, scores_of
from visavis.methods.relative_attributes.data import held_out_pairs, pairs_of
from visavis.methods.relative_attributes.ranker import AttributeRanker

METHOD = get_method("relative_attributes")


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Bundle]:
    """Trains one step of one stage on rendered shoes."""

    def run(*overrides: str) -> Bundle:
        settings = ["schedule.steps=1", "model.region=whole", "model.combined=false", *overrides]
        trained = METHOD.train(
            find_recipe("relative_attributes/tiny", settings), tmp_path_factory.mktemp("quick"), True
        )
        assert trained is not None
        return trained

    return run


def labelled(folder: Path, attribute: str = "heel_height", split: str = "train", pairs: int = 40) -> Path:
    """A user's table of shoes, and pairs of neighbours in it by their strength of one attribute."""
    photos = open_dataset("rendered-shoes-60").select(domain="photo").items
    photos.select("id", "path", "domain").write_csv(folder / "mine.csv")
    strength = photos["attr.heel_height"].to_numpy()
    rows = [(n, (n + 1) % len(photos)) for n in range(pairs)]
    table = {
        "a": [photos["id"][a] for a, _ in rows],
        "b": [photos["id"][b] for _, b in rows],
        "relation": ["more" if strength[a] > strength[b] else "less" for a, b in rows],
        "attribute": attribute,
        "split": split,
    }
    pl.DataFrame(table).write_csv(folder / "mine.pairs.csv")
    return folder / "mine.csv"


def test_calibrated_by_ones_own_pairs(tiny_bundle: Bundle, tmp_path: Path) -> None:
    table, out = labelled(tmp_path), tmp_path / "out"
    status, printed, error = visavis("calibrate", tiny_bundle.path, "--data", table, "--out", out)
    assert status == 0, error
    bundle = read_bundle(out / "bundle")
    config = bundle.config
    temperature = config.calibration["temperature.heel_height"]
    lines = printed.splitlines()
    assert lines[1].split() == ["heel_height", "40", f"{temperature:.3f}"]
    assert lines[2].endswith("that of all pairs")
    assert lines[-2:] == [f"picture: {out / 'reliability.png'}", f"bundle: {out / 'bundle'}"]
    assert images.load(out / "reliability.png").shape == (440, 640, 3)
    # only the calibration is new
    assert config.weights_sha256 == tiny_bundle.config.weights_sha256
    assert (config.recipe, config.labels) == (tiny_bundle.config.recipe, tiny_bundle.config.labels)
    assert bundle.contract != tiny_bundle.contract
    said = config.training["calibration"]
    assert re.fullmatch(r"mine \([0-9a-f]{16}\), split train", said["source"])
    assert said["pairs"] == 40
    scores = scores_of(bundle, (pairs := label_pairs(bundle, open_dataset(table), "train")).items)[:, 0]
    hits = (scores[pairs.first] > scores[pairs.second]) == (pairs.target == 1)
    assert said["accuracy"] == pytest.approx(hits.mean())
    # once more: the old section of the card goes
    again = calibrate(bundle, out, str(table), None, True)
    assert again is not None
    card = (out / "bundle" / CARD).read_text()
    assert card.count("## Calibration") == 1
    assert "- pairs: 40" in card
    assert card.startswith((tiny_bundle.path / CARD).read_text())
    assert again.bundle.contract == bundle.contract


def test_compare_with_and_without_calibration(tiny_bundle: Bundle, tmp_path: Path) -> None:
    calibration = {"temperature.heel_height": 0.25}
    ranker = AttributeRanker(
        replace(tiny_bundle, config=tiny_bundle.config.model_copy(update={"calibration": calibration}))
    )
    a, b = map(Path, open_dataset("rendered-shoes-40").select(domain="photo").items["path"][:2])
    found, back = ranker.compare(a, b, "heel_height"), ranker.compare(b, a, "heel_height")
    assert found.confidence == pytest.approx(1 / (1 + np.exp(-found.by / 0.25)))
    assert found.confidence == pytest.approx(back.confidence, abs=1e-4)
    said = str(replace(found, more="a", by=1.2431, confidence=0.8684))
    assert said == "a shows more of heel_height, by 1.243; confidence 87 %"
    assert str(replace(found, confidence=0.998)).endswith("; confidence above 99 %")
    assert ranker.compare(a, a, "heel_height").confidence == 0.5
    unknown = ranker.compare(a, b, "shaft_height")
    assert unknown.confidence is None
    assert str(unknown).endswith("; confidence unknown: calibrate the model with visavis calibrate")


def test_calibrated_by_folds(quick: Callable[..., Bundle]) -> None:
    bundle = quick()
    run = bundle.path.parent
    status, printed, error = visavis("calibrate", run, "--folds", 2, "--test", "--quiet")
    assert status == 0, error
    assert "test, all" in printed
    recipe = bundle.config.recipe
    pairs = pairs_of(open_dataset(recipe["data"]), "train", bundle.config.labels)
    expected = sum(len(held_out_pairs(pairs, fold)[1]) for fold in (0, 1))
    written = read_bundle(run / "bundle")
    assert written.config.training["calibration"]["source"] == "2 of 5 folds of rendered-shoes-40"
    assert written.config.training["calibration"]["pairs"] == expected
    assert [*written.config.calibration] == ["temperature.heel_height", "temperature.shaft_height"]
    for fold in (0, 1):
        assert read_bundle(run / "folds" / str(fold) / "bundle").config.recipe == recipe | {"fold": fold}
    # the run is still finished, and of the same recipe
    again = METHOD.train(find_recipe(str(run / "recipe.yaml"), []), run, True)
    assert again is not None
    assert again.contract == written.contract


def test_scores_of_another_scale_have_temperatures_of_that_scale(
    quick: Callable[..., Bundle], tmp_path: Path
) -> None:
    """The folds' gaps are carried over to the bundle in units of its spread: doubled scores, doubled T."""
    bundle = quick()
    doubled = replace(bundle, weights=bundle.weights | {"score.weight": 2 * bundle.weights["score.weight"]})
    one, other = (calibrate(each, tmp_path, None, 1, True) for each in (bundle, doubled))
    assert one is not None
    assert other is not None
    assert other.temperature == pytest.approx(2 * one.temperature, rel=1e-3)


def test_a_fold_that_the_training_held_out(quick: Callable[..., Bundle], tmp_path: Path) -> None:
    bundle = quick("fold=3")
    done = calibrate(bundle, tmp_path, None, None, True)
    assert done is not None
    pairs = pairs_of(open_dataset("rendered-shoes-40"), "train", bundle.config.labels)
    held_out = held_out_pairs(pairs, 3)[1]
    assert done.pairs.tolist() == np.bincount(held_out.attribute).tolist()
    assert done.bundle.config.training["calibration"]["source"] == "fold 3 of rendered-shoes-40"
    assert not (tmp_path / "folds").exists()
    with pytest.raises(VisavisError, match="folds are not trained where held-out pairs are at hand"):
        calibrate(bundle, tmp_path, None, 1, True)


def test_test_pairs_are_counted_by_their_votes(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    data = replace(open_dataset("rendered-shoes-40"), name="lfw10")
    photos = data.items.filter(pl.col("domain") == "photo")["id"]
    pairs = {
        "a": photos[:6], "b": photos[6:12], "relation": ["more", "less"] * 3, "attribute": "shaft_height",
        "split": "test", "votes": [5, 4, 3, 2, 1, None],
    }  # fmt: skip
    monkeypatch.setattr(
        "visavis.methods.relative_attributes.confidence.open_dataset",
        lambda _: replace(data, pairs=pl.DataFrame(pairs)),
    )
    calibration = {"temperature.heel_height": 9.0, "temperature.shaft_height": 2.0}
    bundle = replace(tiny_bundle, config=tiny_bundle.config.model_copy(update={"calibration": calibration}))
    trust = trust_on_test(bundle, None)
    assert {name: len(one.right) for name, one in trust.items()} == {
        "test, 3 votes or more": 3,
        "test, 2 votes or more": 4,
        "test, all": 6,
    }
    before, after = trust["test, all"].before, trust["test, all"].after
    assert np.log(after / (1 - after)) == pytest.approx(np.log(before / (1 - before)) / 2, abs=1e-6)


def test_what_calibrate_refuses(tiny_bundle: Bundle, tmp_path: Path) -> None:
    def refused(data: object, out: Path = tmp_path / "out") -> str:
        status, _, error = visavis("calibrate", tiny_bundle.path, "--data", data, "--out", out)
        assert status == 2
        return error

    assert "the model has learned from these pairs" in refused("rendered-shoes-40")
    few = refused(labelled(tmp_path, pairs=9))
    assert "9 ordered pairs of the model's attributes are too few to calibrate it; give 10 at least" in few
    other = refused(labelled(tmp_path, attribute="sole"))
    assert "no pair is of an attribute of the model; it has heel_height, shaft_height" in other
    assert refused(labelled(tmp_path, split="test")).endswith(
        "no pair is of split train; give some pairs split 'train'\n"
    )
    assert not (tmp_path / "out").exists()


def test_pairs_of_split_validation_come_first(tiny_bundle: Bundle, tmp_path: Path) -> None:
    table = labelled(tmp_path)
    pairs = pl.read_csv(tmp_path / "mine.pairs.csv").with_row_index()
    split = pl.when(pl.col("index") < 15).then(pl.lit("validation")).otherwise("split").alias("split")
    pairs.with_columns(split).drop("index").write_csv(tmp_path / "mine.pairs.csv")
    done = calibrate(tiny_bundle, tmp_path / "out", str(table), None, True)
    assert done is not None
    assert done.pairs.tolist() == [15, 0]


def test_a_bundle_by_itself_needs_a_place(tiny_bundle: Bundle, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.symlink_to(tiny_bundle.path)
    status, _, error = visavis("calibrate", alone)
    assert (status, error) == (
        2,
        f"error: {alone}: lies in no run; name a folder for the calibrated one by --out\n",
    )


def test_an_interrupted_fold_is_told(
    tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crossfit, "train", lambda *_: None)
    status, _, error = visavis("calibrate", tiny_bundle.path, "--out", tmp_path)
    assert (status, error) == (130, f"interrupted; the same command goes on in {tmp_path / 'folds'}\n")

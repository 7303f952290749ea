"""Losses by hand, what each part may change, going on with a later part, and recipes that are refused."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from torch import Tensor

from tests.interrupts import interrupted_at
from tests.methods.face_attributes.conftest import FACES, tiny
from visavis.bundle import Bundle, read_bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods import find_recipe
from visavis.methods.face_attributes import parts, training
from visavis.methods.face_attributes.building import build_model
from visavis.methods.face_attributes.calibration import FACE, calibrate
from visavis.methods.face_attributes.data import read_squares, tags_of, whole_photos
from visavis.methods.face_attributes.evaluation import evaluate
from visavis.methods.face_attributes.model import FaceAttributes
from visavis.methods.face_attributes.parts import face_threshold, make_localiser, make_reader
from visavis.methods.face_attributes.recipe import FacesRecipe
from visavis.methods.face_attributes.scoring import attribute_features, attribute_logits, windows_of_pages
from visavis.methods.face_attributes.tasks import Examples, LocaliserTask, ReaderTask, localiser_of, reader_of
from visavis.methods.face_attributes.training import train
from visavis.metrics.tags import balanced_accuracy
from visavis.metrics.thresholds import best_thresholds, threshold_between
from visavis.training.history import read_history
from visavis.training.task import Task

SHOES = "rendered-shoes-20"  # pictures without faces


@pytest.fixture(scope="session")
def earlier(tiny_bundle: Bundle) -> dict[str, Bundle | None]:
    """What each part is trained after."""
    run = tiny_bundle.path.parent
    outer, inner = (read_bundle(run / part / "bundle") for part in ("outer", "inner"))
    return {"outer": None, "inner": outer, "reader": inner}


def task_of(part: str, before: Bundle | None, *overrides: str) -> Task:
    torch.manual_seed(0)
    return (make_reader if part == "reader" else make_localiser)(tiny(*overrides), part, before).task


def localiser_task(*overrides: str) -> LocaliserTask:
    task = task_of("outer", None, *overrides)
    assert isinstance(task, LocaliserTask)
    return task


def threshold_of(task: LocaliserTask) -> dict[str, float]:
    return face_threshold(task.part, task.stage, task.data, task.model)


def reader_task(before: Bundle | None, *overrides: str) -> ReaderTask:
    task = task_of("reader", before, *overrides)
    assert isinstance(task, ReaderTask)
    return task


# --- losses


def cross_entropy(logits: Tensor, tags: Tensor) -> float:
    """Mean over images with a known tag, of the mean over their known tags, in a plain loop."""
    of_images = []
    for row, truth in zip(logits.tolist(), tags.tolist(), strict=True):
        known = [(z, t) for z, t in zip(row, truth, strict=True) if not math.isnan(t)]
        if known:
            of_images.append(sum(math.log1p(math.exp(-z if t else z)) for z, t in known) / len(known))
    return sum(of_images) / len(of_images)


def test_the_loss_of_a_localiser_is_of_known_tags_and_of_presence() -> None:
    task = localiser_task(f"outer.faceless={SHOES}", "outer.presence=0.7", "outer.without=0.25").eval()
    batch = task.draw(np.random.default_rng(0))
    batch.tags[0] = torch.nan
    batch.tags[1:4, 2] = torch.nan
    terms = task.terms(batch)
    with torch.no_grad():
        said = localiser_of(task.model, "outer")(task.data(batch))
    tags = cross_entropy(said.tags[:6], batch.tags)
    presence = cross_entropy(said.presence[:, None], torch.tensor([[1.0]] * 6 + [[0.0]] * 2))
    assert terms["tags"].item() == pytest.approx(tags, rel=1e-5)
    assert terms["presence"].item() == pytest.approx(presence, rel=1e-5)
    assert terms["loss"].item() == pytest.approx(tags + 0.7 * presence, rel=1e-5)


def test_the_loss_of_a_reader_is_of_known_tags(earlier: dict[str, Bundle | None]) -> None:
    task = reader_task(earlier["reader"]).eval()
    batch = task.draw(np.random.default_rng(0))
    batch.tags[:, 0] = torch.nan
    batch.tags[2] = torch.nan
    loss = task.terms(batch)["loss"]
    with torch.no_grad():
        logits = reader_of(task.model)(task.data(batch))
    assert loss.item() == pytest.approx(cross_entropy(logits, batch.tags), rel=1e-5)
    torch.autograd.backward(loss)
    output = reader_of(task.model).attributes.weight.grad
    assert output is not None
    assert output.isfinite().all()
    assert (output[0] == 0).all()  # of an attribute that nobody knows
    assert (output[1] != 0).any()


def test_tables_with_unknown_tags_train(tmp_path: Path) -> None:
    known = pl.int_range(20) % 3 != 0
    gaps = [pl.when(known).then(pl.col(f"attr.{name}")).alias(f"attr.{name}") for name in ("smile", "beard")]
    # Of no test image, of half of the validation images, and of some training images
    seldom = pl.when((pl.col("split") == "train") & known).then(pl.col("attr.glasses")).alias("attr.glasses")
    open_dataset(FACES).items.with_columns(*gaps, seldom).write_csv(tmp_path / "my.csv")
    recipe = tiny(f"data={tmp_path / 'my.csv'}", "reader.sources=[{aligned: false}]")
    bundle = train(recipe, tmp_path / "run", True)
    assert bundle is not None
    for run in (tmp_path / "run", tmp_path / "run" / "outer"):
        losses = read_history(run).filter(pl.col("name") == "loss")["value"]
        assert np.isfinite(losses.to_numpy()).all()
    assert all(value.isfinite().all() for value in bundle.weights.values())
    measured = evaluate(bundle, None, None).metrics
    assert "mean_accuracy_beard" in measured or "beard" in measured
    assert "glasses" not in measured


def test_an_attribute_that_nobody_knows_is_not_learned(tmp_path: Path) -> None:
    items = open_dataset(FACES).items.with_columns(pl.lit(None, pl.Float64).alias("attr.glasses"))
    items.write_csv(tmp_path / "my.csv")
    with pytest.raises(VisavisError, match=r"attr\.glasses: no training image has a tag of it; fill some in"):
        train(tiny(f"data={tmp_path / 'my.csv'}"), tmp_path / "run", True)


def test_faces_of_other_attributes_are_refused_before_lnet_is_trained(tmp_path: Path) -> None:
    open_dataset(FACES).items.drop("attr.beard").write_csv(tmp_path / "my.csv")
    recipe = tiny(f"data={tmp_path / 'my.csv'}", f"reader.sources=[{{aligned: false}}, {{data: {FACES}}}]")
    with pytest.raises(VisavisError, match=r"has tags of 'beard', unlike the others; take it out of reader"):
        train(recipe, tmp_path / "run", True)
    assert not (tmp_path / "run").exists()


def test_faces_are_those_of_the_data_where_a_source_names_no_other() -> None:
    recipe = find_recipe("face_attributes/aligned", ["data=my.csv"])
    assert isinstance(recipe, FacesRecipe)
    assert recipe.reader is not None
    assert [(one.data, one.share) for one in recipe.reader.sources] == [("my.csv", 1.12)]


def test_columns_of_sources_may_stand_in_any_order(tmp_path: Path) -> None:
    items = open_dataset(FACES).items
    tags = [name for name in items.columns if name.startswith("attr.")]
    items.select(*[name for name in items.columns if name not in tags], *tags[::-1]).write_csv(
        tmp_path / "my.csv"
    )
    sources = f"reader.sources=[{{data: {FACES}}}, {{data: {tmp_path / 'my.csv'}}}]"
    task = reader_task(None, "outer=null", "inner=null", sources)
    first, second = task.data.tags.chunk(2)
    assert torch.equal(first, second)


def test_validation_is_balanced_accuracy_where_the_held_out_part_has_contrasts(
    earlier: dict[str, Bundle | None],
) -> None:
    task = reader_task(earlier["reader"], "fold=0").eval()
    assert task.held_out is not None
    scores = attribute_logits(reader_of(task.model), task.held_out.pages, 2).double().numpy()
    expected = balanced_accuracy(
        scores, task.held_out.tags, best_thresholds(scores, task.held_out.tags)
    ).value
    assert task.validate() == {"balanced_accuracy": pytest.approx(expected)}
    task.held_out = Examples(task.held_out.pages, np.ones_like(task.held_out.tags))
    assert task.validate() == {}
    task.held_out = None
    assert task.validate() == {}


# --- parts


@pytest.mark.parametrize("part", ["outer", "inner", "reader"])
def test_a_part_is_trained_alone(part: str, earlier: dict[str, Bundle | None]) -> None:
    task = task_of(part, earlier[part]).train()
    torch.autograd.backward(task.terms(task.draw(np.random.default_rng(0)))["loss"])
    moved = {name for name, parameter in task.model.named_parameters() if parameter.grad is not None}
    assert {name.partition(".")[0] for name in moved} == {part}
    learned = {id(one) for group in task.configure_optimizers().param_groups for one in group["params"]}
    assert learned == {id(one) for name, one in task.model.named_parameters() if name.startswith(f"{part}.")}


def test_later_parts_keep_the_earlier_ones(tiny_bundle: Bundle, earlier: dict[str, Bundle | None]) -> None:
    """Weights and batch statistics."""
    outer, inner = earlier["inner"], earlier["reader"]
    assert outer is not None
    assert inner is not None
    for before, after in ((outer, inner), (inner, tiny_bundle)):
        assert before.weights.keys() < after.weights.keys()
        assert all(torch.equal(value, after.weights[name]) for name, value in before.weights.items())
    assert set(tiny_bundle.config.settings) == {"net", "outer", "inner", "reader"}
    assert tiny_bundle.config.labels == open_dataset(FACES).attributes
    minutes = [one.config.training["minutes"] for one in (outer, inner, tiny_bundle)]
    assert minutes == sorted(minutes)
    assert tiny_bundle.config.training["minutes_before"] == 0  # the parts before are its own


def test_lnet_s_starts_from_lnet_o(earlier: dict[str, Bundle | None]) -> None:
    model = task_of("inner", earlier["inner"]).model
    assert isinstance(model, FaceAttributes)
    outer, inner = (localiser_of(model, part).state_dict() for part in ("outer", "inner"))
    assert all(torch.equal(value, inner[name]) for name, value in outer.items())


def test_lnet_o_sees_whole_photos_with_their_tags() -> None:
    task, items = localiser_task(), open_dataset(FACES).select(split="train").items
    paths = items["path"].to_list()
    assert torch.equal(task.data.photos.pages, read_squares(paths, whole_photos(paths), 96))
    assert np.array_equal(task.data.tags.numpy(), tags_of(items))


def test_only_the_attributes_of_the_recipe_are_learned(tmp_path: Path) -> None:
    """By all parts, from data that have more; and only those are measured."""
    chosen = ["glasses", "smile"]
    bundle = train(tiny("attributes=[glasses, smile]", "inner=null"), tmp_path, True)
    assert bundle is not None
    assert bundle.config.labels == chosen
    assert read_bundle(tmp_path / "outer" / "bundle").config.labels == chosen
    assert (
        bundle.weights["outer.tags.weight"].shape[0] == bundle.weights["reader.attributes.bias"].shape[0] == 2
    )
    metrics = evaluate(bundle, None, None).metrics
    assert [name for name in metrics if name in open_dataset(FACES).attributes] == chosen
    task = localiser_task("attributes=[glasses, smile]")
    items = open_dataset(FACES).select(split="train").items
    assert np.array_equal(task.data.tags.numpy(), tags_of(items, chosen))


def test_a_run_that_goes_on_trains_finished_parts_no_more(
    tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with interrupted_at(1, ReaderTask):
        assert train(tiny(), tmp_path, True) is None
    monkeypatch.setattr(training, "make_localiser", None)
    resumed = train(tiny(), tmp_path, True)
    assert resumed is not None
    assert resumed.config.weights_sha256 == tiny_bundle.config.weights_sha256


def test_the_threshold_of_a_face_lies_between_photos_with_and_without(
    earlier: dict[str, Bundle | None],
) -> None:
    task = localiser_task(f"outer.faceless={SHOES}").eval()
    localiser, seen = localiser_of(task.model, "outer"), task.stage.model_dump()
    shoes = open_dataset(SHOES).select(split="train").items["path"].to_list()
    faces, others = (
        windows_of_pages(localiser, pages, seen).scores
        for pages in (task.data.photos.pages, read_squares(shoes, whole_photos(shoes), 96))
    )
    assert threshold_of(task) == {FACE: threshold_between(faces, others)}
    assert threshold_of(localiser_task().eval()) == {}
    inner = task_of("inner", earlier["inner"], f"inner.faceless={SHOES}")
    assert isinstance(inner, LocaliserTask)
    assert threshold_of(inner) == {}  # the score is LNet_o's


def test_svms_and_then_the_calibration_on_held_out_faces(earlier: dict[str, Bundle | None]) -> None:
    made = make_reader(tiny("reader.svm=0.1", "fold=0"), "reader", earlier["reader"])
    task, names = made.task.eval(), open_dataset(FACES).attributes
    assert isinstance(task, ReaderTask)
    reader, before = reader_of(task.model), reader_of(task.model).attributes.weight.clone()
    fitted = made.finish(task.model)
    assert not torch.equal(reader.attributes.weight, before)
    learned = reader.attributes(attribute_features(reader, task.data.photos.pages)).detach() >= 0
    contrasts = [number for number, tags in enumerate(task.data.tags.T) if len(tags.unique()) == 2]
    right = learned[:, contrasts] == (task.data.tags.repeat(2, 1)[:, contrasts] == 1)
    assert right.float().mean() > 0.7
    assert task.held_out is not None
    logits = attribute_logits(reader, task.held_out.pages, 2).double().numpy()
    assert fitted == calibrate(names, logits, task.held_out.tags)


def test_sources_are_read_each_in_its_way_and_joined(earlier: dict[str, Bundle | None]) -> None:
    sources = f"[{{data: {FACES}, aligned: false}}, {{data: {FACES}, share: 0.8, down: 0.1}}]"
    both = make_reader(tiny(f"reader.sources={sources}"), "reader", earlier["reader"])
    assert isinstance(both.task, ReaderTask)
    alone = reader_task(earlier["reader"])
    assert torch.equal(both.task.data.photos.pages[:14], alone.data.photos.pages)
    assert not torch.equal(both.task.data.photos.pages[14:], alone.data.photos.pages)
    assert torch.equal(both.task.data.tags, alone.data.tags.repeat(2, 1))
    assert both.settings["reader"]["aligned"] == {"share": 0.8, "down": 0.1}


# --- a pre-training


def stand_in(part: str, model: FaceAttributes) -> Any:
    """A pre-training whose trunk has other weights than the part of the model."""
    own = f"{part}.trunk." if part == "reader" else f"{part}.backbone."
    prefix = "trunk." if part == "reader" else "trunk.backbone."
    weights = {
        prefix + name.removeprefix(own): value + 1
        for name, value in model.state_dict().items()
        if name.startswith(own)
    }
    data = [{"name": "identities", "digest": "0" * 16, "terms": "none"}]
    config = SimpleNamespace(training={"data": data, "minutes": 3.0, "minutes_before": 0.0})
    return SimpleNamespace(weights=weights | {"embed.weight": torch.ones(2)}, config=config)


def test_what_a_pre_training_lacks_starts_as_new(tiny_bundle: Bundle) -> None:
    """One of before ANet's fully connected layer was normalised."""
    settings = tiny_bundle.config.settings
    start = stand_in("reader", build_model(settings, "reader", None, None))
    for name in [name for name in start.weights if name.startswith("trunk.norm.")]:
        del start.weights[name]
    own = reader_of(build_model(settings, "reader", None, start)).trunk.state_dict()
    assert torch.equal(own["shared.weight"], start.weights["trunk.shared.weight"])
    assert (own["norm.weight"] == 1).all()
    assert (own["norm.running_mean"] == 0).all()


@pytest.mark.parametrize("part", ["outer", "reader"])
def test_a_pre_training_hands_on_what_fits(part: str, tiny_bundle: Bundle) -> None:
    settings = tiny_bundle.config.settings
    plain = build_model(settings, part, None, None)
    start = stand_in(part, plain)
    model = build_model(settings, part, None, start)
    layer = "reader.trunk.shared.weight" if part == "reader" else "outer.backbone.layers.0.weight"
    for name, value in start.weights.items():
        if name.startswith("trunk."):
            own = f"{part}.{name}" if part == "reader" else f"{part}.{name.removeprefix('trunk.')}"
            assert torch.equal(model.state_dict()[own], value)
    if part == "reader":
        narrow = {**settings, "net": {"reader": settings["net"]["reader"] | {"hidden": 7}}}
        other = build_model(narrow, part, None, start).state_dict()
        assert other[layer].shape[0] == 7
        first = "backbone.globally_shared.0.weight"
        assert torch.equal(other[f"reader.trunk.{first}"], start.weights[f"trunk.{first}"])


def test_the_card_names_the_data_of_both_pre_trainings(
    tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = stand_in("reader", build_model(tiny_bundle.config.settings, "reader", None, None))

    def starting_point(backbone: str) -> tuple[str, Any]:
        return ("anet", start) if backbone == "bundle:people" else (backbone, None)

    monkeypatch.setattr(parts, "starting_point", starting_point)
    bundle = train(tiny("reader.backbone=bundle:people"), tmp_path, True)
    assert bundle is not None
    assert {source["name"] for source in bundle.config.training["data"]} == {"identities", FACES}


# --- what is refused

ALIGNED = ("outer=null", "inner=null", f"reader.sources=[{{data: {FACES}}}]")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("outer=null", "inner=null", "reader=null"), "the recipe has no part to train; give outer"),
        (("outer=null", "reader=null"), "key 'outer': LNet_s and photos that are not aligned need LNet_o"),
        (("outer=null", "inner=null"), "key 'outer': LNet_s and photos that are not aligned need LNet_o"),
        ((*ALIGNED, "reader.page=80"), r"reader\.page: 80 px is less than the 88 that the backbone reads"),
        ((*ALIGNED, "reader.views=3"), r"reader\.views: 3 of a page of 96 px; give 2, or 10 of more than 88"),
        ((*ALIGNED, "reader.page=88", "reader.views=10"), r"reader\.views: 10 of a page of 88 px; give 2"),
        (
            (*ALIGNED, "reader.schedule.batch=1"),
            r"reader\.schedule\.batch: the statistics of one face are no",
        ),
        ((*ALIGNED, "reader.backbone=small"), r"reader\.backbone: 'small' reads line drawings; use lnet"),
        (("outer.backbone=sketch-a-net",), r"outer\.backbone: 'sketch-a-net' reads line drawings; use lnet"),
        (("outer.levels=20",), r"outer\.levels: the smallest size, 0 px, is less than the backbone can read"),
        (("outer.backbone=caffenet", "outer.page=64"), r"outer\.levels: the smallest size, 45 px, is less"),
    ],
)
def test_bad_recipes_are_told_before_anything_is_trained(
    overrides: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    with pytest.raises(VisavisError, match=message):
        train(tiny(*overrides), tmp_path, True)
    assert not list(tmp_path.rglob("checkpoint.pt"))


def test_lnet_s_needs_the_backbone_of_lnet_o(earlier: dict[str, Bundle | None]) -> None:
    with pytest.raises(VisavisError, match=r"inner\.backbone: LNet_s starts from LNet_o, which is 'lnet'"):
        task_of("inner", earlier["inner"], "inner.backbone=colour")


def test_data_that_do_not_fit_are_told(earlier: dict[str, Bundle | None], tmp_path: Path) -> None:
    items = open_dataset(FACES).items
    items.with_columns(split=pl.lit("test")).write_csv(tmp_path / "test.csv")
    with pytest.raises(VisavisError, match=r"test: nothing is in its split 'train'; mark items to learn"):
        localiser_task(f"data={tmp_path / 'test.csv'}")
    with pytest.raises(VisavisError, match=r"test: nothing is in its split 'train'"):
        reader_task(None, "outer=null", "inner=null", f"reader.sources=[{{data: {tmp_path / 'test.csv'}}}]")
    items.drop("attr.smile").write_csv(tmp_path / "others.csv")
    others = f"reader.sources=[{{data: {FACES}}}, {{data: {tmp_path / 'others.csv'}}}]"
    with pytest.raises(
        VisavisError, match=r"others: lacks tags of 'smile', unlike the others; take it out of"
    ):
        reader_task(earlier["reader"], others)

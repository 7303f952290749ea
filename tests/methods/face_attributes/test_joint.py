"""The gradient of what ANet reads to where LNet looks, and both trained on together in a finished run."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from tests.interrupts import interrupted_at
from tests.methods.face_attributes.conftest import FACES, tiny
from visavis import load
from visavis.bundle import read_bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.features.frames import cut
from visavis.losses.attributes import attribute_cross_entropy
from visavis.methods.face_attributes.data import training_part
from visavis.methods.face_attributes.joint import JointBatch, JointTask, sample_squares
from visavis.methods.face_attributes.parts import make_joint
from visavis.methods.face_attributes.recipe import FacesRecipe
from visavis.methods.face_attributes.scoring import locate, read_faces
from visavis.methods.face_attributes.search import Candidates, Shape, best_windows, find_windows
from visavis.methods.face_attributes.tasks import localiser_of, reader_of
from visavis.methods.face_attributes.training import train
from visavis.training.augment import Augmentation, draw_view, places_of
from visavis.training.task import step_generator

AROUND = 1.5
SHOES = "rendered-shoes-20"  # pictures without faces


def whole_page(side: int, count: int) -> Tensor:
    """Where the pixels of pages look, as they are."""
    rows, rng = np.arange(count), np.random.default_rng(0)
    return places_of(draw_view(rows, side, side, Augmentation(), rng), side)


# --- the square


@pytest.mark.parametrize(
    "window", [(20.0, 14.0, 9.0, 11.0), (-4.5, 30.2, 16.0, 18.0), (50.0, -7.0, 20.0, 15.0)]
)
def test_squares_are_those_that_are_cut_in_use(window: tuple[float, float, float, float]) -> None:
    """Also where they stick out of the photo; none is shrunk, which `cut` blurs for."""
    rng = np.random.default_rng(0)
    photo = cv2.GaussianBlur(rng.integers(0, 256, (48, 64, 3)).astype(np.uint8), (0, 0), 1.5)
    x, y, w, h = window
    expected = cut(photo, (x + w / 2 - 0.5, y + h / 2 - 0.5), AROUND * h, 32)
    photos = torch.from_numpy(photo).permute(2, 0, 1)[None].float()
    found = sample_squares(photos, torch.tensor([window]), AROUND, whole_page(32, 1))
    difference = found[0].permute(1, 2, 0).numpy() - expected
    assert np.abs(difference).max() < 2.5  # of 255: OpenCV has steps of 1/32 px
    assert np.abs(difference).mean() < 0.5


# --- the gradient

SHAPE = Shape(8, 10, 0.5, -1)


def planted() -> tuple[Candidates, Tensor]:
    """Places in two sizes with a bump in their response, and a photo with a light beside it."""
    centres = torch.arange(8, dtype=torch.float64) * 8 + 4
    y, x = (one.flatten() for one in torch.meshgrid(centres, centres, indexing="ij"))
    bump = torch.exp(-((x - 28) ** 2 + (y - 28) ** 2) / 128)
    found = Candidates(
        torch.cat([x, x]),
        torch.cat([y, y]),
        torch.cat([torch.zeros(64), torch.full((64,), 0.5)]).double(),
        torch.cat([bump, 0.9 * bump])[None],
        [(8, 8), (8, 8)],
    )
    places = torch.arange(64, dtype=torch.float64) + 0.5
    light = torch.exp(-((places - 40) ** 2 + (places[:, None] - 26) ** 2) / 200)
    return found, light.expand(1, 3, 64, 64)


def read_light(response: Tensor, sharpness: Tensor, tags: Tensor) -> tuple[Tensor, Tensor]:
    """The window, and the loss of a reader that takes the light in the middle of it for the attribute."""
    found, photo = planted()
    window = best_windows(found._replace(response=response), sharpness, SHAPE)
    face = sample_squares(photo, window, AROUND, whole_page(12, 1).double())
    logits = 8 * (face.mean(dim=(1, 2, 3))[:, None] - 0.7)
    return window, attribute_cross_entropy(logits, tags)


def test_gradient_of_the_attribute_loss_is_that_of_small_differences() -> None:
    response = planted()[0].response.clone().requires_grad_()
    sharpness = torch.tensor(6.0, dtype=torch.float64, requires_grad=True)
    tags = torch.ones(1, 1, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda r, k: read_light(r, k, tags)[1], (response, sharpness))


@pytest.mark.parametrize("tag", [1.0, 0.0])
def test_the_window_goes_to_the_place_that_tells(tag: float) -> None:
    """To the light where the attribute is there, away from it where it is not; the loss falls."""
    tags, sharpness = torch.full((1, 1), tag).double(), torch.tensor(6.0).double()
    response = planted()[0].response.clone().requires_grad_()
    centres, losses = [], []
    for _ in range(20):
        window, loss = read_light(response, sharpness, tags)
        (gradient,) = torch.autograd.grad(loss, response)
        response = (response - 0.5 * gradient).detach().requires_grad_()
        centres.append((window[0, 0] + window[0, 2] / 2).item())
        losses.append(loss.item())
    assert np.all(np.diff(losses) < 0)
    assert np.all(np.diff(centres) * (2 * tag - 1) > 0)
    assert abs(centres[-1] - centres[0]) > 2


# --- training

SOURCES = f"reader.sources=[{{data: {FACES}, aligned: false}}, {{data: {FACES}, share: 0.8}}]"
SCHEDULE = "{steps: 4, batch: 6, learning_rate: 0.001, clip: 1.0, checkpoint_every: 1}"
JOINT = f"joint={{page: 192, rate: 0.5, schedule: {SCHEDULE}}}"


def recipe_of(*overrides: str) -> FacesRecipe:
    """Recipe `tiny` on photos and aligned faces, read as they are, with some held out."""
    return tiny(SOURCES, "fold=0", "reader.page=88", "reader.augmentation={}", *overrides)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of all parts one after the other."""
    folder = tmp_path_factory.mktemp("stagewise")
    assert train(recipe_of(), folder, True) is not None
    return folder


def copied(run: Path, folder: Path) -> Path:
    return shutil.copytree(run, folder / "run")


def joint_task(run: Path, *overrides: str) -> JointTask:
    task = make_joint(recipe_of(JOINT, *overrides), read_bundle(run / "bundle")).task
    assert isinstance(task, JointTask)
    return task


def test_a_finished_run_is_gone_on_from_and_stays(run: Path, tmp_path: Path) -> None:
    folder = copied(run, tmp_path)
    before = {part: read_bundle(folder / part / "bundle") for part in ("outer", "inner", "")}
    bundle = train(recipe_of(JOINT), folder, True)
    assert bundle is not None
    assert bundle.path == folder / "joint" / "bundle"
    for part, one in before.items():
        assert read_bundle(folder / part / "bundle").config == one.config
    stagewise = before[""]
    assert bundle.config.settings == stagewise.config.settings
    assert bundle.config.recipe["name"] == "tiny, joint"
    assert bundle.config.calibration.keys() == stagewise.config.calibration.keys()
    moved = {
        name.split(".")[0]
        for name, value in bundle.weights.items()
        if not torch.equal(value, stagewise.weights[name])
    }
    assert moved == {"inner", "reader"}
    assert train(recipe_of(), folder, True).config == stagewise.config  # type: ignore[union-attr]
    data = open_dataset(FACES)
    described = load(folder / "joint").describe([data.items["path"][0]])[0]
    assert list(described.probabilities) == data.attributes


def test_an_interrupted_run_ends_in_equal_weights(run: Path, tmp_path: Path) -> None:
    recipe = recipe_of(JOINT)
    whole = train(recipe, copied(run, tmp_path / "whole"), True)
    folder = copied(run, tmp_path / "parts")
    with interrupted_at(2):
        assert train(recipe, folder, True) is None
    resumed = train(recipe, folder, True)
    assert whole is not None
    assert resumed is not None
    assert resumed.config.weights_sha256 == whole.config.weights_sha256


def test_untrained_it_reads_what_is_read_in_use(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The windows of `find_windows`, though in the mode of training, and the pages that are cut at them."""
    task, bundle = joint_task(run), read_bundle(run / "bundle")
    batch, read = task.draw(step_generator(0, 0)), []
    faces_of = task.data.faces

    def remembering(batch: JointBatch, windows: Tensor) -> Tensor:
        read.extend([windows, faces_of(batch, windows)])
        return read[1]

    monkeypatch.setattr(task.data, "faces", remembering)
    task.train().terms(batch)
    windows, faces = read
    rows = batch.photos.photos.rows
    localiser = localiser_of(task.eval().model, "inner")
    expected = find_windows(localiser, task.data.photos.photos.pages[rows].float() / 255, task.shape)[0]
    assert torch.allclose(windows, expected, atol=1e-3)
    paths = training_part(open_dataset(FACES), 0)[0]["path"].gather(rows.tolist()).to_list()
    boxes = locate(task.model, paths, bundle.config.settings).boxes
    cut_in_use = read_faces(paths, boxes, bundle.config.settings).float() / 255
    assert (faces[: len(rows)] - cut_in_use).abs().mean() < 0.01


def test_what_hides_a_photo_from_lnet_does_not_hide_it_from_anet(run: Path) -> None:
    task = joint_task(run)
    batch = task.draw(step_generator(0, 0))
    assert batch.aligned is not None
    assert (len(batch.photos.tags), len(batch.aligned.tags)) == (3, 3)  # as many as there are of each
    hole = torch.tensor([[[0.5, 0.5, 0.2]]]).expand(3, 1, 3)
    window = torch.tensor([[16.0, 16.0, 32.0, 32.0]]).expand(3, 4)
    plain = task.data.faces(batch, window)
    hidden = batch.photos.photos._replace(blobs=hole, gain=torch.full((3, 1, 1, 1), 0.5))
    from_lnet = batch._replace(photos=batch.photos._replace(photos=hidden))
    assert torch.equal(task.data.faces(from_lnet, window), plain)
    from_anet = task.data.faces(batch._replace(faces=batch.faces._replace(blobs=hole)), window)
    assert (from_anet[:3, :, 44, 44] == 1).all()
    assert torch.equal(from_anet[3:], plain[3:])


def test_the_gradient_reaches_the_weights_of_lnet(run: Path) -> None:
    """Without a loss of its own, a small step of LNet down the gradient gains what the gradient promises."""
    task, promised = joint_task(run, "joint.weight=0").eval(), 3e-5
    batch = task.draw(step_generator(0, 0))
    with torch.no_grad():
        reader_of(task.model).attributes.weight *= 30  # so that it matters what ANet sees
    weights = list(localiser_of(task.model, "inner").backbone.parameters())
    loss = task.terms(batch)["loss"]
    gradient = torch.autograd.grad(loss, weights)
    squared = sum(float((part**2).sum()) for part in gradient)
    with torch.no_grad():
        for weight, part in zip(weights, gradient, strict=True):
            weight.sub_(part, alpha=promised / squared)
        gained = float(loss - task.terms(batch)["loss"])
    assert gained == pytest.approx(promised, rel=0.1)


def test_lnet_stays_where_its_rate_is_zero(run: Path, tmp_path: Path) -> None:
    bundle = train(recipe_of(JOINT, "joint.rate=0"), copied(run, tmp_path), True)
    before = read_bundle(run / "bundle").weights
    assert bundle is not None
    assert all(
        torch.equal(value, before[name])
        for name, value in bundle.weights.items()
        if name.startswith(("outer.", "inner."))
    )


def test_lnet_o_is_trained_on_where_there_is_no_other(tmp_path: Path) -> None:
    """With pictures without faces, from which the threshold is set anew."""
    recipe = recipe_of("inner=null", f"outer.faceless={SHOES}", JOINT)
    bundle, before = train(recipe, tmp_path, True), read_bundle(tmp_path / "bundle")
    assert bundle is not None
    assert bundle.config.calibration["face"] != before.config.calibration["face"]
    assert set(bundle.config.settings["net"]) == {"outer", "reader"}


def test_what_cannot_be_trained_together_is_refused(tmp_path: Path) -> None:
    aligned = f"reader.sources=[{{data: {FACES}}}]"
    with pytest.raises(VisavisError, match="key 'joint': LNet and ANet meet on photos that are not aligned"):
        train(recipe_of(JOINT, aligned), tmp_path, True)
    with pytest.raises(VisavisError, match="key 'joint': windows of proposals 'grid' cannot be learned"):
        train(recipe_of(JOINT, "inner.proposals=grid"), tmp_path, True)
    assert not list(tmp_path.iterdir())

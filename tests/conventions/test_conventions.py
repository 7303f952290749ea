"""One test for each heading of docs/conventions.md."""

import ast
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from torch import Tensor, nn

import visavis
from tests.terminal import visavis as run
from visavis import images
from visavis.features.ink import Box, ink_box
from visavis.features.pages import page_of
from visavis.files import atomic_path
from visavis.gallery.index import ExactIndex
from visavis.losses.attributes import attribute_cross_entropy
from visavis.losses.infonce import info_nce_loss
from visavis.methods.pretraining.model import PretrainingNet
from visavis.methods.sketch_retrieval.model import AttributeRanker
from visavis.metrics import average_precision, multi_task_score, ranks, triplet_accuracy
from visavis.metrics.evaluation import Evaluation, PerQuery
from visavis.synth.photo import render_photo
from visavis.synth.shoes import sample
from visavis.synth.sketch import render_sketch
from visavis.tables import attribute_matrix, read_items
from visavis.training.augment import Augmentation, augment, centre_crop
from visavis.training.fit import StepStream
from visavis.training.recipe import Schedule
from visavis.training.task import Task

PAGE = Path(__file__).parents[2] / "docs" / "conventions.md"
HEADINGS = re.findall(r"^## (.+)$", PAGE.read_text(), re.MULTILINE)


@pytest.mark.parametrize("heading", HEADINGS)
def test_every_convention_has_its_test(heading: str) -> None:
    assert f"test_{heading.lower().replace(' ', '_')}" in globals()


def test_every_test_has_its_convention() -> None:
    named = {f"test_{heading.lower().replace(' ', '_')}" for heading in HEADINGS}
    tests = {name for name in globals() if name.startswith("test_") and not name.startswith("test_every_")}
    assert tests == named


def test_distances_are_lower_when_closer() -> None:
    gallery = np.eye(4, dtype=np.float32)
    query = (gallery[[2]] + 0.1 * gallery[[0]]) / np.sqrt(1.01, dtype=np.float32)
    scores = multi_task_score(query, gallery)
    assert scores.argmin() == 2
    assert ranks(scores, truth=np.array([2])).tolist() == [1]
    assert triplet_accuracy(closer=scores[:, 2], farther=scores[:, 1]) == 1
    text = {"id": list("abcd"), "path": list("abcd"), "label": list("abcd")}
    hits = ExactIndex(pl.DataFrame(text), gallery, None, 0.0).search(query, None, k=4)[0]
    assert hits[0].id == "c"
    assert [hit.score for hit in hits] == sorted(hit.score for hit in hits)
    right, wrong = (torch.from_numpy(gallery[rows]) for rows in ([0, 1, 2], [1, 2, 0]))
    anchors = torch.from_numpy(gallery[:3])
    assert info_nce_loss(anchors, right, temperature=0.1) < info_nce_loss(anchors, wrong, temperature=0.1)


def test_ties_count_as_wrong() -> None:
    constant = np.full((3, 7), 0.5)
    assert ranks(constant, truth=np.array([0, 3, 6])).tolist() == [7, 7, 7]
    assert triplet_accuracy(constant[:, 0], constant[:, 1]) == 0
    relevant = np.zeros((3, 7), dtype=bool)
    relevant[:, 0] = True
    assert average_precision(constant, relevant).tolist() == [1 / 7] * 3


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
def test_embeddings_are_of_unit_length() -> None:
    pages = torch.rand(3, 1, 112, 112, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        of_networks = [
            AttributeRanker("small", attributes=0, embedding=8, hidden=16).eval()(pages).embedding,
            PretrainingNet("small", hidden=16, embedding=8).eval()(pages),
        ]
    for embeddings in of_networks:
        assert torch.allclose(embeddings.norm(dim=1), torch.ones(3), atol=1e-6)


def test_images_are_uint8_arrays_of_rows(tmp_path: Path) -> None:
    red = np.zeros((2, 5, 3), dtype=np.uint8)
    red[0, :, 0] = 255
    images.save(tmp_path / "red.png", red)
    loaded = images.load(tmp_path / "red.png")
    assert loaded.dtype == np.uint8
    assert (loaded == red).all()
    assert images.load(tmp_path / "red.png", mode="grey").shape == (2, 5)
    pages = torch.full((2, 1, 8, 8), 255, dtype=torch.uint8)
    assert torch.equal(centre_crop(pages, 8), torch.ones(2, 1, 8, 8))


def test_ink_is_dark_on_white(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    shoe = sample(rng)
    images.save(tmp_path / "photo.png", render_photo(shoe, rng).image)
    images.save(tmp_path / "sketch.png", render_sketch(shoe, rng))
    for domain in ("photo", "sketch"):
        page = page_of(tmp_path / f"{domain}.png", domain, side=112)
        assert page[0].min() == 255
        assert page.mean() > 190
        assert page.min() < 128
    shifted = augment(torch.zeros(1, 1, 8, 8, dtype=torch.uint8), 8, Augmentation(shift=5.0), rng)
    assert shifted.mean() == 1  # all black ink has left the page


def test_boxes_are_x_y_w_h_from_zero() -> None:
    page = np.full((9, 12), 255, dtype=np.uint8)
    page[2:5, 3:10] = 0
    box = ink_box(page)
    assert Box._fields == ("x", "y", "w", "h")
    assert box == (3, 2, 7, 3)
    inside = page[box.y : box.y + box.h, box.x : box.x + box.w]
    assert (inside == 0).all()
    assert inside.size == (page == 0).sum()


def test_warps_keep_pixel_centres() -> None:
    pages = torch.randint(0, 256, (2, 1, 9, 9), generator=torch.Generator().manual_seed(0)).byte()
    same = augment(pages, 9, Augmentation(), np.random.default_rng(0))
    assert torch.allclose(same, centre_crop(pages, 9), atol=1e-5)
    mirrored = augment(pages, 9, Augmentation(flip=1.0), np.random.default_rng(0))
    assert torch.allclose(mirrored, same.flip(-1), atol=1e-5)


def test_axis_letters_have_one_meaning() -> None:
    rows = [line.split("|")[1:-1] for line in PAGE.read_text().splitlines() if line.startswith("|")][2:]
    listed = {letter.strip() for row in rows for cell in row[::2] for letter in cell.split(",")}
    used = {
        axis.lstrip("*_#?")
        for file in Path(visavis.__file__).parent.rglob("*.py")
        for shape in shapes_in(ast.parse(file.read_text()))
        for axis in shape.split()
    }
    letters = {axis for axis in used if re.fullmatch("[A-Z]", axis)}
    assert letters <= listed, f"add {letters - listed} to the table, or use a letter that is there"


def shapes_in(tree: ast.AST) -> list[str]:
    """The shapes of all annotations like `Float[Tensor, "B D"]`."""
    found = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Tuple)
            and len(node.slice.elts) == 2
        ):
            array, shape = node.slice.elts
            if ast.unparse(array) in ("Tensor", "np.ndarray") and isinstance(shape, ast.Constant):
                found.append(str(shape.value))
    return found


class Drawing(Task):
    """A task that does nothing but draw numbers."""

    def __init__(self) -> None:
        super().__init__(nn.Linear(1, 1), Schedule(steps=6, batch=4))

    def draw(self, rng: np.random.Generator) -> Tensor:
        return torch.from_numpy(rng.normal(size=4))

    def terms(self, batch: Tensor) -> dict[str, Tensor]:
        return {"loss": batch.sum()}


def test_randomness_depends_on_seed_and_step() -> None:
    whole = list(StepStream(Drawing(), seed=3, start=0, stop=6))
    resumed = list(StepStream(Drawing(), seed=3, start=4, stop=6))
    assert all(torch.equal(a, b) for a, b in zip(whole[4:], resumed, strict=True))
    assert not torch.equal(whole[0], whole[1])
    assert not torch.equal(whole[0], next(iter(StepStream(Drawing(), seed=4, start=0, stop=1))))


def test_unknown_attributes_are_nan(tmp_path: Path) -> None:
    for name in "ab":
        images.save(tmp_path / f"{name}.png", np.full((4, 4), 255, dtype=np.uint8))
    (tmp_path / "items.csv").write_text("path,attr.heel,attr.strap\na.png,1,\nb.png,,\n")
    items = read_items(tmp_path / "items.csv").items
    assert items["attr.heel"].to_list() == [1, None]
    targets = torch.from_numpy(attribute_matrix(items))
    assert targets.isnan().tolist() == [[False, True], [True, True]]
    logits = torch.tensor([[0.0, 3.0], [5.0, -5.0]], requires_grad=True)
    loss = attribute_cross_entropy(logits, targets)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == pytest.approx(np.log(2))
    assert logits.grad is not None
    assert logits.grad.tolist() == [[-0.5, 0], [0, 0]]


def test_errors_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("recipe.yaml").write_text("method: sketch_retrieval\ndata: x.csv\nschedule: {steps: 1, bach: 2}\n")
    Path("items.csv").write_text("pth,label\na.png,a\n")
    Path("query.png").write_text("no image")
    mistakes: dict[str, list[object]] = {
        "recipe.yaml: .*the nearest is": ["train", "recipe.yaml"],
        "sketch_retrieval/smal.*sketch_retrieval/small": ["train", "sketch_retrieval/smal"],
        "items.csv: column 'path' is missing": ["train", "sketch_retrieval/tiny", "data=items.csv"],
        "nowhere: no bundle": ["evaluate", "nowhere"],
        "nowhere.lance: no gallery": ["search", "query.png", "--gallery", "nowhere.lance"],
        "'nowhere.csv' is no table": ["train", "sketch_retrieval/tiny", "data=nowhere.csv", "--out", "other"],
    }
    for sentence, arguments in mistakes.items():
        status, _, error = run(*arguments)
        assert status == 2
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        assert re.search(sentence, error), error


def test_files_are_whole_or_absent(tmp_path: Path) -> None:
    target = tmp_path / "model.bin"
    target.write_text("old")

    def fail_half_way() -> None:
        with atomic_path(target) as staged:
            staged.write_text("ne")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail_half_way()
    assert target.read_text() == "old"
    with atomic_path(target) as staged:
        staged.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_figures_are_fractions_until_printed() -> None:
    found = PerQuery(np.array([1.0, 0.0, 0.0, 0.0]), np.ones(4))
    assert found.value == 0.25
    printed = str(Evaluation("test-split", "some-shoes", "0" * 16, {"acc@1": found}))
    assert "some-shoes, protocol test-split, 4 queries" in printed
    assert re.search(r"acc@1 +25\.00 % +\[4\.6, 69\.9\]", printed)

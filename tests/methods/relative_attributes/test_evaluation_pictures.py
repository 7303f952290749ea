"""An evaluation in pictures: which photos, which pairs, and where the heat lies."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.terminal import visavis
from visavis import images
from visavis.bundle import Bundle
from visavis.methods import find_recipe, get_method
from visavis.methods.relative_attributes.data import Pairs
from visavis.methods.relative_attributes.evaluation_pictures import (
    BINS,
    CELL,
    STRENGTHS,
    Judged,
    draw_evaluation,
    middles,
    mistakes,
    strengths,
)
from visavis.methods.relative_attributes.framed import Frames
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.pictures.sheet import GAP

NOWHERE = np.array([2.0, 2.0, 0.1, 0.1], np.float32)  # a box that is not seen


class Plain(Frames):
    """Each photo is of one colour, 10 times the number that its path is."""

    def plain(self, path: str) -> np.ndarray:
        return np.full((self.cell, self.cell, 3), 10 * int(path), np.uint8)


@pytest.fixture
def frames(tiny_bundle: Bundle) -> Frames:
    return Plain(AttributeRanker(tiny_bundle), CELL)


def judged(rows: list[tuple[int, int, int, float, int]], scores: np.ndarray) -> Judged:
    """Pairs of first, second, attribute, target, votes among photos 0 to N - 1."""
    first, second, attribute, target, votes = (np.array(column) for column in zip(*rows, strict=True))
    items = pl.DataFrame({"path": [str(number) for number in range(len(scores))]})
    names = ["smile", "young"][: scores.shape[1]]
    pairs = Pairs(items, names, first, second, attribute, target.astype(float), votes)
    return Judged(pairs, scores, np.tile(NOWHERE, (*scores.shape, 1, 1)))


def shown(picture: np.ndarray, count: int) -> list[list[int]]:
    """The colours in the middles of the cells of each row, over 10."""
    greys = (picture[..., 0] == picture[..., 1]) & (picture[..., 0] % 10 == 0) & (picture[..., 0] < 250)
    found: list[list[int]] = []
    for top in range(0, picture.shape[0] - CELL):
        row = picture[top + CELL // 2]
        runs = [int(colour) // 10 for colour in row[:, 0][greys[top + CELL // 2]]]
        kept = [colour for colour in dict.fromkeys(runs) if runs.count(colour) >= CELL]
        if len(kept) == count and (not found or found[-1] != kept):
            found.append(kept)
    return found


def test_photos_stand_from_the_weakest_to_the_strongest(frames: Frames) -> None:
    count = 2 * STRENGTHS - 1
    scores = np.random.default_rng(0).permutation(count).astype(np.float32)[:, None]
    found = judged([(a, (a + 1) % count, 0, 1.0, 3) for a in range(count)], scores)
    (row,) = shown(strengths(found, frames), STRENGTHS)
    assert [scores[photo, 0] for photo in row] == [*range(0, count, 2)]


def test_only_photos_of_an_attributes_own_pairs_are_shown() -> None:
    found = judged([(0, 1, 0, 1.0, 3), (4, 2, 1, 1.0, 3), (4, 3, 1, 0.5, 0)], np.zeros((5, 2), np.float32))
    assert found.photos_of(0).tolist() == [0, 1]
    assert found.photos_of(1).tolist() == [2, 3, 4]


def test_the_widest_mistakes_come_first_and_the_truth_at_the_left(frames: Frames) -> None:
    scores = np.array([[0.0], [1], [2], [3], [9]], np.float32)
    rows = [
        (0, 1, 0, 1.0, 3),  # people say 0, the model 1, by one
        (3, 0, 0, 0.0, 5),  # people say 0, the model 3, by three
        (0, 2, 0, 1.0, 1),  # wrong, but of one vote
        (4, 3, 0, 1.0, 5),  # right
        (0, 4, 0, 0.5, 5),  # equal
    ]
    picture = mistakes(judged(rows, scores), frames, votes=3)
    assert picture.shape[1] < 3 * 2 * CELL + 300  # two mistakes, not three
    middle = picture[CELL // 2 + 60, :, 0].astype(int)
    steps = [int(colour) // 10 for colour in middle[np.flatnonzero(np.diff(middle, prepend=-1))]]
    assert [colour for colour in steps if colour < 5][-4:] == [0, 3, 0, 1]
    assert mistakes(judged(rows, scores), frames, votes=0).shape[1] > picture.shape[1]


def test_a_model_without_mistakes_says_so(frames: Frames) -> None:
    scores = np.array([[0.0], [1]], np.float32)
    assert mistakes(judged([(1, 0, 0, 1.0, 5)], scores), frames, votes=3).shape[0] > CELL


def test_middles_are_counted_where_they_lie() -> None:
    box = [0.25, 0.5, 0.5, 0.25]  # its middle is at x 0.5, y 0.625
    density = middles(np.array([[box], [box], [[1.5, 0, 1, 1]]]))
    assert density.shape == (BINS, BINS)
    assert density.argmax() == 37 * BINS + 30
    assert density.sum() == pytest.approx(2, abs=1e-6)  # the third lies outside


def test_evaluate_draws_three_pictures(tiny_bundle: Bundle, tmp_path: Path) -> None:
    done = visavis("evaluate", tiny_bundle.path, "--pictures", tmp_path / "new")
    assert done.status == 0, done.error
    assert done.out.endswith(f"pictures: {tmp_path / 'new'}\n")
    found = {path.name: images.load(path) for path in (tmp_path / "new").iterdir()}
    assert {*found} == {"strengths.png", "boxes.png", "mistakes.png"}
    assert found["strengths.png"].shape[1] > STRENGTHS * (CELL + GAP)
    assert found["strengths.png"].shape[0] > 2 * (CELL + GAP)


def test_other_data_may_be_drawn(tiny_bundle: Bundle, tmp_path: Path) -> None:
    draw_evaluation(tiny_bundle, "rendered-shoes-12", "pairs", tmp_path)
    assert len([*tmp_path.iterdir()]) == 3


def test_a_method_without_pictures_says_so(tmp_path: Path) -> None:
    recipe = find_recipe("sketch_retrieval/tiny", ["schedule.steps=1"])
    bundle = get_method("sketch_retrieval").train(recipe, tmp_path / "run", True)
    assert bundle is not None
    done = visavis("evaluate", bundle.path, "--pictures", tmp_path / "new")
    assert done == (2, "", "error: --pictures: method 'sketch_retrieval' draws none; leave it out\n")
    assert not (tmp_path / "new").exists()

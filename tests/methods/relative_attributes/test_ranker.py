"""The verbs `rank` and `compare`, and boxes in pixels of the photo by hand."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from visavis import images, load
from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.relative_attributes.model import Judgement, RegionRanker
from visavis.methods.relative_attributes.pictures import draw_comparison, draw_ranked, ranked_table
from visavis.methods.relative_attributes.ranker import AttributeRanker


@pytest.fixture(scope="module")
def ranker(tiny_bundle: Bundle) -> AttributeRanker:
    loaded: AttributeRanker = load(tiny_bundle.path)
    return loaded


@pytest.fixture(scope="module")
def paths() -> list[str]:
    photos = open_dataset("rendered-shoes-40").select(domain="photo", split="test").items
    return photos["path"].head(5).to_list()


def centred(bundle: Bundle, **settings: Any) -> AttributeRanker:
    """A ranker whose only box is that of scale 0.5 in the middle of the frame."""
    net: dict[str, Any] = {
        "backbone": "colour",
        "attributes": 2,
        "region": "fixed",
        "combined": False,
        "initial_scale": 0.5,
    }
    config = bundle.config.model_copy(update={"settings": {"net": net} | settings})
    return AttributeRanker(replace(bundle, config=config, weights=dict(RegionRanker(**net).state_dict())))


def test_rank_is_by_the_score_of_the_attribute(ranker: AttributeRanker, paths: list[str]) -> None:
    scores = ranker.judge(paths).scores
    for number, attribute in enumerate(ranker.attributes):
        ranked = ranker.rank(paths, attribute)
        assert [one.rank for one in ranked] == [1, 2, 3, 4, 5]
        assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
        assert {str(one.path): one.score for one in ranked} == pytest.approx(
            dict(zip(paths, scores[:, number].tolist(), strict=True))
        )


def test_ties_keep_their_order(
    ranker: AttributeRanker, paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = torch.tensor([[1.0, 0], [2, 0], [1, 0], [2, 0], [1, 0]])
    tied = Judgement(scores, torch.tensor([0.5, 0.5, 0, 0]).expand(5, 2, 1, 4))
    monkeypatch.setattr(ranker, "judge", lambda _: tied)
    first, second = ranker.attributes
    order = [paths.index(str(one.path)) for one in ranker.rank(paths, first)]
    assert order == [1, 3, 0, 2, 4]
    assert [paths.index(str(one.path)) for one in ranker.rank(paths, second)] == [0, 1, 2, 3, 4]


def as_any(value: object) -> Any:
    return value


def test_compare_is_antisymmetric(ranker: AttributeRanker, paths: list[str]) -> None:
    a, b = map(Path, paths[:2])
    scores = ranker.judge(paths[:2]).scores[:, 0].tolist()
    one, other = ranker.compare(a, b, "heel_height"), ranker.compare(b, a, "heel_height")
    assert one.more == ("a" if scores[0] > scores[1] else "b")
    assert {one.more, other.more} == {"a", "b"}
    assert one.by == pytest.approx(abs(scores[0] - scores[1]), abs=1e-5)
    assert one.by == pytest.approx(other.by, abs=1e-5)
    for box, same in zip(one.boxes, other.boxes[::-1], strict=True):
        assert box[0] == pytest.approx(same[0], abs=1e-2)
    assert str(one).startswith(f"{one.more} shows more of heel_height, by {one.by:.3f}; confidence unknown")
    first, second = map(as_any, paths[:2])  # what nothing checks in a user's script
    assert ranker.compare(first, second, "heel_height") == one


def test_a_photo_shows_neither_more_nor_less_than_itself(ranker: AttributeRanker, paths: list[str]) -> None:
    found = ranker.compare(Path(paths[0]), Path(paths[0]), "heel_height")
    assert (found.more, found.by) == ("neither", 0)


def test_what_the_ranker_refuses(ranker: AttributeRanker, paths: list[str], tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match="knows no attribute 'heel'; it has heel_height, shaft_height"):
        ranker.rank(paths, "heel")
    with pytest.raises(VisavisError, match="there is no photo to rank"):
        ranker.rank([], "heel_height")
    with pytest.raises(VisavisError, match=r"gone\.png: there is no such file"):
        ranker.compare(Path(paths[0]), tmp_path / "gone.png", "heel_height")


def test_a_box_in_pixels_of_a_photo_by_hand(tiny_bundle: Bundle, tmp_path: Path) -> None:
    """512 x 384 px, a square of 0.75 * 384 = 288 px whose centre lies 0.25 * 288 = 72 px below the middle.

    The frame has 100 px, one of it 2.88 of the photo; the net reads the middle 96 of them, and the box half
    of the 95 px between their border centres: 47.5 * 2.88 = 136.8 px about (255.5, 191.5 + 72).
    """
    photo = tmp_path / "photo.png"
    images.save(photo, np.zeros((384, 512, 3), np.uint8))
    (found,) = centred(tiny_bundle, page=100, share=0.75, down=0.25).rank([str(photo)], "heel_height")
    assert found.boxes[0] == pytest.approx((255.5 - 68.4, 263.5 - 68.4, 136.8, 136.8), abs=1e-3)


def test_a_box_that_has_moved(tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upright photo: 100 x 200 px read whole, so 1 px of the frame is 1 px of the photo."""
    photo = tmp_path / "photo.png"
    images.save(photo, np.zeros((200, 100, 3), np.uint8))
    ranker = centred(tiny_bundle, page=100, share=1.0, down=0.0)
    moved = Judgement(torch.zeros(1, 2), torch.tensor([0.2, 0.2, 1.0, -2.0]).expand(1, 2, 1, 4))
    monkeypatch.setattr(ranker, "judge", lambda _: moved)
    (found,) = ranker.rank([str(photo)], "shaft_height")
    # s = 0.2 of 95 px is 19 px wide; the centre moves 0.2 * 47.5 = 9.5 px down and 19 px to the left
    assert found.boxes[0] == pytest.approx((49.5 - 19 - 9.5, 99.5 + 9.5 - 9.5, 19, 19), abs=1e-3)


def test_pictures_and_table(ranker: AttributeRanker, paths: list[str], tmp_path: Path) -> None:
    ranked = ranker.rank(paths[:3], "heel_height")
    draw_ranked(ranked, tmp_path / "strip.png")
    assert images.load(tmp_path / "strip.png").shape == (180, 3 * 190 - 10, 3)
    ranked_table(ranked, tmp_path / "table.parquet")
    table = pl.read_parquet(tmp_path / "table.parquet")
    assert table.columns == ["rank", "path", "score", "box_x", "box_y", "box_w", "box_h"]
    assert table["path"].to_list() == [str(one.path) for one in ranked]


def test_the_stronger_photo_is_drawn_at_the_left(
    ranker: AttributeRanker, paths: list[str], tmp_path: Path
) -> None:
    a, b = map(Path, paths[:2])
    draw_comparison(a, b, ranker.compare(a, b, "heel_height"), tmp_path / "one.png")
    draw_comparison(b, a, ranker.compare(b, a, "heel_height"), tmp_path / "other.png")
    one, other = (images.load(tmp_path / f"{name}.png").astype(int) for name in ("one", "other"))
    assert np.abs(one - other).mean() < 1  # the same picture, whichever is named first


def test_settings_say_how_photos_are_framed(tiny_bundle: Bundle) -> None:
    settings = json.loads((tiny_bundle.path / "config.json").read_text())["settings"]
    assert (settings["page"], settings["share"], settings["down"]) == (100, 1.0, 0.0)

"""Protocol `parts`: boxes of known overlap, the peers, frames of other data, and what is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from visavis import images
from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.features.frames import frame_of
from visavis.methods.relative_attributes import parts_sheet
from visavis.methods.relative_attributes.evaluation import evaluate
from visavis.methods.relative_attributes.evaluation_pictures import draw_evaluation
from visavis.methods.relative_attributes.localisation import (
    PART_OF,
    evaluate_boxes,
    measure_boxes,
    peer_boxes,
    seen_attributes,
)
from visavis.methods.relative_attributes.located import FRAMES, as_trained, boxes_of, part_boxes
from visavis.methods.relative_attributes.model import RegionRanker
from visavis.methods.relative_attributes.protocol import PARTS
from visavis.metrics import bootstrap
from visavis.pictures.canvas import FAINT, GREEN
from visavis.synth import shoes
from visavis.tables import DataSet

NAMES = [
    "pointing",
    "iou",
    "heel_height_pointing",
    "heel_height_iou",
    "shaft_height_pointing",
    "shaft_height_iou",
]
CONSTANT, MIDDLE = "constant box, tiny", "box in the middle, tiny"


@pytest.fixture(scope="module")
def rendered() -> DataSet:
    return open_dataset("rendered-shoes-40")


def centred(bundle: Bundle, scale: float = 0.5, **settings: Any) -> Bundle:
    """A bundle whose only box, that of `scale` in the middle, is the same for all photos."""
    net: dict[str, Any] = {"backbone": "colour", "attributes": 2, "region": "fixed", "combined": False}
    net["initial_scale"] = scale
    config = bundle.config.model_copy(update={"settings": bundle.config.settings | {"net": net} | settings})
    return replace(bundle, config=config, weights=dict(RegionRanker(**net).state_dict()))


# --- counting


def test_boxes_of_known_overlap() -> None:
    truth = np.array([[0.0, 0, 4, 2], [10, 10, 2, 2], [np.nan] * 4, [0, 0, 2, 2]])
    found = np.array([[0.0, 0, 4, 2], [11, 11, 2, 2], [0, 0, 1, 1], [8, 8, 2, 2]])[:, None]
    labels = np.array([0, 1, 1, 0])
    metrics = measure_boxes({"smile": found}, {"smile": truth}, labels)
    # whole and at the centre; 1 of 7 px and at a border (12, 12); not there; elsewhere
    assert metrics["smile_pointing"].value == pytest.approx(2 / 3)
    assert metrics["smile_iou"].value == pytest.approx((1 + 1 / 7) / 3)
    assert metrics["smile_iou"].sums == pytest.approx([1 / 3, 1 / 21])
    assert metrics["smile_iou"].counts == pytest.approx([2 / 3, 1 / 3])
    assert metrics["smile_iou"].interval[0] == bootstrap(np.array([1.0, 1 / 7]), np.array([2, 1])).low


def test_several_boxes_have_the_mean_over_them() -> None:
    truth = np.array([[0.0, 0, 2, 2], [0, 0, 2, 2]])
    found = np.array([[[0, 0, 2, 2], [9, 9, 1, 1]], [[0, 0, 2, 2], [0, 0, 2, 1]]], dtype=float)
    metrics = measure_boxes({"smile": found}, {"smile": truth}, np.array([0, 1]))
    assert metrics["pointing"].sums == pytest.approx([0.5 / 2, 1 / 2])
    assert metrics["iou"].sums == pytest.approx([0.5 / 2, 0.75 / 2])


def test_the_mean_is_over_attributes_however_many_photos_show_each() -> None:
    box, nowhere, missing = [0.0, 0, 2, 2], [9.0, 9, 1, 1], [np.nan] * 4
    truth = {"a": np.array([box] * 4), "b": np.array([box, missing, missing, missing])}
    found = {"a": np.array([[box]] * 4), "b": np.array([[nowhere]] * 4)}
    metrics = measure_boxes(found, truth, np.arange(4))
    assert [*metrics] == ["pointing", "iou", "a_pointing", "a_iou", "b_pointing", "b_iou"]
    assert metrics["iou"].value == pytest.approx(0.5)
    assert metrics["b_iou"].counts.tolist() == [1, 0, 0, 0]
    assert [metrics[name].n for name in ("iou", "a_iou", "b_iou")] == [4, 4, 1]


# --- a model


def test_a_model_with_one_box_gains_nothing(tiny_bundle: Bundle, rendered: DataSet) -> None:
    evaluation = evaluate_boxes(centred(tiny_bundle, 0.5), rendered)
    assert [*evaluation.metrics] == NAMES
    assert [*evaluation.peers] == [CONSTANT, MIDDLE]
    for peer in evaluation.peers.values():
        assert [*peer] == [*NAMES, *(f"gain_{name}" for name in NAMES)]
    for name in NAMES:
        gain = evaluation.peers[CONSTANT][f"gain_{name}"]
        assert (gain.value, gain.interval) == (0, (0, 0))
        assert evaluation.peers[CONSTANT][name].value == evaluation.metrics[name].value
        # the constant box is in the middle already
        assert evaluation.peers[MIDDLE][name].value == pytest.approx(evaluation.metrics[name].value)


def test_gains_are_the_differences(tiny_bundle: Bundle, rendered: DataSet) -> None:
    evaluation = evaluate(tiny_bundle, None, PARTS)
    assert (evaluation.protocol, evaluation.n) == (PARTS, 12)  # test shoes
    for peer in evaluation.peers.values():
        for name in NAMES:
            gain = evaluation.metrics[name].value - peer[name].value
            assert peer[f"gain_{name}"].value == pytest.approx(gain)
            low, high = peer[f"gain_{name}"].interval
            assert low <= gain + 1e-9
            assert high >= gain - 1e-9
    assert rendered.parts is not None
    shafts = rendered.select(split="test").parts
    assert shafts is not None
    # every shoe has a heel, few have a shaft
    assert (evaluation.metrics["heel_height_iou"].counts > 0).sum() == 12
    assert (evaluation.metrics["shaft_height_iou"].counts > 0).sum() == len(shafts.filter(part="shaft")) < 12


def test_the_constant_box_is_the_mean_over_the_train_photos(tiny_bundle: Bundle, rendered: DataSet) -> None:
    ranker = as_trained(tiny_bundle, rendered)
    train, test = (rendered.items.filter(domain="photo", split=split) for split in ("train", "test"))
    found = boxes_of(ranker, test)
    peers = peer_boxes(ranker, rendered, found)
    constant, middle = peers["constant box"], peers["box in the middle"]
    assert constant.shape == found.shape
    paths = train["path"].to_list()
    of_photos = [ranker.rank([path], "shaft_height")[0].boxes[0] for path in paths]
    # pixels of photos of 256 are counted from the middle of the first
    expected = np.add(np.mean(of_photos, axis=0), (0.5, 0.5, 0, 0)) / 256
    np.testing.assert_allclose(constant[3, 1, 0], expected, rtol=1e-4)
    np.testing.assert_allclose(middle[..., 2:], constant[..., 2:])
    np.testing.assert_allclose(middle[..., :2] + middle[..., 2:] / 2, 0.5)


def test_parts_as_the_network_sees_them(tiny_bundle: Bundle, tmp_path: Path) -> None:
    """The part that covers what the network's box covers in the photo is that box."""
    photo = tmp_path / "photo.png"
    images.save(photo, np.zeros((384, 512, 3), np.uint8))
    items = pl.DataFrame({"id": ["p", "q"], "path": [str(photo)] * 2})
    ranker = as_trained(centred(tiny_bundle, page=100, share=0.75, down=0.25), DataSet("x", items))
    (box,) = ranker.rank([str(photo)], "heel_height")[0].boxes
    columns = dict(zip("xywh", ([side] for side in box), strict=True))
    parts = pl.DataFrame({"id": ["q"], "part": ["heel"]} | columns)
    seen = part_boxes(ranker, items, parts, "heel")
    assert np.isnan(seen[0]).all()
    np.testing.assert_allclose(seen[1], boxes_of(ranker, items)[1, 0, 0], atol=1e-6)
    assert np.isnan(part_boxes(ranker, items, parts, "toe")).all()


def test_a_mirrored_box_covers_what_the_upright_one_does(tiny_bundle: Bundle, rendered: DataSet) -> None:
    items = rendered.items.filter(domain="photo").head(1)
    upright, mirrored = (
        boxes_of(as_trained(centred(tiny_bundle, scale), rendered), items) for scale in (0.5, -0.5)
    )
    np.testing.assert_allclose(mirrored, upright)
    assert (upright[..., 2:] > 0).all()


# --- frames of other data


def test_a_frame_of_a_frame(tiny_bundle: Bundle, tmp_path: Path) -> None:
    """What is read is what the model's own frame reads of the square in which faces are as in LFW-10."""
    data = DataSet("face-landmarks", pl.DataFrame())
    recipe = tiny_bundle.config.recipe | {"data": "lfw10"}
    config = tiny_bundle.config.model_copy(
        update={"recipe": recipe, "settings": tiny_bundle.config.settings | {"share": 0.7, "down": 0.1}}
    )
    share, down = as_trained(replace(tiny_bundle, config=config), data).frame
    outer_share, outer_down = FRAMES["lfw10", "face-landmarks"]
    ramp = np.tile(np.arange(200, dtype=np.uint8)[:, None], (1, 200))
    images.save(tmp_path / "photo.png", ramp)
    images.save(tmp_path / "square.png", frame_of(tmp_path / "photo.png", 210, outer_share, outer_down))
    direct = frame_of(tmp_path / "photo.png", 50, share, down)
    through = frame_of(tmp_path / "square.png", 50, 0.7, 0.1)
    np.testing.assert_allclose(direct.astype(int), through.astype(int), atol=1)
    assert as_trained(tiny_bundle, data).frame == (1.0, 0.0)


def test_the_real_frames_hold_faces_as_in_lfw10(data_root: Path, tiny_bundle: Bundle) -> None:
    """Mouth and eyes of the landmarks lie where they do in the middle 72 % of LFW-10's photos."""
    data = open_dataset("face-landmarks")
    assert data.parts is not None
    recipe = tiny_bundle.config.recipe | {"data": "lfw10"}
    settings = tiny_bundle.config.settings | {"page": 104, "share": 0.72}
    config = tiny_bundle.config.model_copy(update={"recipe": recipe, "settings": settings})
    ranker = as_trained(replace(tiny_bundle, config=config), data)
    items = data.items.gather_every(10)
    for part, height in (("eyes", 111.9), ("mouth", 161.5)):  # of 250 px, medians of LFW-10
        box = np.median(part_boxes(ranker, items, data.parts, part), axis=0)
        expected = (height - 124.5) / (0.72 * 250) + 0.5
        assert box[1] + box[3] / 2 == pytest.approx(expected, abs=0.02)
        assert box[0] + box[2] / 2 == pytest.approx(0.5, abs=0.02)


# --- what is refused


def test_data_without_parts_or_with_others(tiny_bundle: Bundle, rendered: DataSet) -> None:
    with pytest.raises(VisavisError, match=r"rendered-shoes-40: has no boxes of parts; .* NAME\.parts\.csv"):
        evaluate_boxes(tiny_bundle, replace(rendered, parts=None))
    assert rendered.parts is not None
    toes = replace(rendered, parts=rendered.parts.filter(part="toe"))
    with pytest.raises(
        VisavisError,
        match=r"parts in test photos \(toe\) show no attribute of the model \(heel_height, shaft_height\)",
    ):
        evaluate_boxes(tiny_bundle, toes)
    with pytest.raises(VisavisError, match=r"parts in test photos \(none\)"):
        evaluate_boxes(tiny_bundle, rendered.select(split="train"))


def test_data_of_one_label_or_without_train_photos(tiny_bundle: Bundle, rendered: DataSet) -> None:
    one = replace(rendered, items=rendered.items.with_columns(label=pl.lit("shoe")))
    with pytest.raises(VisavisError, match="all test photos have one label, but intervals are over labels"):
        evaluate_boxes(tiny_bundle, one)
    with pytest.raises(VisavisError, match="no photo is of split train, but the constant box is the mean"):
        evaluate_boxes(tiny_bundle, rendered.select(split="test"))


def test_an_unknown_protocol_names_this_one_too(tiny_bundle: Bundle) -> None:
    with pytest.raises(VisavisError, match=r"protocol 'part' is unknown; use one of lfw10, .*, pairs, parts"):
        evaluate(tiny_bundle, None, "part")


def test_every_attribute_has_a_part_that_its_data_has(tiny_bundle: Bundle) -> None:
    data = open_dataset("rendered-shoes-40")
    assert data.parts is not None
    assert {PART_OF[name] for name in shoes.PART_OF} <= set(data.parts["part"])
    assert seen_attributes(as_trained(tiny_bundle, data), data) == {"heel_height": 0, "shaft_height": 1}


# --- the picture


def test_the_picture_shows_all_three_boxes(
    tiny_bundle: Bundle, rendered: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def apart(ranker: Any, data: Any, found: np.ndarray) -> dict[str, np.ndarray]:
        return {"constant box": found + 0.1}  # a fresh network's boxes would lie over their mean

    monkeypatch.setattr(parts_sheet, "peer_boxes", apart)
    draw_evaluation(tiny_bundle, rendered.name, PARTS, tmp_path / "drawn")
    assert [path.name for path in (tmp_path / "drawn").iterdir()] == ["parts.png"]
    picture = images.load(tmp_path / "drawn" / "parts.png").astype(int)
    for colour in (GREEN, FAINT, parts_sheet.ORANGE):
        assert (np.abs(picture - colour).sum(axis=2) < 6).sum() > 200

"""Windows of photos on disk, alone and in chunks, and the views that ANet reads."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.methods.face_attributes.planted import RADIUS, disk_localiser, disks
from visavis import images
from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.methods.face_attributes import scoring
from visavis.methods.face_attributes.data import read_squares, squares_about
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.model import FaceAttributes, Reader
from visavis.methods.face_attributes.scoring import (
    attribute_features,
    attribute_logits,
    locate,
    outer_windows,
    read_faces,
    tag_logits,
    windows_of_pages,
)
from visavis.metrics.boxes import intersection_over_union
from visavis.training.augment import ten_views

SEEN: dict[str, Any] = {
    "page": 96,
    "proposals": "pyramid",
    "window": {"width": 2 * RADIUS, "height": 2 * RADIUS, "right": 0.0, "down": 0.0},
}
SETTINGS: dict[str, Any] = {"outer": SEEN, "inner": SEEN | {"around": 2.0}}


def photo_of_disk(path: Path, x: float, y: float, radius: float, height: int, width: int) -> str:
    photo = disks((x, y, radius, 1), height=height, width=width)[0].permute(1, 2, 0)
    images.save(path, (255 * photo).round().byte().numpy())
    return str(path)


def disk_finder(inner: bool) -> FaceAttributes:
    model = FaceAttributes()
    model.outer = disk_localiser(step=1.0, levels=2)
    model.inner = disk_localiser() if inner else None
    return model.eval()


def test_windows_lie_about_what_was_planted_and_closer_with_a_second_look(tmp_path: Path) -> None:
    planted = [(200.0, 90.0, 44.0, 200, 300), (70.0, 250.0, 50.0, 330, 250), (330.0, 330.0, 90.0, 500, 450)]
    paths = [photo_of_disk(tmp_path / f"{n}.png", *one) for n, one in enumerate(planted)]
    truth = np.array([[x - radius, y - radius, 2 * radius, 2 * radius] for x, y, radius, *_ in planted])
    outer, both = (locate(disk_finder(inner), paths, SETTINGS) for inner in (False, True))
    coarse, fine = (intersection_over_union(found.boxes, truth) for found in (outer, both))
    assert (coarse > 0.4).all()
    assert (fine > 0.7).all()
    assert fine.mean() > coarse.mean() + 0.1
    assert np.array_equal(both.scores, outer.scores)  # of LNet_o, on which the threshold was set
    assert np.array_equal(outer_windows(disk_finder(True), paths, SETTINGS).boxes, outer.boxes)


@pytest.mark.parametrize("proposals", ["grid", "selective-search"])
def test_proposals_hold_what_was_planted(proposals: str) -> None:
    pages = (255 * disks((110, 70, 26, 1), height=160, width=160)).byte()
    found = windows_of_pages(disk_localiser(levels=1), pages, SEEN | {"proposals": proposals})
    assert intersection_over_union(found.boxes, np.array([[84.0, 44, 52, 52]]))[0] > 0.2
    (x, y), (w, h) = found.boxes[0, :2], found.boxes[0, 2:]
    assert x <= 110 <= x + w
    assert y <= 70 <= y + h


def test_chunks_and_batches_change_nothing(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    faces, paths = FaceReader(tiny_bundle), open_dataset("rendered-faces-20").items["path"].to_list()[:7]
    whole = locate(faces.model, paths, faces.settings)
    pages = read_faces(paths, whole.boxes, faces.settings)
    assert faces.model.reader is not None
    logits = attribute_logits(faces.model.reader, pages, 2)
    monkeypatch.setattr(scoring, "CHUNK", 3)
    monkeypatch.setattr(scoring, "BATCH", 2)
    parts = locate(faces.model, paths, faces.settings)
    assert parts.boxes == pytest.approx(whole.boxes, abs=1e-2)
    assert parts.scores == pytest.approx(whole.scores, abs=1e-5)
    torch.testing.assert_close(attribute_logits(faces.model.reader, pages, 2), logits)


def test_the_face_is_read_about_its_window(tiny_bundle: Bundle) -> None:
    path, box = open_dataset("rendered-faces-20").items["path"][0], np.array([[50.0, 40, 60, 80]])
    settings = tiny_bundle.config.settings
    expected = read_squares([path], squares_about(box, 1.5), 96)
    assert torch.equal(read_faces([path], box, settings), expected)


def some_reader() -> tuple[Reader, torch.Tensor]:
    torch.manual_seed(0)
    return Reader("colour", 3, hidden=8).eval(), torch.randint(0, 256, (3, 3, 104, 104)).byte()


@torch.no_grad()
@pytest.mark.parametrize("views", [2, 10])
def test_logits_are_means_over_views(views: int) -> None:
    reader, pages = some_reader()
    crops = ten_views(pages, 96)
    if views == 2:
        middle = pages[:, :, 4:100, 4:100]
        crops = [middle, middle.flip(-1)]
    expected = torch.stack([reader(crop.float() / 255) for crop in crops]).mean(0)
    torch.testing.assert_close(attribute_logits(reader, pages, views), expected)


@torch.no_grad()
def test_features_are_of_the_middle_and_then_of_its_mirror_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "BATCH", 2)
    reader, pages = some_reader()
    features = attribute_features(reader, pages)
    assert features.shape == (6, 8)
    torch.testing.assert_close(
        (reader.attributes(features[:3]) + reader.attributes(features[3:])) / 2,
        attribute_logits(reader, pages, 2),
    )


@torch.no_grad()
def test_tag_logits_are_those_of_the_localiser(tiny_bundle: Bundle) -> None:
    outer = FaceReader(tiny_bundle).model.outer
    assert outer is not None
    pages = torch.randint(0, 256, (3, 3, 96, 96), generator=torch.Generator().manual_seed(0)).byte()
    torch.testing.assert_close(tag_logits(outer, pages), outer(pages.float() / 255).tags)

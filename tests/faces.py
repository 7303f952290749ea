"""A face reader that nobody has trained, and photos for it."""

from pathlib import Path
from shutil import copy

import torch

from visavis import load
from visavis.bundle import BundleConfig, write_bundle
from visavis.datasets import open_dataset
from visavis.methods.face_attributes.model import FaceAttributes

ATTRIBUTES = ["smiling", "old", "glasses"]
LOCALISER = {"backbone": "lnet", "attributes": 3, "largest": 1.0, "step": 0.5, "levels": 3}
NET = {"outer": LOCALISER, "inner": LOCALISER, "reader": {"backbone": "anet", "attributes": 3, "hidden": 16}}
WINDOW = {"width": 24.0, "height": 30.0, "right": -1.0, "down": -2.0}
SETTINGS = {
    "outer": {"page": 64, "window": WINDOW},
    "inner": {"page": 64, "around": 2.5, "window": WINDOW},
    "reader": {"around": 1.7, "page": 96, "views": 2, "aligned": {"share": 1.0, "down": 0.0}},
}


def untrained_faces(
    path: Path, parts: tuple[str, ...] = ("outer", "inner", "reader"), **beside: float
) -> Path:
    """The bundle of networks as they start: what it says is arbitrary, but always the same.

    Args:
        path: of the bundle.
        parts: that it has.
        beside: calibration.
    """
    torch.manual_seed(0)
    net = {part: NET[part] for part in parts}
    settings = {"net": net} | {part: SETTINGS[part] for part in parts}
    config = BundleConfig(
        method="face_attributes",
        settings=settings,
        labels=ATTRIBUTES,
        calibration=beside,
        recipe={"name": "untrained", "data": "rendered-faces-12"},
        training={},
    )
    return write_bundle(path, FaceAttributes(**net).state_dict(), config, "").path


def threshold_above_one(path: Path, photos: list[str]) -> float:
    """The response between the lowest of photos and the next, so that one of them shows no face."""
    lowest, next_one, *_ = sorted(face.score for face in load(untrained_faces(path)).locate(photos))
    return float(lowest + next_one) / 2


def folder_of_photos(folder: Path, count: int) -> list[str]:
    """Copies of rendered faces as a user's folder."""
    folder.mkdir()
    faces = open_dataset("rendered-faces-12").items["path"].head(count)
    return [str(copy(path, folder)) for path in faces]

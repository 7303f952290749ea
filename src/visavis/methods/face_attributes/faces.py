"""What `visavis.load` gives for a bundle of `face_attributes`."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from visavis.bundle import Bundle
from visavis.errors import VisavisError
from visavis.methods.face_attributes.calibration import FACE, probabilities
from visavis.methods.face_attributes.data import read_aligned, read_squares, whole_photos
from visavis.methods.face_attributes.model import FaceAttributes, Reader
from visavis.methods.face_attributes.scoring import CHUNK, Windows, attribute_logits, locate, read_faces
from visavis.pictures.boxes import Box


@dataclass(frozen=True)
class Located:
    """The window of a photo's most likely face (x, y, w, h in pixels), and the response that it reached.

    `is_face` says whether that reaches the threshold of the bundle, which was set between training photos
    with and without faces; where it was trained without such pictures, everything does.
    """

    path: Path
    window: Box
    score: float
    is_face: bool

    def __str__(self) -> str:
        x, y, w, h = (round(value) for value in self.window)
        verdict = "" if self.is_face else "  no face: the response is below the threshold"
        return f"{self.path}  x {x} y {y} w {w} h {h}  response {self.score:.3f}{verdict}"


@dataclass(frozen=True)
class Described:
    """A photo's face, None where the bundle reads aligned ones, and the probability of each attribute."""

    path: Path
    face: Located | None
    probabilities: dict[str, float]

    def __str__(self) -> str:
        shown = sorted(self.probabilities.items(), key=lambda one: -one[1])
        tags = ", ".join(f"{name} {100 * value:.0f} %" for name, value in shown if value >= 0.5)
        return f"{self.path if self.face is None else self.face}\n  {tags or 'no attribute above 50 %'}"


class FaceReader:
    """A trained system with its verbs `locate` and `describe`."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.settings: dict[str, Any] = bundle.config.settings
        self.model = FaceAttributes(**self.settings["net"])
        self.model.load_state_dict(bundle.weights)
        self.model.eval()

    @property
    def attributes(self) -> list[str]:
        """Names of the attributes, in the order of the columns of logits."""
        return self.bundle.config.labels

    @property
    def finds_faces(self) -> bool:
        """Whether it has LNet."""
        return self.model.outer is not None

    @property
    def reads_faces(self) -> bool:
        """Whether it has ANet."""
        return self.model.reader is not None

    def windows(self, paths: list[str]) -> Windows:
        """The window in each photo and its response.

        Raises:
            VisavisError: the bundle has no LNet.
        """
        if not self.finds_faces:
            raise VisavisError(
                f"{self.bundle.path}: reads aligned faces and finds none in photos; use a bundle with LNet"
            )
        return locate(self.model, paths, self.settings)

    def locate(self, paths: list[str]) -> list[Located]:
        """Where the face is in each photo.

        Raises:
            VisavisError: the bundle has no LNet, or a photo cannot be read.
        """
        found, threshold = self.windows(paths), self.bundle.config.calibration.get(FACE)
        return [
            Located(Path(path), as_box(box), float(score), threshold is None or bool(score >= threshold))
            for path, box, score in zip(paths, found.boxes, found.scores, strict=True)
        ]

    def describe(self, paths: list[str]) -> list[Described]:
        """The attributes of the face in each photo, or of each aligned photo where the bundle has no LNet.

        Raises:
            VisavisError: the bundle has no ANet, or a photo cannot be read.
        """
        faces = self.locate(paths) if self.finds_faces else [None] * len(paths)
        logits = (
            self.logits(paths, np.array([face.window for face in faces if face is not None]))
            if self.finds_faces
            else self.logits_aligned(paths)
        )
        shares = probabilities(self.attributes, logits, self.bundle.config.calibration)
        return [
            Described(Path(path), face, dict(zip(self.attributes, map(float, row), strict=True)))
            for path, face, row in zip(paths, faces, shares, strict=True)
        ]

    def logits(self, paths: list[str], boxes: Float[np.ndarray, "N 4"]) -> Float[np.ndarray, "N K"]:
        """Logits (N, K) of the attributes of faces in these boxes of photos."""
        return self._read(read_faces(paths[part], boxes[part], self.settings) for part in _parts(len(paths)))

    def logits_aligned(self, paths: list[str]) -> Float[np.ndarray, "N K"]:
        """Logits of aligned faces, framed as those that it was trained on."""
        frame, page = self.settings["reader"]["aligned"], self.settings["reader"]["page"]
        return self._read(
            read_aligned(paths[part], frame["share"], frame["down"], page) for part in _parts(len(paths))
        )

    def logits_whole(self, paths: list[str]) -> Float[np.ndarray, "N K"]:
        """Logits of whole photos, without a window."""
        page = self.settings["reader"]["page"]
        return self._read(
            read_squares(paths[part], whole_photos(paths[part]), page) for part in _parts(len(paths))
        )

    def _read(self, chunks: Iterable[UInt8[Tensor, "_ 3 page page"]]) -> Float[np.ndarray, "N K"]:
        reader = self.model.reader
        if not isinstance(reader, Reader):
            raise VisavisError(f"{self.bundle.path}: finds faces and reads none; use a bundle with ANet")
        views = self.settings["reader"]["views"]
        return torch.cat([attribute_logits(reader, pages, views) for pages in chunks]).double().numpy()


def as_box(box: Float[np.ndarray, " 4"]) -> Box:
    """A box as four numbers."""
    x, y, w, h = box.tolist()
    return x, y, w, h


def _parts(count: int) -> list[slice]:
    return [slice(start, start + CHUNK) for start in range(0, count, CHUNK)]

"""What `visavis.load` gives for a bundle of `face_attributes`."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from visavis.bundle import Bundle
from visavis.errors import VisavisError
from visavis.methods.face_attributes.answers import Described, Faces, Located
from visavis.methods.face_attributes.calibration import FACE, probabilities
from visavis.methods.face_attributes.data import read_aligned, read_squares, whole_photos
from visavis.methods.face_attributes.explanation import Explained, attribute_maps, contributions
from visavis.methods.face_attributes.model import FaceAttributes, Localiser, Reader
from visavis.methods.face_attributes.scoring import (
    PYRAMID,
    Windows,
    activations,
    attribute_logits,
    in_chunks,
    locate,
    read_faces,
)
from visavis.methods.face_attributes.search import on_one_map
from visavis.methods.face_attributes.several import seen, several_windows
from visavis.pictures.boxes import Box
from visavis.sheets import nearest


class FaceReader:
    """A trained system with its verbs `locate`, `locate_several`, `describe` and `explain`."""

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

    @property
    def threshold(self) -> float | None:
        """The response from which on a window is a face; None: every window is."""
        return self.bundle.config.calibration.get(FACE)

    def lnet(self) -> Localiser:
        """LNet_o; raises VisavisError where the bundle has none."""
        if self.model.outer is None:
            raise VisavisError(
                f"{self.bundle.path}: reads aligned faces and finds none in photos; use a bundle with LNet"
            )
        return self.model.outer

    def anet(self) -> Reader:
        """ANet; raises VisavisError where the bundle has none."""
        if self.model.reader is None:
            raise VisavisError(f"{self.bundle.path}: finds faces and reads none; use a bundle with ANet")
        return self.model.reader

    def check_finds(self, several: bool) -> None:
        """Raise VisavisError where the bundle finds no faces, or not the several of a photo."""
        self.lnet()
        if several and self.settings["outer"].get("proposals", PYRAMID) != PYRAMID:
            raise VisavisError(
                f"{self.bundle.path}: sees a photo in one size, and finds one face in it; "
                f"use a bundle of 'proposals: {PYRAMID}' for several"
            )

    def number_of(self, attribute: str) -> int:
        """The column of an attribute; raises VisavisError where it is not one of the bundle's."""
        if attribute not in self.attributes:
            raise VisavisError(
                f"{self.bundle.path}: knows no attribute '{attribute}'{nearest(attribute, self.attributes)}"
            )
        return self.attributes.index(attribute)

    def windows(self, paths: list[str]) -> Windows:
        """The window in each photo and its response; raises VisavisError where the bundle has no LNet."""
        self.lnet()
        return locate(self.model, paths, self.settings)

    def locate(self, paths: list[str]) -> list[Located]:
        """Where the most likely face is in each photo.

        Raises:
            VisavisError: the bundle has no LNet, or a photo cannot be read.
        """
        return [self._located(*one) for one in zip(paths, *self.windows(paths), strict=True)]

    def locate_several(self, paths: list[str]) -> list[Faces]:
        """Where all faces are in each photo.

        Raises:
            VisavisError: as `locate` does, or the bundle sees photos in one size.
        """
        self.check_finds(several=True)
        found = [several_windows(self.model, path, self.settings, self.threshold) for path in paths]
        return [
            Faces(Path(path), tuple(self._located(path, *one) for one in zip(*windows, strict=True)))
            for path, windows in zip(paths, found, strict=True)
        ]

    def describe(self, paths: list[str]) -> list[Described]:
        """The attributes of the face in each photo, or of each aligned photo where the bundle has no LNet.

        Raises:
            VisavisError: the bundle has no ANet, or a photo cannot be read.
        """
        self.anet()
        if not self.finds_faces:
            shares = self._probabilities(self.logits_aligned(paths))
            return [Described(Path(path), None, next(shares)) for path in paths]
        located = self.locate(paths)
        faces = [face for face in located if face.is_face]
        shares = self._probabilities(self.logits([str(face.path) for face in faces], windows_of(faces)))
        return [Described(face.path, face, next(shares) if face.is_face else {}) for face in located]

    def explain(self, path: str, attribute: str) -> Explained:
        """Why an attribute is read in a photo: where LNet looks, and what in ANet speaks for it and against.

        Raises:
            VisavisError: the bundle does not know the attribute, or lacks LNet or ANet; or the photo cannot
                be read or has no face.
        """
        number, lnet, anet = self.number_of(attribute), self.lnet(), self.anet()
        (face,) = self.locate([path])
        if not face.is_face:
            raise VisavisError(str(face))
        page = read_squares([path], whole_photos([path]), self.settings["outer"]["page"])
        response, evidence = attribute_maps(lnet, page, number)
        (active,) = self.activations([face])
        units = contributions(anet, active, number)
        logit = float(anet.attributes.bias[number]) + sum(unit.contribution for unit in units)
        of_all = np.zeros((1, len(self.attributes)))
        of_all[0, number] = logit
        probability = next(self._probabilities(of_all))[attribute]
        return Explained(attribute, face, probability, response, evidence, units)

    @torch.no_grad()
    def response(self, path: str, several: bool = False) -> Float[np.ndarray, "h w"]:
        """LNet's response over the square about a photo, at each place that of the size that responds most.

        Args:
            path: of the photo.
            several: at the sizes at which `locate_several` sees it, instead of those of `locate`.
        """
        lnet, side = self.lnet(), self.settings["outer"]["page"]
        if several:
            page, _, scales = seen(path, side, lnet.scales)
        else:
            page, scales = read_squares([path], whole_photos([path]), side), lnet.scales
        return on_one_map(lnet.responses(page.float() / 255, scales)).amax(dim=0)[0].double().numpy()

    def activations(self, faces: list[Located]) -> Float[np.ndarray, "N F"]:
        """What ANet's units say of faces, before the output layer."""
        anet, views, boxes = self.anet(), self.settings["reader"]["views"], windows_of(faces)
        paths = [str(face.path) for face in faces]
        found = [torch.zeros(0, anet.trunk.width)]
        for part in in_chunks(len(faces)):
            found.append(activations(anet, read_faces(paths[part], boxes[part], self.settings), views))
        return torch.cat(found).double().numpy()

    def logits(self, paths: list[str], boxes: Float[np.ndarray, "N 4"]) -> Float[np.ndarray, "N K"]:
        """Logits (N, K) of the attributes of faces in these boxes of photos."""
        return self._read(
            read_faces(paths[part], boxes[part], self.settings) for part in in_chunks(len(paths))
        )

    def logits_aligned(self, paths: list[str]) -> Float[np.ndarray, "N K"]:
        """Logits of aligned faces, framed as those that it was trained on."""
        frame, page = self.settings["reader"]["aligned"], self.settings["reader"]["page"]
        return self._read(
            read_aligned(paths[part], frame["share"], frame["down"], page) for part in in_chunks(len(paths))
        )

    def logits_whole(self, paths: list[str]) -> Float[np.ndarray, "N K"]:
        """Logits of whole photos, without a window."""
        page = self.settings["reader"]["page"]
        return self._read(
            read_squares(paths[part], whole_photos(paths[part]), page) for part in in_chunks(len(paths))
        )

    def _read(self, chunks: Iterable[UInt8[Tensor, "_ 3 page page"]]) -> Float[np.ndarray, "N K"]:
        reader, views = self.anet(), self.settings["reader"]["views"]
        none = torch.zeros(0, len(self.attributes))
        return torch.cat([none, *(attribute_logits(reader, p, views) for p in chunks)]).double().numpy()

    def _probabilities(self, logits: Float[np.ndarray, "N K"]) -> Iterator[dict[str, float]]:
        for row in probabilities(self.attributes, logits, self.bundle.config.calibration):
            yield dict(zip(self.attributes, map(float, row), strict=True))

    def _located(self, path: str, box: Float[np.ndarray, " 4"], score: float) -> Located:
        is_face = self.threshold is None or bool(score >= self.threshold)
        return Located(Path(path), as_box(box), float(score), is_face)


def windows_of(faces: list[Located]) -> Float[np.ndarray, "N 4"]:
    """The windows of faces."""
    return np.array([face.window for face in faces], dtype=np.float64).reshape(-1, 4)


def as_box(box: Float[np.ndarray, " 4"]) -> Box:
    """A box as four numbers."""
    x, y, w, h = box.tolist()
    return x, y, w, h

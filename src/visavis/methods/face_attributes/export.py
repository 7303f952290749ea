"""LNet and ANet as networks from squares of photos to windows and probabilities, for use without visavis."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.export.graph import Graph, Output
from visavis.features import preparation
from visavis.methods.face_attributes.calibration import FACE, OFFSET, SLOPE
from visavis.methods.face_attributes.data import read_squares, whole_photos
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.model import Localiser, Reader
from visavis.methods.face_attributes.scoring import PYRAMID, read_views
from visavis.methods.face_attributes.search import Shape, find_windows

EXAMPLES = "rendered-faces-3"


class Finder(nn.Module):
    """The best window in pages, and its response."""

    def __init__(self, localiser: Localiser, shape: Shape) -> None:
        super().__init__()
        self.localiser, self.shape = localiser, shape

    def forward(self, photos: Float[Tensor, "B 3 H W"]) -> tuple[Float[Tensor, "B 4"], Float[Tensor, " B"]]:
        return find_windows(self.localiser, photos, self.shape)


class ProbabilityReader(nn.Module):
    """Calibrated probabilities of the attributes of faces, all views at once."""

    slope: Tensor
    offset: Tensor

    def __init__(self, reader: Reader, views: int, slope: list[float], offset: list[float]) -> None:
        super().__init__()
        self.reader, self.views = reader, views
        self.register_buffer("slope", torch.tensor(slope))
        self.register_buffer("offset", torch.tensor(offset))

    def forward(self, faces: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B K"]:
        logits = read_views(self.reader, faces, self.views)
        return torch.sigmoid(self.slope * logits + self.offset)


def graphs(bundle: Bundle) -> tuple[Graph, ...]:
    """`outer` (LNet_o), `inner` (LNet_s) and `reader` (ANet), those that there are."""
    faces = FaceReader(bundle)
    found = []
    for part, localiser in (("outer", faces.model.outer), ("inner", faces.model.inner)):
        if localiser is not None:
            found.append(_finder(bundle, part, localiser))
    if faces.model.reader is not None:
        found.append(_reader(faces, faces.model.reader))
    return tuple(found)


def _finder(bundle: Bundle, part: str, localiser: Localiser) -> Graph:
    settings = bundle.config.settings[part]
    if settings.get("proposals", PYRAMID) != PYRAMID:
        raise VisavisError(
            f"{bundle.path}: its windows are proposed outside of the network; "
            f"only LNet with {part}.proposals={PYRAMID} can be exported"
        )
    page = settings["page"]
    seen = (
        preparation.whole_photo(page)
        if part == "outer"
        else preparation.about_window(page, settings["around"])
    )
    window = Output(
        "window",
        ("B", 4),
        "The best window: x, y, w, h in pixels of the page, counted from its upper left edge. "
        f"It lies in the photo at: middle - square / 2 + square / {page} * (x, y).",
    )
    threshold = bundle.config.calibration.get(FACE)
    verdict = "" if threshold is None or part == "inner" else f" From {threshold:.4f} on there is a face."
    response = Output("response", ("B",), f"The mean of C5 at the window; higher = a face.{verdict}")
    network = Finder(localiser, Shape(**settings["window"])).eval()
    return _graph(part, network, page, seen, (window, response))


def _reader(faces: FaceReader, reader: Reader) -> Graph:
    settings, names = faces.settings["reader"], faces.attributes
    calibration = faces.bundle.config.calibration
    slopes, offsets = (
        [calibration.get(key + name, otherwise) for name in names]
        for key, otherwise in ((SLOPE, 1.0), (OFFSET, 0.0))
    )
    page, aligned = settings["page"], settings["aligned"]
    seen = (
        preparation.about_window(page, settings["around"])
        if faces.finds_faces
        else preparation.frame(page, aligned["share"], aligned["down"])
    )
    shares = Output(
        "probabilities",
        ("B", len(names)),
        "Of each attribute in the order of labels. calibration['threshold.LABEL'] is the probability that "
        "tells with from without at the best balanced accuracy.",
    )
    network = ProbabilityReader(reader, settings["views"], slopes, offsets).eval()
    return _graph("reader", network, page, seen, (shares,))


def _graph(
    name: str, network: nn.Module, page: int, seen: preparation.Preparation, outputs: tuple[Output, ...]
) -> Graph:
    def examples() -> Tensor:
        paths = open_dataset(EXAMPLES).items["path"].to_list()
        return read_squares(paths, whole_photos(paths), page) / 255

    return Graph(name, network, "photos", ("B", 3, page, page), (seen,), outputs, examples)

"""Windows and attributes of many photos: what training, the protocols and the verbs all use."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from visavis.methods.face_attributes.data import Boxes, Squares, read_squares, squares_about, whole_photos
from visavis.methods.face_attributes.model import FaceAttributes, Localiser, Reader
from visavis.methods.face_attributes.search import Shape, find_windows
from visavis.methods.face_attributes.windows import best_window, grid_windows, selective_search
from visavis.training.augment import centre_crop, ten_views

BATCH = 64
CHUNK = 512  # photos in memory at a time
PYRAMID = "pyramid"  # the proposals of a bundle of before there was a choice
GRID, GRID_SIZES, GRID_STEP = (0.12, 0.6), 8, 0.2  # widths of proposed windows, in sides of the page


class Windows(NamedTuple):
    """The best window of each photo, x, y, w, h in its pixels, and the response there; higher = a face."""

    boxes: Boxes
    scores: Float[np.ndarray, " N"]


def windows_of_pages(
    localiser: Localiser, pages: UInt8[Tensor, "N 3 page page"], settings: dict[str, Any]
) -> Windows:
    """The best window in each page, in its pixels, of those that `settings["proposals"]` names."""
    shape, proposals = Shape(**settings["window"]), settings.get("proposals", PYRAMID)
    if proposals != PYRAMID:
        return _best_proposals(localiser, pages, shape, proposals)
    found = [find_windows(localiser, batch, shape) for batch in _batches(localiser, pages)]
    boxes, scores = (torch.cat(parts).double().cpu().numpy() for parts in zip(*found, strict=True))
    return Windows(boxes, scores)


@torch.no_grad()
def _best_proposals(
    localiser: Localiser, pages: UInt8[Tensor, "N 3 page page"], shape: Shape, proposals: str
) -> Windows:
    """The proposal of the highest mean response on the largest map, as in section 3.1 of the paper."""
    side = pages.shape[-1]
    sizes = (side * np.geomspace(*GRID, GRID_SIZES)).tolist()
    grid = grid_windows(side, side, sizes, shape.height / shape.width, GRID_STEP)
    found = []
    for page, batch in zip(pages, _batches(localiser, pages, 1), strict=True):
        response = localiser.responses(batch)[0][0].cpu().numpy()
        searched = grid if proposals == "grid" else selective_search(page.permute(1, 2, 0).numpy())
        found.append(best_window(response, searched, (side, side)))
    return Windows(np.array([one.window for one in found]), np.array([one.score for one in found]))


def locate(model: FaceAttributes, paths: list[str], settings: dict[str, Any]) -> Windows:
    """The face in each photo: the window of LNet_o, and in it that of LNet_s where there is one.

    Args:
        model: in evaluation mode, with LNet_o.
        paths: of photos of any size.
        settings: of the bundle: what each part sees, and the shape of its window.
    """
    none = Windows(np.empty((0, 4)), np.empty(0))
    chunks = [none, *(_locate(model, paths[part], settings) for part in in_chunks(len(paths)))]
    return Windows(*(np.concatenate(parts) for parts in zip(*chunks, strict=True)))


def _locate(model: FaceAttributes, paths: list[str], settings: dict[str, Any]) -> Windows:
    found = outer_windows(model, paths, settings)
    return Windows(inner_windows(model, paths, found.boxes, settings), found.scores)


def inner_windows(model: FaceAttributes, paths: list[str], boxes: Boxes, settings: dict[str, Any]) -> Boxes:
    """The window of LNet_s in each of LNet_o, one a path; these themselves where there is no LNet_s."""
    if model.inner is None:
        return boxes
    inner = settings["inner"]
    squares = squares_about(boxes, inner["around"])
    pages = read_squares(paths, squares, inner["page"])
    inside = windows_of_pages(model.inner, pages, inner)
    return squares.boxes(inside.boxes, inner["page"])


def outer_windows(model: FaceAttributes, paths: list[str], settings: dict[str, Any]) -> Windows:
    """The window of LNet_o in each photo, by itself."""
    assert model.outer is not None
    outer = settings["outer"]
    squares = whole_photos(paths)
    found = windows_of_pages(model.outer, read_squares(paths, squares, outer["page"]), outer)
    return Windows(squares.boxes(found.boxes, outer["page"]), found.scores)


def squares_seen(model: FaceAttributes, part: str, paths: list[str], settings: dict[str, Any]) -> Squares:
    """Where LNet_o looks in photos, all of each, or LNet_s, about the window of LNet_o."""
    if part == "outer":
        return whole_photos(paths)
    return squares_about(outer_windows(model, paths, settings).boxes, settings[part]["around"])


def read_faces(paths: list[str], boxes: Boxes, settings: dict[str, Any]) -> UInt8[Tensor, "N 3 page page"]:
    """What the reader sees of photos whose faces lie in boxes."""
    reader = settings["reader"]
    return read_squares(paths, squares_about(boxes, reader["around"]), reader["page"])


@torch.no_grad()
def attribute_logits(
    reader: Reader, pages: UInt8[Tensor, "N 3 page page"], views: int
) -> Float[Tensor, "N K"]:
    """Logits of faces, each the mean over its views: 2, the middle and its mirror image, or 10."""
    return torch.cat([read_views(reader, faces, views).cpu() for faces in _batches(reader, pages)])


@torch.no_grad()
def activations(reader: Reader, pages: UInt8[Tensor, "N 3 page page"], views: int) -> Float[Tensor, "N F"]:
    """What the output layer reads of faces, the mean over the same views."""
    trunk = reader.trunk
    return torch.cat([_over_views(trunk, trunk.side, f, views).cpu() for f in _batches(reader, pages)])


def read_views(reader: Reader, faces: Float[Tensor, "B 3 page page"], views: int) -> Float[Tensor, "B K"]:
    """Logits of faces with values in 0..1, each the mean over its views."""
    return _over_views(reader, reader.trunk.side, faces, views)


def _over_views(
    net: nn.Module, side: int, faces: Float[Tensor, "B 3 page page"], views: int
) -> Float[Tensor, "B F"]:
    chosen = ten_views(faces, side)[:: 10 // views]
    return torch.stack([net(view).float() for view in chosen]).mean(0)


def in_chunks(count: int) -> list[slice]:
    """Slices of so many photos, `CHUNK` of them in each."""
    return [slice(start, start + CHUNK) for start in range(0, count, CHUNK)]


def _batches(
    net: nn.Module, pages: UInt8[Tensor, "N 3 page page"], size: int = BATCH
) -> Iterator[Float[Tensor, "_ 3 page page"]]:
    """Pages as a network reads them, values in 0..1, where it is."""
    device = next(net.parameters()).device
    for part in torch.split(pages, size):
        yield part.to(device).float() / 255


@torch.no_grad()
def attribute_features(reader: Reader, pages: UInt8[Tensor, "N 3 page page"]) -> Float[Tensor, "2*N F"]:
    """What the output layer reads of faces, and then of their mirror images."""
    trunk, device = reader.trunk, next(reader.parameters()).device
    middles = (centre_crop(part, trunk.side).to(device) for part in torch.split(pages, BATCH))
    both = [torch.stack([trunk(middle), trunk(middle.flip(-1))]).float().cpu() for middle in middles]
    return torch.cat(both, dim=1).flatten(0, 1)


@torch.no_grad()
def tag_logits(localiser: Localiser, pages: UInt8[Tensor, "N 3 page page"]) -> Float[Tensor, "N K"]:
    """What a localiser says of the tags of pages."""
    return torch.cat([localiser(batch).tags.float().cpu() for batch in _batches(localiser, pages)])

"""A bundle under a protocol in pictures: photos by strength, where its boxes lie, and its widest mistakes."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float, Int

from visavis import images
from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.features.frames import read_frames
from visavis.files import make_folder
from visavis.methods.relative_attributes import parts_sheet
from visavis.methods.relative_attributes.data import Pairs, pairs_of
from visavis.methods.relative_attributes.framed import Frames, shares_of_frame, with_shares
from visavis.methods.relative_attributes.protocol import PARTS, PROTOCOLS, default_protocol
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.pictures.canvas import Picture, blank
from visavis.pictures.heat import with_heat
from visavis.pictures.sheet import sheet
from visavis.tables import spread_rows

CELL = 120  # pixels of a photo
STRENGTHS = 9  # photos of an attribute, from the weakest to the strongest
AVERAGED, ACROSS, WIDE = 300, 5, 150  # photos in a mean photo; of these in a row; pixels of one
BINS, BLUR = 60, 1.2  # of the centres of boxes, along each side of the frame; deviation of the blur, in bins
MISTAKES, BETWEEN = 3, 4  # pairs of an attribute; pixels between the two photos


class Judged(NamedTuple):
    """Test pairs, and of their photos the scores and the boxes (x, y, w, h in shares of the frame)."""

    pairs: Pairs
    scores: Float[np.ndarray, "N K"]
    boxes: Float[np.ndarray, "N K R 4"]

    def photos_of(self, attribute: int) -> Int[np.ndarray, " M"]:
        """Rows of the photos that are in pairs of an attribute."""
        rows = self.pairs.attribute == attribute
        return np.unique(np.concatenate([self.pairs.first[rows], self.pairs.second[rows]]))


def draw_evaluation(bundle: Bundle, data_name: str | None, protocol_name: str | None, folder: Path) -> None:
    """Write `strengths.png`, `boxes.png` and `mistakes.png`, each of all attributes of a bundle.

    Of protocol `parts`, write `parts.png` alone.

    Args:
        bundle, data_name, protocol_name: as `evaluate` knows them; the protocol says which pairs count.
        folder: is made where it is missing.

    Raises:
        VisavisError: the data has no test pairs, or no parts to look for, or the folder cannot be written.
    """
    make_folder(folder)
    data = open_dataset(data_name or bundle.config.recipe["data"])
    if protocol_name == PARTS:
        images.save(folder / "parts.png", parts_sheet.draw(bundle, data))
        return
    ranker = AttributeRanker(bundle)
    pairs = pairs_of(data, "test", ranker.attributes)
    judged = ranker.judge(pairs.items["path"].to_list())
    frames = Frames(ranker, CELL)
    shares = shares_of_frame(judged.boxes, frames.side, frames.page)
    found = Judged(pairs, judged.scores.numpy(), shares.numpy())
    images.save(folder / "strengths.png", strengths(found, frames))
    images.save(folder / "boxes.png", places(found, Frames(ranker, WIDE)))
    votes = PROTOCOLS[protocol_name or default_protocol(data)].votes
    images.save(folder / "mistakes.png", mistakes(found, frames, votes))


def strengths(found: Judged, frames: Frames) -> Picture:
    """For each attribute photos with their boxes, evenly from the lowest score to the highest."""
    paths = found.pairs.items["path"]
    cells = []
    for number in range(len(found.pairs.names)):
        photos = found.photos_of(number)
        order = photos[np.argsort(found.scores[photos, number], kind="stable")]
        chosen = order[np.linspace(0, len(order) - 1, STRENGTHS).round().astype(int)]
        cells.append([with_shares(frames.plain(paths[int(row)]), found.boxes[row, number]) for row in chosen])
    columns = ["weakest", *[""] * (STRENGTHS - 2), "strongest"]
    columns[STRENGTHS // 2] = "median"
    return sheet(cells, columns, rows=found.pairs.names, title="Test photos by the score of each attribute")


def places(found: Judged, frames: Frames) -> Picture:
    """For each attribute where the middles of the boxes lie, over the mean photo, and the mean box."""
    drawn = []
    for number in range(len(found.pairs.names)):
        photos = found.photos_of(number)
        some = photos[spread_rows(len(photos), AVERAGED)]
        paths = found.pairs.items["path"].gather(some.tolist()).to_list()
        mean = np.mean(read_frames(paths, frames.cell, *frames.ranker.frame), axis=0).round().astype(np.uint8)
        boxes = found.boxes[photos, number]
        density = middles(boxes)
        drawn.append(with_shares(with_heat(mean, density, limit=float(density.max())), boxes.mean(axis=0)))
    rows = [drawn[start : start + ACROSS] for start in range(0, len(drawn), ACROSS)]
    captions = [found.pairs.names[start : start + ACROSS] for start in range(0, len(drawn), ACROSS)]
    title = "Where the middles of the boxes lie, and the mean box, over the mean photo"
    return sheet(rows, [], captions=captions, title=title)


def middles(boxes: Float[np.ndarray, "N R 4"]) -> Float[np.ndarray, "h w"]:
    """How often the middle of a box lies at each place of the frame; those outside of it are left out."""
    x, y = (boxes[..., :2] + boxes[..., 2:] / 2).reshape(-1, 2).T
    counts, _, _ = np.histogram2d(y, x, bins=BINS, range=[(0, 1), (0, 1)])
    density: np.ndarray = cv2.GaussianBlur(counts, (0, 0), BLUR)
    return density


def mistakes(found: Judged, frames: Frames, votes: int) -> Picture:
    """For each attribute the pairs that are ordered against people by the widest margin.

    People say that the left photo shows more, the model that the right one does; the margin is in standard
    deviations of the scores. Only pairs of so many agreeing votes count.
    """
    pairs, paths = found.pairs, found.pairs.items["path"]
    cells, captions, names = [], [], []
    for number, name in enumerate(pairs.names):
        counted = np.flatnonzero(
            (pairs.attribute == number) & (pairs.target != 0.5) & ((pairs.votes >= votes) if votes else True)
        )
        more = np.where(pairs.target > 0.5, pairs.first, pairs.second)[counted]
        less = np.where(pairs.target > 0.5, pairs.second, pairs.first)[counted]
        scores = found.scores[:, number]
        margin = (scores[less] - scores[more]) / max(float(scores[found.photos_of(number)].std()), 1e-9)
        widest = [row for row in np.argsort(-margin, kind="stable")[:MISTAKES] if margin[row] > 0]
        if widest:
            names.append(name)
            sides = [
                [
                    with_shares(frames.plain(paths[int(photo)]), found.boxes[photo, number])
                    for photo in (more[row], less[row])
                ]
                for row in widest
            ]
            cells.append([np.hstack([left, blank(CELL, BETWEEN), right]) for left, right in sides])
            captions.append([_caption(int(pairs.votes[counted[row]]), margin[row]) for row in widest])
    if not cells:
        return sheet([[blank(CELL, 4 * CELL)]], [], title="No pair is ordered against people")
    title = "Widest mistakes: people see more at the left, the model at the right"
    return sheet(cells, [], rows=names, captions=captions, title=title)


def _caption(votes: int, margin: float) -> str:
    people = f"{votes} votes, " if votes > 0 else ""
    return f"{people}model by {margin:.1f} sd"

"""Photos as a ranker is shown them, with its boxes and with what is measured on them, for pictures."""

from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from visavis.features.frames import frame_of
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.methods.relative_attributes.scoring import boxes_in_frame
from visavis.pictures.boxes import Box, with_boxes
from visavis.pictures.canvas import GREEN, Colour, Picture


def shares_of_frame(boxes: Float[Tensor, "*B 4"], side: int, page: int) -> Float[Tensor, "*B 4"]:
    """Boxes (s_y, s_x, t_y, t_x) as x, y, w, h in shares of the frame.

    Args:
        boxes: of what the net reads, the middle `side` pixels of the frame.
        side: pixels of a side that the net reads.
        page: pixels of a side of the frame.
    """
    in_pixels = boxes_in_frame(boxes, side, page)
    # The first pixel's centre, where pixels are counted from, lies half a pixel inside.
    return torch.cat([in_pixels[..., :2] + 0.5, in_pixels[..., 2:]], dim=-1) / page


def with_shares(frame: Picture, boxes: Float[np.ndarray, "R 4"], colour: Colour = GREEN) -> Picture:
    """A frame with boxes (x, y, w, h in shares of its side) drawn on it."""
    in_pixels: list[Box] = [(x, y, w, h) for x, y, w, h in (boxes * len(frame)).tolist()]
    return with_boxes(frame, in_pixels, colour=colour)


class Frames:
    """Draws the frames that one ranker reads, `cell` pixels a side."""

    def __init__(self, ranker: AttributeRanker, cell: int) -> None:
        self.ranker, self.cell = ranker, cell
        self.side, self.page = ranker.model.side, ranker.page

    def plain(self, path: str) -> Picture:
        """The frame of a photo."""
        return frame_of(Path(path), self.cell, *self.ranker.frame)

    def boxed(self, path: str, boxes: Float[Tensor, "R 4"]) -> Picture:
        """The frame of a photo with the boxes that the ranker places in it."""
        return with_shares(self.plain(path), shares_of_frame(boxes, self.side, self.page).numpy())

    def spread(self, values: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "page page"]:
        """A map over what the net reads as one over the frame, drawn on into the border it skips."""
        inside = cv2.resize(values.astype(np.float32), (self.side, self.side), interpolation=cv2.INTER_LINEAR)
        before = (self.page - self.side) // 2
        spread: np.ndarray = np.pad(inside, (before, self.page - self.side - before), mode="edge")
        return spread

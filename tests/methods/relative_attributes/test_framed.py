"""Boxes and maps in shares of the frame: by hand, and against the boxes in pixels of the photo."""

from pathlib import Path

import numpy as np
import pytest
import torch

from visavis import images
from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.methods.relative_attributes.framed import Frames, shares_of_frame, with_shares
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.pictures.canvas import GREEN


def test_a_box_in_shares_by_hand() -> None:
    """Half of the 95 px between border centres is 47.5 about 47.5 of the middle 96 of 100 px, 2 px inside."""
    box = torch.tensor([[[0.5, 0.25, 0.0, 2.0]]])
    found = shares_of_frame(box, 96, 100)
    left = 47.5 + 0.25 * 2 * 47.5 - 23.75 / 2 + 2.5
    assert found.shape == box.shape
    assert found[0, 0].tolist() == pytest.approx([left / 100, (47.5 - 23.75 + 2.5) / 100, 0.2375, 0.475])


def test_shares_are_what_the_ranker_says_of_the_photo(tiny_bundle: Bundle) -> None:
    """A square photo is its own frame, so shares times its side are pixels, but for the half pixel."""
    ranker = AttributeRanker(tiny_bundle)
    path = open_dataset("rendered-shoes-40").select(domain="photo").items["path"][0]
    side = images.size_of(path)[0]
    (ranked,) = ranker.rank([path], "heel_height")
    shares = shares_of_frame(ranker.judge([path]).boxes[0, 0], ranker.model.side, ranker.page)
    assert (shares[0] * side).tolist() == pytest.approx(ranked.boxes[0], abs=0.6)


def test_boxes_are_drawn_at_their_shares() -> None:
    white = np.full((100, 100, 3), 255, np.uint8)
    drawn = with_shares(white, np.array([[0.2, 0.4, 0.5, 0.3]]))
    rows, columns = np.nonzero(np.abs(drawn.astype(int) - GREEN).max(axis=2) < 50)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (20, 70, 40, 70)


def test_a_map_lies_where_the_net_reads(tiny_bundle: Bundle) -> None:
    """96 of 100 px: the values begin 2 px inside, and the border repeats them."""
    frames = Frames(AttributeRanker(tiny_bundle), 50)
    values = np.random.default_rng(0).random((96, 96)).astype(np.float32)
    spread = frames.spread(values)
    assert spread.shape == (100, 100)
    assert np.array_equal(spread[2:98, 2:98], values)
    assert (spread[:2, 2:98] == values[0]).all()
    assert (spread[2:98, 98:] == values[:, -1:]).all()


def test_frames_have_the_size_of_a_cell(tiny_bundle: Bundle) -> None:
    frames = Frames(AttributeRanker(tiny_bundle), 50)
    path = open_dataset("rendered-shoes-40").select(domain="photo").items["path"][0]
    assert Path(path).is_file()
    plain = frames.plain(path)
    boxed = frames.boxed(path, torch.tensor([[0.5, 0.5, 0.0, 0.0]]))
    assert plain.shape == boxed.shape == (50, 50, 3)
    changed = np.nonzero((plain != boxed).any(axis=2))
    assert 10 < changed[0].min() < 15

"""Boxes over training as a filmstrip and as a GIF, of a run of two stages and of one."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.terminal import visavis
from visavis import images
from visavis.bundle import Bundle
from visavis.errors import VisavisError
from visavis.methods.relative_attributes.box_log import PHOTOS
from visavis.methods.relative_attributes.film import CELL, COLUMNS, draw_film
from visavis.methods.relative_attributes.training import FIRST_STAGE
from visavis.pictures.canvas import GREEN
from visavis.pictures.sheet import GAP

MOMENTS = 2 * 5  # steps 0 to 4 of both stages


def test_strip_and_film_of_both_stages(tiny_bundle: Bundle, tmp_path: Path) -> None:
    strip, film = tmp_path / "strip.png", tmp_path / "film.gif"
    run = tiny_bundle.path.parent
    done = visavis("boxes", run, "--attribute", "heel_height", "--strip", strip, "--film", film)
    assert (done.status, done.out) == (0, f"picture: {strip}\npicture: {film}\n"), done.error
    drawn = images.load(strip)
    assert drawn.shape[0] > PHOTOS * (CELL + GAP)
    assert drawn.shape[1] > COLUMNS * (CELL + GAP)
    rows, columns = np.nonzero((drawn == GREEN).all(axis=2))
    assert np.ptp(rows) > (PHOTOS - 1) * (CELL + GAP)
    assert np.ptp(columns) > (COLUMNS - 1) * (CELL + GAP)
    with Image.open(film) as played:
        assert played.n_frames == MOMENTS  # type: ignore[attr-defined]
        assert played.size[0] > PHOTOS * (CELL + GAP)


def test_one_stage_is_drawn_by_itself(tiny_bundle: Bundle, tmp_path: Path) -> None:
    run = tiny_bundle.path.parent / FIRST_STAGE
    draw_film(run, "shaft_height", tmp_path / "strip.png")
    width = images.load(tmp_path / "strip.png").shape[1]
    assert 5 * (CELL + GAP) < width < 6 * (CELL + GAP)


def test_a_first_stage_that_is_not_done_yet_is_drawn(tiny_bundle: Bundle, tmp_path: Path) -> None:
    """The run's own recipe is only there once its second stage has begun."""
    (tmp_path / FIRST_STAGE).symlink_to(tiny_bundle.path.parent / FIRST_STAGE)
    draw_film(tmp_path, "heel_height", tmp_path / "strip.png", tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as played:
        assert played.n_frames == MOMENTS / 2  # type: ignore[attr-defined]


def test_what_cannot_be_drawn_is_told(tiny_bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match=r"has no boxes\.parquet; it is written while"):
        draw_film(tmp_path, "heel_height", tmp_path / "strip.png")
    with pytest.raises(
        VisavisError, match="no boxes of attribute 'heel'; there are heel_height, shaft_height"
    ):
        draw_film(tiny_bundle.path.parent, "heel", tmp_path / "strip.png")
    assert not (tmp_path / "strip.png").exists()

"""A row for each thing: its image, then the page of every image of it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from visavis import images
from visavis.cli import build
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.sketch_retrieval.page_picture import draw_pages


def test_things_are_drawn_in_rows(tmp_path: Path) -> None:
    data = open_dataset("rendered-shoes-40")
    for count in (1, 3):
        draw_pages(data, count, tmp_path / f"{count}.png")
    one, three = (images.load(tmp_path / f"{count}.png") for count in (1, 3))
    assert three.shape == (3 * one.shape[0], *one.shape[1:])
    assert one.min() < 50  # ink


def test_nothing_to_draw_is_told(tmp_path: Path) -> None:
    data = open_dataset("rendered-shoes-40").select(domain="edge")
    with pytest.raises(VisavisError, match="rendered-shoes-40: has no items to draw"):
        draw_pages(data, 3, tmp_path / "none.png")


def test_the_command_names_its_picture(tmp_path: Path) -> None:
    target = tmp_path / "pages.png"
    answer = CliRunner().invoke(build(), ["pages", "rendered-shoes-40", "-n", "2", "--picture", str(target)])
    assert answer.exit_code == 0, answer.output
    assert answer.output == f"picture: {target}\n"
    assert target.is_file()

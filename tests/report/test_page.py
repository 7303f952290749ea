"""The report page: one file, nothing loaded, every picture to the pixel, every text escaped."""

from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from visavis.pictures.canvas import Picture
from visavis.report.page import MetricShown, NextStep, QueryShown, Report, write_report

EMPTY = {"meta", "img"}


class Page(HTMLParser):
    """Collects what a browser would load or show; fails on tags that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.pictures: list[Picture] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in EMPTY:
            self.open.append(tag)
        if tag == "img":
            head, _, content = dict(attrs)["src"].partition(",")  # type: ignore[union-attr]
            assert head == "data:image/png;base64"
            self.pictures.append(np.asarray(Image.open(BytesIO(b64decode(content)))))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data.strip())


def picture(seed: int) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (20 + seed, 30, 3), dtype=np.uint8)


@pytest.fixture
def report() -> Report:
    return Report(
        title="Shoes & <b>boots</b>",
        lead="What a sketch means.",
        metrics=[
            MetricShown("acc@1", "the true photo comes first", 0.3834, 1 / 60, (0.27, 0.51)),
            MetricShown("triplet accuracy", "the nearer is told", 0.78, 0.5),
        ],
        queries=[QueryShown("first", picture(0), picture(1)), QueryShown("second", picture(2))],
        curve=picture(3),
        steps=[NextStep("Search.", "visavis search a.png --gallery 'x<y'")],
        facts={"seed": "7"},
    )


def written(report: Report, folder: Path) -> str:
    write_report(folder / "report.html", report)
    return (folder / "report.html").read_text()


def test_pictures_are_embedded_to_the_pixel_in_order(report: Report, tmp_path: Path) -> None:
    shown = Page(written(report, tmp_path)).pictures
    assert len(shown) == 4
    assert all(np.array_equal(image, picture(i)) for i, image in enumerate(shown))


def test_the_page_loads_nothing(report: Report, tmp_path: Path) -> None:
    text = written(report, tmp_path)
    loading = [value for name, value in Page(text).attributes if name in {"src", "href", "srcset"}]
    assert all(value.startswith("data:") for value in loading)
    assert not any(word in text for word in ("http:", "https:", "url(", "@import", "<script", "<link"))


def test_metrics_stand_beside_chance(report: Report, tmp_path: Path) -> None:
    page = Page(written(report, tmp_path))
    for shown in ("38.3", "chance 1.7 %", "95 %: 27.0 to 51.0", "78.0", "chance 50.0 %"):
        assert shown in page.text
    assert sum(text.startswith("95 %") for text in page.text) == 1
    styles = [value for name, value in page.attributes if name == "style"]
    assert styles == ["width: 38.3%", "left: calc(1.7% - 1px)", "width: 78.0%", "left: calc(50.0% - 1px)"]


def test_text_is_shown_as_it_is_written(report: Report, tmp_path: Path) -> None:
    html = written(report, tmp_path)
    assert "<b>boots" not in html
    text = Page(html).text
    for shown in (
        "Shoes & <b>boots</b>",
        "visavis search a.png --gallery 'x<y'",
        "What a sketch means.",
        "seed",
        "7",
    ):
        assert shown in text


def test_what_is_not_given_is_not_mentioned(report: Report, tmp_path: Path) -> None:
    assert Page(written(report, tmp_path)).text.count("Predicted attributes") == 1
    assert "What this is" not in Page(written(replace(report, facts={}), tmp_path)).text


def test_the_same_report_gives_the_same_bytes(report: Report, tmp_path: Path) -> None:
    assert written(report, tmp_path) == written(report, tmp_path)

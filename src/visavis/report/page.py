"""One trained model on one page: a single HTML file that needs nothing else, to open, send or keep."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from visavis import __version__
from visavis.files import write_atomic
from visavis.pictures.canvas import Picture


@dataclass(frozen=True)
class MetricShown:
    """A metric beside chance: `value`, `chance` and `interval` (95 %) are fractions in 0..1."""

    name: str
    meaning: str
    value: float
    chance: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class QueryShown:
    """One query: a strip of its answers, and, where the model predicts attributes, their bars."""

    title: str
    strip: Picture
    bars: Picture | None = None


@dataclass(frozen=True)
class NextStep:
    """What a reader may do now, and the command that does it."""

    text: str
    command: str


@dataclass(frozen=True)
class Report:
    """Content of the page, top to bottom. `facts` name model, data, digest, seed, minutes and so on."""

    title: str
    lead: str
    metrics: Sequence[MetricShown]
    queries: Sequence[QueryShown]
    curve: Picture
    steps: Sequence[NextStep]
    facts: Mapping[str, str] = field(default_factory=dict)


def write_report(path: Path, report: Report) -> None:
    """Write the page atomically; all pictures are embedded and all text is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"embedded": _embedded, "percent": _percent}
    write_atomic(path, environment.get_template("page.html").render(report=report, version=__version__))


def _embedded(picture: Picture) -> str:
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{b64encode(buffer.getvalue()).decode()}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}"

"""What `visavis.load` gives for a bundle of `relative_attributes`."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from jaxtyping import Float
from scipy.special import expit
from torch import Tensor

from visavis.bundle import Bundle
from visavis.errors import VisavisError
from visavis.features.frames import read_frames, square_in_photo
from visavis.methods.relative_attributes.calibration import temperature_key
from visavis.methods.relative_attributes.model import Judgement, RegionRanker
from visavis.methods.relative_attributes.scoring import boxes_in_frame, judge
from visavis.pictures.boxes import Box
from visavis.training.augment import as_batch


@dataclass(frozen=True)
class Ranked:
    """A photo with its place, the strength of the attribute, and the boxes (x, y, w, h) it is seen in."""

    rank: int
    path: Path
    score: float
    boxes: tuple[Box, ...]

    def __str__(self) -> str:
        return f"{self.rank:4d}  {self.score:8.3f}  {self.path}"


@dataclass(frozen=True)
class Comparison:
    """Which of two photos shows more of an attribute, by how much, and where it is seen.

    `more` is "a", "b", or "neither" where both score the same. `confidence`, 0.5 or more, is the probability
    that people who see a difference say so too; None where the model is not calibrated.
    """

    attribute: str
    more: str
    by: float
    boxes: tuple[tuple[Box, ...], tuple[Box, ...]]
    confidence: float | None = None

    def __str__(self) -> str:
        if self.confidence is None:
            trust = "confidence unknown: calibrate the model with visavis calibrate"
        elif self.confidence > 0.99:  # no number of pairs bears a 100 %
            trust = "confidence above 99 %"
        else:
            trust = f"confidence {100 * self.confidence:.0f} %"
        return f"{self.more} shows more of {self.attribute}, by {self.by:.3f}; {trust}"


class AttributeRanker:
    """A trained ranker with its verbs `rank` and `compare`, on the `judge` that the protocol uses too."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        settings = bundle.config.settings
        self.page, self.frame = settings["page"], (settings["share"], settings["down"])
        self.views = settings.get("views", 2)  # a bundle of before there was a choice
        self.model = RegionRanker(**settings["net"])
        self.model.load_state_dict(bundle.weights)
        self.model.eval()

    @property
    def attributes(self) -> list[str]:
        """Names of the attributes, in the order of the columns of `judge`."""
        return self.bundle.config.labels

    def judge(self, paths: list[str], views: int | None = None) -> Judgement:
        """Scores (N, K) and boxes (N, K, R, 4) of photos.

        Args:
            paths: of the photos.
            views: of each, whose scores are averaged; None: as many as the recipe asked for.

        Raises:
            VisavisError: a photo cannot be read, or is kept no larger than a view where ten are asked for.
        """
        if (views or self.views) > 2 and self.page == self.model.side:
            raise VisavisError(
                f"{self.bundle.path}: keeps photos of {self.page} px, as large as what the network reads; "
                "train with a larger model.page to measure ten views"
            )
        return judge(self.model, as_batch(read_frames(paths, self.page, *self.frame)), views or self.views)

    def scores(self, items: pl.DataFrame) -> Tensor:
        """Scores (N, K) of a table of items (column `path`)."""
        return self.judge(items["path"].to_list()).scores

    def rank(self, paths: list[str], attribute: str) -> list[Ranked]:
        """Photos by the strength of an attribute, the strongest first.

        Raises:
            VisavisError: the attribute is not one of the model's, a file cannot be read, or there is none.
        """
        number = self._number(attribute)
        if not paths:
            raise VisavisError("there is no photo to rank; name a source with items of domain 'photo'")
        judged = self.judge(paths)
        scores = judged.scores[:, number]
        order = scores.argsort(descending=True, stable=True).tolist()
        return [
            Ranked(place, Path(path), float(scores[row]), self._boxes(path, judged.boxes[row, number]))
            for place, (row, path) in enumerate(((row, paths[row]) for row in order), 1)
        ]

    def compare(self, a: Path, b: Path, attribute: str) -> Comparison:
        """Which of two photos shows more of an attribute, and with what confidence.

        Raises:
            VisavisError: as `rank` does.
        """
        ranked = self.rank([str(a), str(b)], attribute)
        # Through Path, for a caller from Python may give strings.
        first, second = ranked if ranked[0].path == Path(a) else ranked[::-1]
        gap = first.score - second.score
        more = "a" if gap > 0 else "b" if gap < 0 else "neither"
        temperature = self.bundle.config.calibration.get(temperature_key(attribute))
        confidence = None if temperature is None else float(expit(abs(gap) / temperature))
        return Comparison(attribute, more, abs(gap), (first.boxes, second.boxes), confidence)

    def _number(self, attribute: str) -> int:
        if attribute not in self.attributes:
            raise VisavisError(
                f"{self.bundle.path}: knows no attribute '{attribute}'; it has {', '.join(self.attributes)}"
            )
        return self.attributes.index(attribute)

    def _boxes(self, path: str, boxes: Float[Tensor, "R 4"]) -> tuple[Box, ...]:
        """Boxes in pixels of the photo: from the net's view to the frame, and from there to the photo."""
        left, top, scale = square_in_photo(Path(path), self.page, *self.frame)
        return tuple(
            (left + scale * x, top + scale * y, scale * w, scale * h)
            for x, y, w, h in boxes_in_frame(boxes, self.model.side, self.page).tolist()
        )

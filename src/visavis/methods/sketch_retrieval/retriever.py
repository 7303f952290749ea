"""What `visavis.load` gives for a bundle of `sketch_retrieval`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Float

from visavis.bundle import Bundle
from visavis.features.hog_wccn import WEIGHTS, HogWccn
from visavis.methods.sketch_retrieval.data import hog_cell, load_pages
from visavis.methods.sketch_retrieval.model import AttributeRanker
from visavis.methods.sketch_retrieval.scoring import Encoded, Scorer


@dataclass(frozen=True)
class Description:
    """Attribute probabilities of one image; prints as a table."""

    path: Path
    probabilities: dict[str, float]

    def __str__(self) -> str:
        ordered = sorted(self.probabilities.items(), key=lambda pair: -pair[1])
        return "\n".join(f"{value:6.2f}  {name}" for name, value in ordered)


class SketchRetriever:
    """A trained ranker with its verbs: `embed`, `describe`, and the scorer that search and protocol share."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        settings = bundle.config.settings
        self.page: int = settings["page"]
        model = AttributeRanker(**settings["net"])
        learned = {name: value for name, value in bundle.weights.items() if name not in WEIGHTS}
        model.load_state_dict(learned)
        calibration = bundle.config.calibration
        self.scorer = Scorer(
            model.eval(),
            calibration["attribute_weight"],
            HogWccn.from_weights(bundle.weights, hog_cell(self.page))
            if "hog_weight" in calibration
            else None,
            calibration.get("hog_weight", 0.0),
        )

    @property
    def dimension(self) -> int:
        """D, dimension of the embeddings."""
        return self.scorer.dimension

    @property
    def reads_colour(self) -> bool:
        """Whether photos enter in colour, through a learned stem, instead of as edge maps."""
        return self.scorer.model.stem is not None

    def encode(self, items: pl.DataFrame) -> Encoded:
        """Embeddings and attribute probabilities of a table of items (columns `path`, `domain`).

        Sketches and photos are encoded apart, and come back in the order of the table.
        """
        numbered = items.with_row_index("row")
        sides = [
            (numbered.filter(pl.col("domain") == "sketch"), True),
            (numbered.filter(pl.col("domain") != "sketch"), False),
        ]
        parts = [
            (side["row"].to_numpy(), self._encode_side(side, sketches))
            for side, sketches in sides
            if len(side)
        ]
        back = np.argsort(np.concatenate([rows for rows, _ in parts]))
        return Encoded(
            np.concatenate([part.embeddings for _, part in parts])[back],
            np.concatenate([part.probabilities for _, part in parts])[back],
        )

    def _encode_side(self, items: pl.DataFrame, sketches: bool) -> Encoded:
        rgb = self.reads_colour and not sketches
        return self.scorer.encode(load_pages(items, self.page, rgb), sketches=sketches)

    def embed(self, items: pl.DataFrame) -> Float[np.ndarray, "N D"]:
        """Embeddings of a table of items (columns `path`, `domain`)."""
        return self.encode(items).embeddings

    def encode_image(self, path: Path, domain: str) -> Encoded:
        """Embedding and attribute probabilities of one image of domain 'photo' or 'sketch'."""
        return self.encode(pl.DataFrame({"path": [str(path)], "domain": [domain]}))

    def describe(self, path: Path, domain: str) -> Description:
        """Attribute probabilities of one image."""
        probabilities = self.encode_image(path, domain).probabilities[0].tolist()
        return Description(path, dict(zip(self.bundle.config.labels, probabilities, strict=True)))

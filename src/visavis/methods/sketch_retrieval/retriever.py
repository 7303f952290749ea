"""What `visavis.load` gives for a bundle of `sketch_retrieval`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Float

from visavis.bundle import Bundle
from visavis.methods.sketch_retrieval.data import load_pages
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
        model.load_state_dict(bundle.weights)
        self.scorer = Scorer(model.eval(), bundle.config.calibration["attribute_weight"])

    @property
    def dimension(self) -> int:
        """D, dimension of the embeddings."""
        return int(self.scorer.model.embed.out_features)

    def encode(self, items: pl.DataFrame) -> Encoded:
        """Embeddings and attribute probabilities of a table of items (columns `path`, `domain`)."""
        photos = items["domain"] == "photo"
        rgb = self.scorer.model.stem is not None and bool(photos.all())
        return self.scorer.encode(load_pages(items, self.page, rgb))

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

"""What `visavis.load` gives for a bundle of `pretraining`."""

import numpy as np
import polars as pl
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from visavis.bundle import Bundle
from visavis.methods.pretraining.data import load_views
from visavis.methods.pretraining.model import PretrainingNet
from visavis.training.augment import centre_crop

BATCH = 64


class PageEmbedder:
    """A pre-trained trunk with its one verb: `embed`."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        settings = bundle.config.settings
        self.page: int = settings["page"]
        self.frame = settings.get("share", 1.0), settings.get("down", 0.0)
        self.model = PretrainingNet(**settings["net"])
        self.model.load_state_dict(bundle.weights)
        self.model.eval()

    def embed(self, items: pl.DataFrame) -> Float[np.ndarray, "N D"]:
        """Embeddings of a table of items (columns `path`, `domain`)."""
        return self.embed_pages(self.read(items))

    def read(self, items: pl.DataFrame) -> UInt8[Tensor, "N C H W"]:
        """What the trunk reads of a table of items."""
        return load_views(items, self.page, self.model.trunk.backbone, *self.frame)

    @torch.no_grad()
    def embed_pages(self, pages: UInt8[Tensor, "N C H W"]) -> Float[np.ndarray, "N D"]:
        """Embeddings of pages of the side that the bundle keeps."""
        views = torch.split(centre_crop(pages, self.model.trunk.side), BATCH)
        return torch.cat([self.model(view) for view in views]).numpy()

"""What `visavis.load` gives for a bundle of `pretraining`."""

import numpy as np
import polars as pl
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from visavis.bundle import Bundle
from visavis.features.pages import read_pages
from visavis.methods.pretraining.model import PretrainingNet
from visavis.training.augment import as_batch, centre_crop

BATCH = 64


class PageEmbedder:
    """A pre-trained trunk with its one verb: `embed`."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.page: int = bundle.config.settings["page"]
        self.model = PretrainingNet(**bundle.config.settings["net"])
        self.model.load_state_dict(bundle.weights)
        self.model.eval()

    def embed(self, items: pl.DataFrame) -> Float[np.ndarray, "N D"]:
        """Embeddings of a table of items (columns `path`, `domain`)."""
        return self.embed_pages(
            as_batch(read_pages(items["path"].to_list(), items["domain"].to_list(), self.page))
        )

    @torch.no_grad()
    def embed_pages(self, pages: UInt8[Tensor, "N 1 H W"]) -> Float[np.ndarray, "N D"]:
        """Embeddings of pages of the side that the bundle keeps."""
        views = torch.split(centre_crop(pages, self.model.trunk.side), BATCH)
        return torch.cat([self.model(view) for view in views]).numpy()

"""A pre-trained trunk with its embedding as one network, for use without visavis."""

from jaxtyping import Float
from torch import Tensor, nn

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.export.graph import Graph, Output
from visavis.features import preparation
from visavis.methods.pretraining.embedder import PageEmbedder
from visavis.methods.pretraining.model import PretrainingNet
from visavis.training.augment import middle

EXAMPLES = "rendered-shoes-3"
MEANING = "Of unit length; the smaller the Euclidean distance of two, the more alike are what they show."


class MiddleEmbedder(nn.Module):
    """What `PageEmbedder.embed_pages` does: the middle of a page, embedded."""

    def __init__(self, model: PretrainingNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, pages: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D"]:
        embedding: Tensor = self.model(middle(pages, self.model.trunk.side))
        return embedding


def graphs(bundle: Bundle) -> tuple[Graph, ...]:
    """The trunk with its embedding."""
    embedder = PageEmbedder(bundle)
    page, colours = embedder.page, embedder.model.trunk.backbone.colours
    name, read = "photos", [preparation.frame(page, *embedder.frame)]
    if colours == 1:
        name, read = "pages", [preparation.drawing(page), preparation.edges_of_photo(page)]
    output = Output("embedding", ("B", embedder.model.embed.out_features), MEANING)
    network = MiddleEmbedder(embedder.model).eval()

    def examples() -> Tensor:
        return embedder.read(open_dataset(EXAMPLES).items) / 255

    return (Graph("model", network, name, ("B", colours, page, page), tuple(read), (output,), examples),)

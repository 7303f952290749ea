"""A ranker as one network from frames to scores and boxes, for use without visavis."""

from jaxtyping import Float
from torch import Tensor, nn

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.export.graph import Graph, Output
from visavis.features import preparation
from visavis.features.frames import read_frames
from visavis.methods.relative_attributes.calibration import temperature_key
from visavis.methods.relative_attributes.model import RegionRanker
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.methods.relative_attributes.scoring import boxes_in_frame, judge_views
from visavis.training.augment import as_batch

EXAMPLES = "rendered-faces-3"


class FrameRanker(nn.Module):
    """What `judge` does with frames: scores averaged over views, boxes in pixels of the frame."""

    def __init__(self, model: RegionRanker, views: int, page: int) -> None:
        super().__init__()
        self.model, self.views, self.page = model, views, page

    def forward(
        self, photos: Float[Tensor, "B 3 H W"]
    ) -> tuple[Float[Tensor, "B K"], Float[Tensor, "B K R 4"]]:
        judged = judge_views(self.model, photos, self.views)
        return judged.scores, boxes_in_frame(judged.boxes, self.model.side, self.page)


def graphs(bundle: Bundle) -> tuple[Graph, ...]:
    """The ranker, all attributes and all views at once."""
    ranker = AttributeRanker(bundle)
    page, attributes = ranker.page, len(ranker.attributes)

    def examples() -> Tensor:
        paths = open_dataset(EXAMPLES).items["path"].to_list()
        return as_batch(read_frames(paths, page, *ranker.frame)) / 255

    scores = Output("scores", ("B", attributes), scores_meaning(bundle, ranker.views))
    boxes = Output(
        "boxes",
        ("B", attributes, ranker.model.regions, 4),
        "Where each attribute is read: x, y, w, h in pixels of the frame, x to the right and y down, counted "
        "from 0 at the centre of its first pixel; a box may stick out. The step that cuts the frame says "
        "where its pixels lie in the photo.",
    )
    network = FrameRanker(ranker.model, ranker.views, page).eval()
    read = preparation.frame(page, *ranker.frame)
    return (Graph("model", network, "photos", ("B", 3, page, page), (read,), (scores, boxes), examples),)


def scores_meaning(bundle: Bundle, views: int) -> str:
    """What the scores say, and how sure a comparison is where the bundle is calibrated."""
    meaning = (
        "How much of each attribute a photo shows, in the order of labels, higher = more: only differences "
        f"between photos mean something. Mean over {views} views, half of them mirrored."
    )
    key = temperature_key("LABEL")
    if not any(temperature_key(label) in bundle.config.calibration for label in bundle.config.labels):
        return meaning
    return (
        f"{meaning} The confidence that the photo with the higher score shows more is "
        f"1 / (1 + exp(-difference / T)), T being calibration['{key}']."
    )

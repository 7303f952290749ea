"""LNet and ANet trained on together: the attributes that ANet reads teach LNet where to look.

The abstract of the paper has both "fine-tuned jointly with attribute tags", and no more of it. Here the
square that ANet reads is a differentiable function of LNet's responses: the window is their weighted mean
(`search.windows_from`), and the square about it is sampled bilinearly from the photo, as in spatial
transformers (M. Jaderberg et al., NIPS 2015).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from visavis.losses.attributes import attribute_cross_entropy
from visavis.methods.face_attributes.data import TagBatch, TagData
from visavis.methods.face_attributes.model import FaceAttributes
from visavis.methods.face_attributes.recipe import JointStage, LocaliserStage, ReaderStage
from visavis.methods.face_attributes.scoring import attribute_logits
from visavis.methods.face_attributes.search import Shape, best_windows, candidates_on
from visavis.methods.face_attributes.tasks import (
    Examples,
    balanced,
    localiser_of,
    localiser_terms,
    reader_of,
)
from visavis.training.augment import Pages, View, draw_view, marked, places_of
from visavis.training.task import Task

FacesFound = Callable[[FaceAttributes], Examples | None]


def sample_squares(
    photos: Float[Tensor, "B C H W"],
    windows: Float[Tensor, "B 4"],
    around: float,
    places: Float[Tensor, "B side side 2"],
) -> Float[Tensor, "B C side side"]:
    """Sample squares about windows, with a gradient to these; outside of the photo lies its border, drawn on.

    Args:
        photos: to sample from.
        windows: x, y, w, h in their pixels.
        around: side of the squares, in heights of the windows.
        places: where to look in the squares: x and y, -1 and 1 their edges.
    """
    middle = windows[:, :2] + windows[:, 2:] / 2
    half = around / 2 * windows[:, 3]
    pixels = middle[:, None, None] + half[:, None, None, None] * places
    size = pixels.new_tensor([photos.shape[3], photos.shape[2]])
    return F.grid_sample(photos, 2 * pixels / size - 1, padding_mode="border", align_corners=False)


class JointBatch(NamedTuple):
    """Photos for LNet, how ANet looks at the face that it finds in each, and aligned faces for ANet."""

    photos: TagBatch
    faces: View
    aligned: TagBatch | None


class JointData(nn.Module):
    """Draws photos as LNet sees them, and aligned faces beside them, each as often as any other.

    Args:
        photos: as LNet sees them, and pictures without faces where it has them.
        sharp: the same photos in the same order, larger, for ANet to read from.
        aligned: aligned faces; None where there are none.
        reader: around, page and augmentation of what ANet reads.
        side: of what it reads, in pixels.
    """

    def __init__(
        self, photos: TagData, sharp: Tensor, aligned: TagData | None, reader: ReaderStage, side: int
    ) -> None:
        super().__init__()
        self.photos, self.aligned, self.reader, self.side = photos, aligned, reader, side
        self.sharp = Pages(sharp, sharp.shape[-1], photos.photos.options, "border")

    def draw(self, batch: int, without: float, rng: np.random.Generator) -> JointBatch:
        """Draw a batch; a share `without` of its photos has no faces if there are such pictures."""
        beside = 0
        if self.aligned is not None:
            there_are = len(self.aligned.tags)
            beside = min(batch - 1, round(batch * there_are / (there_are + len(self.photos.tags))))
        photos = self.photos.draw(batch - beside, without, rng)
        rows, stage = photos.photos.rows.numpy(), self.reader
        faces = draw_view(rows, self.side, stage.page, stage.augmentation, rng)
        aligned = self.aligned.draw(beside, 0, rng) if self.aligned is not None and beside else None
        return JointBatch(photos, faces, aligned)

    def faces(self, batch: JointBatch, windows: Float[Tensor, "B 4"]) -> Float[Tensor, "_ 3 side side"]:
        """What ANet reads: the faces in windows of the photos as LNet saw them, then the aligned ones.

        What hid a part of a photo from LNet, or made it paler, does not so for ANet: that has its own.
        """
        # Autocast would round where to look to a third of a pixel.
        with torch.autocast(windows.device.type, enabled=False):
            seen = self.sharp(batch.photos.photos._replace(gain=None, blobs=None))
            larger = self.sharp.side / self.photos.photos.side
            places = places_of(batch.faces, self.side)
            found = sample_squares(seen, larger * windows.float(), self.reader.around, places)
            faces = 1 - marked(1 - found, batch.faces)
        if self.aligned is None or batch.aligned is None:
            return faces
        return torch.cat([faces, self.aligned(batch.aligned)])


class JointTask(Task):
    """Tags of faces, in the windows that LNet finds as it is trained, and LNet's own tags.

    LNet keeps the batch statistics that it has, so that it finds here the windows that it finds in use.

    Args:
        part: of LNet: `inner` where there is LNet_s, else `outer`.
        stage: of this training.
        localiser: of the training of LNet.
        reader: of that of ANet.
        model: with both, the only parts to be trained.
        data: photos and aligned faces.
        held_out: what ANet sees of held-out photos, in the windows that a model finds, and of aligned faces.
    """

    model: FaceAttributes

    def __init__(
        self,
        part: str,
        stage: JointStage,
        localiser: LocaliserStage,
        reader: ReaderStage,
        model: FaceAttributes,
        data: JointData,
        held_out: FacesFound,
    ) -> None:
        super().__init__(model, stage.schedule)
        self.part, self.stage, self.localiser, self.reader = part, stage, localiser, reader
        self.data, self.held_out = data, held_out
        self.shape = Shape(**localiser.window.model_dump())

    def train(self, mode: bool = True) -> "JointTask":
        """Set the mode of all but LNet's backbone, which stays in evaluation mode."""
        super().train(mode)
        localiser_of(self.model, self.part).backbone.eval()
        return self

    def rate_factor(self, name: str) -> float:
        """LNet moves more slowly than ANet: what it has learned is to be bent, not replaced."""
        return self.stage.rate if name.startswith(f"model.{self.part}.") else 1.0

    def draw(self, rng: np.random.Generator) -> JointBatch:
        return self.data.draw(self.stage.schedule.batch, self.localiser.without, rng)

    def terms(self, batch: JointBatch) -> dict[str, Tensor]:
        """Sigmoid cross-entropy of the attributes that ANet reads, and LNet's own loss with its weight."""
        localiser, photos = localiser_of(self.model, self.part), self.data.photos(batch.photos)
        maps = localiser.maps(photos)
        own = localiser_terms(localiser.tagged(maps), batch.photos, self.localiser.presence)
        tags = batch.photos.tags
        responses = [one[: len(tags)].float().mean(dim=1) for one in maps]
        found = candidates_on(responses, localiser.scales, photos[: len(tags)])
        faces = self.data.faces(batch, best_windows(found, localiser.log_sharpness.exp(), self.shape))
        if batch.aligned is not None:
            tags = torch.cat([tags, batch.aligned.tags])
        logits = reader_of(self.model)(faces.contiguous(memory_format=torch.channels_last))
        attributes = attribute_cross_entropy(logits.float(), tags)
        return {
            "loss": attributes + self.stage.weight * own["loss"],
            "attributes": attributes,
            "localiser": own["loss"],
        }

    def validate(self) -> dict[str, float]:
        """Balanced accuracy of the held-out faces, at the thresholds that suit them best."""
        model = self.trained
        assert isinstance(model, FaceAttributes)
        held_out = self.held_out(model)
        if held_out is None:
            return {}
        return balanced(attribute_logits(reader_of(model), held_out.pages, self.reader.views), held_out.tags)

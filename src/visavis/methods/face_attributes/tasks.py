"""What LNet and ANet are trained by: image-level tags."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional as F

from visavis.losses.attributes import attribute_cross_entropy
from visavis.methods.face_attributes.data import TagBatch, TagData
from visavis.methods.face_attributes.model import FaceAttributes, Localiser, Reader, Tagged
from visavis.methods.face_attributes.recipe import LocaliserStage, ReaderStage
from visavis.methods.face_attributes.scoring import attribute_logits, tag_logits
from visavis.metrics.tags import balanced_accuracy, shown_both
from visavis.metrics.thresholds import best_thresholds
from visavis.training.task import Task


class Examples(NamedTuple):
    """Pages with their tags, 1 or 0, NaN where unknown."""

    pages: UInt8[Tensor, "N 3 page page"]
    tags: Float[np.ndarray, "N K"]


class LocaliserTask(Task):
    """Tags of whole photos or windows, and whether there is a face at all."""

    model: FaceAttributes

    def __init__(
        self,
        part: str,
        stage: LocaliserStage,
        model: FaceAttributes,
        data: TagData,
        held_out: Examples | None,
    ) -> None:
        super().__init__(model, stage.schedule)
        self.part, self.stage, self.data, self.held_out = part, stage, data, held_out

    def draw(self, rng: np.random.Generator) -> TagBatch:
        return self.data.draw(self.stage.schedule.batch, self.stage.without, rng)

    def terms(self, batch: TagBatch) -> dict[str, Tensor]:
        """`localiser_terms` of LNet_o or LNet_s."""
        said = localiser_of(self.model, self.part)(self.data(batch))
        return localiser_terms(said, batch, self.stage.presence)

    def validate(self) -> dict[str, float]:
        """Balanced accuracy of the held-out tags, at the thresholds that suit them best."""
        if self.held_out is None:
            return {}
        model = self.trained
        assert isinstance(model, FaceAttributes)
        return balanced(tag_logits(localiser_of(model, self.part), self.held_out.pages), self.held_out.tags)


class ReaderTask(Task):
    """Tags of faces."""

    model: FaceAttributes

    def __init__(
        self, stage: ReaderStage, model: FaceAttributes, data: TagData, held_out: Examples | None
    ) -> None:
        super().__init__(model, stage.schedule)
        self.stage, self.data, self.held_out = stage, data, held_out

    def draw(self, rng: np.random.Generator) -> TagBatch:
        return self.data.draw(self.stage.schedule.batch, 0, rng)

    def terms(self, batch: TagBatch) -> dict[str, Tensor]:
        """Sigmoid cross-entropy of the tags."""
        faces = self.data(batch).contiguous(memory_format=torch.channels_last)
        return {"loss": attribute_cross_entropy(reader_of(self.model)(faces).float(), batch.tags)}

    def validate(self) -> dict[str, float]:
        """Balanced accuracy of the held-out tags, at the thresholds that suit them best."""
        if self.held_out is None:
            return {}
        model = self.trained
        assert isinstance(model, FaceAttributes)
        logits = attribute_logits(reader_of(model), self.held_out.pages, self.stage.views)
        return balanced(logits, self.held_out.tags)


def localiser_terms(said: Tagged, batch: TagBatch, presence: float) -> dict[str, Tensor]:
    """Sigmoid cross-entropy of the tags (eq. 1 of the paper), and of the presence of a face.

    Args:
        said: of the photos of a batch, those without faces last.
        batch: its tags.
        presence: weight of the second.
    """
    tags = attribute_cross_entropy(said.tags[: len(batch.tags)].float(), batch.tags)
    if batch.faceless is None:
        return {"loss": tags}
    there = (torch.arange(len(said.presence), device=tags.device) < len(batch.tags)).float()
    present = F.binary_cross_entropy_with_logits(said.presence.float(), there)
    return {"loss": tags + presence * present, "tags": tags, "presence": present}


def localiser_of(model: FaceAttributes, part: str) -> Localiser:
    """LNet_o or LNet_s of a model that has it."""
    localiser = getattr(model, part)
    assert isinstance(localiser, Localiser)
    return localiser


def reader_of(model: FaceAttributes) -> Reader:
    """ANet of a model that has it."""
    assert model.reader is not None
    return model.reader


def balanced(logits: Float[Tensor, "N K"], tags: Float[np.ndarray, "N K"]) -> dict[str, float]:
    """Balanced accuracy at the thresholds that suit these images best; empty where they cannot tell."""
    if not shown_both(tags).any():
        return {}  # a small held-out part may show each attribute everywhere or nowhere
    scores = logits.double().numpy()
    return {"balanced_accuracy": balanced_accuracy(scores, tags, best_thresholds(scores, tags)).value}

"""Stages one after the other; a finished stage leaves a bundle and is not trained again."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from visavis.bundle import Bundle
from visavis.errors import VisavisError
from visavis.losses.attributes import attribute_cross_entropy
from visavis.losses.closeness import closeness_loss
from visavis.losses.infonce import info_nce_loss
from visavis.methods.pretraining.data import StageData, Views
from visavis.methods.pretraining.model import PretrainingNet
from visavis.methods.pretraining.recipe import PretrainingRecipe, Stage
from visavis.training.fit import fit
from visavis.training.run import claim_run, finish_run
from visavis.training.task import Task


class StageTask(Task):
    """Instance discrimination between views, or reading the items' labels or attributes."""

    model: PretrainingNet

    def __init__(self, stage: Stage, model: PretrainingNet, data: StageData) -> None:
        super().__init__(model, stage.schedule)
        self.stage, self.data = stage, data
        if data.page < model.trunk.side:
            raise VisavisError(
                f"page: {data.page} px are fewer than the {model.trunk.side} px that the backbone reads; "
                f"set it to {model.trunk.side} or more"
            )
        if stage.objective == "tags" and (len(data.sources) > 1 or not data.tags):
            raise VisavisError(
                f"stage '{stage.name}': objective 'tags' takes one source, with attributes (attr.<name>)"
            )
        if stage.closeness and stage.objective != "classes":
            raise VisavisError(
                f"stage '{stage.name}': closeness draws classes together; set it to 0 for '{stage.objective}'"
            )
        if stage.objective == "classes":
            self.classifier = nn.Linear(model.embed.out_features, data.classes)
        elif stage.objective == "tags":
            self.classifier = nn.Linear(model.trunk.width, data.tags)

    def draw(self, rng: np.random.Generator) -> Views:
        return self.data.draw(rng)

    def terms(self, batch: Views) -> dict[str, Tensor]:
        """InfoNCE between the views, or cross-entropy of what both views' classes or attributes are.

        With classes, also how far what the trunk gives for one class lies apart, where the stage asks for it.
        """
        features = self.model.trunk(self.data(batch).contiguous(memory_format=torch.channels_last))
        if self.stage.objective == "tags":
            return {"loss": attribute_cross_entropy(self.classifier(features).float(), batch.tags)}
        embeddings = self.model.embedding(features).float()
        if self.stage.objective == "instances":
            anchors, positives = embeddings.chunk(2)
            loss = info_nce_loss(anchors, positives, temperature=self.stage.temperature, labels=batch.items)
            return {"loss": loss}
        classes = batch.items.repeat(2)
        logits = self.classifier(embeddings) / self.stage.temperature
        loss = F.cross_entropy(logits.float(), classes)
        if not self.stage.closeness:
            return {"loss": loss}
        closeness = closeness_loss(features.float(), classes)
        return {"loss": loss + self.stage.closeness * closeness, "classes": loss, "closeness": closeness}


def train(recipe: PretrainingRecipe, run: Path, quiet: bool = False) -> Bundle | None:
    """Train all stages; None where it was interrupted. The bundle of stage S stands in `run/S/bundle`."""
    finished = claim_run(run, recipe)
    if finished is not None:
        return finished
    torch.manual_seed(recipe.seed)
    net: dict[str, Any] = {
        "backbone": recipe.backbone,
        "hidden": recipe.hidden,
        "embedding": recipe.embedding,
        "dropout": recipe.dropout,
        "batch_norm": recipe.batch_norm,
    }
    model = PretrainingNet(**net)
    bundle: Bundle | None = None
    for number, stage in enumerate(recipe.stages, 1):
        so_far = recipe.model_copy(update={"stages": recipe.stages[:number]})
        folder = run if number == len(recipe.stages) else run / stage.name
        before, bundle = bundle, claim_run(folder, so_far)
        if bundle is None:
            data = StageData(stage, recipe.page, model.trunk.backbone, recipe.fold)
            task = StageTask(stage, model, data)
            result = fit(task, folder, recipe.seed, title=f"stage {stage.name}", quiet=quiet)
            if not result.finished:
                return None
            bundle = finish_run(
                folder,
                so_far,
                task.trained.state_dict(),
                data.sources,
                result,
                before,
                settings={
                    "net": net,
                    "page": recipe.page,
                    "share": stage.sources[0].share,
                    "down": stage.sources[0].down,
                },
                labels=[],
                calibration={},
                purpose="A trunk to start other trainings from.",
            )
        model.load_state_dict(bundle.weights)
    return bundle

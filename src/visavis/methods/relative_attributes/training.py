"""Two stages of training: the region by itself, then region and whole photo with the ranker begun anew."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.losses.following import following_loss
from visavis.losses.ranknet import ranking_hinge_loss, ranknet_loss
from visavis.methods.relative_attributes.box_log import BoxLog
from visavis.methods.relative_attributes.consistency import checked_pairs
from visavis.methods.relative_attributes.data import (
    PairBatch,
    PairData,
    Pairs,
    held_out_pairs,
    load_photos,
    pairs_of,
)
from visavis.methods.relative_attributes.model import RegionRanker
from visavis.methods.relative_attributes.protocol import accuracies, mean_accuracy
from visavis.methods.relative_attributes.recipe import Model, RankerRecipe
from visavis.methods.relative_attributes.scoring import judge
from visavis.methods.relative_attributes.start import place_boxes
from visavis.nets.imagenet import layout_and_file, load_weights, weights_source
from visavis.training.checkpoint import NAME as CHECKPOINT
from visavis.training.fit import fit
from visavis.training.run import claim_run, finish_run, starting_point, trunk_weights
from visavis.training.task import Task

FIRST_STAGE = "region"  # folder of the first stage in a run of two
BACKBONE = "backbone."  # of a trunk: what is taken over of it


class RankerTask(Task):
    """The ranking loss of the scores of pairs; `log` is told where the boxes lie meanwhile."""

    model: RegionRanker

    def __init__(
        self,
        recipe: RankerRecipe,
        model: RegionRanker,
        data: PairData,
        held_out: Pairs | None,
        log: BoxLog | None = None,
    ) -> None:
        super().__init__(model, recipe.schedule)
        self.recipe, self.data, self.held_out, self.log_of_boxes = recipe, data, held_out, log
        self.photos = data.photos
        model.frozen_statistics = recipe.frozen_statistics

    def draw(self, rng: np.random.Generator) -> PairBatch:
        return self.data.draw(self.recipe.schedule.batch, rng)

    def terms(self, batch: PairBatch) -> dict[str, Tensor]:
        """RankNet or the hinge; the mean scale of the boxes is logged beside it."""
        photos = torch.cat([self.photos(batch.first), self.photos(batch.second)])
        stacked = photos.contiguous(memory_format=torch.channels_last)
        judged = self.model(stacked, batch.attribute.repeat(2))
        first, second = judged.scores[:, 0].float().chunk(2)
        loss = ranknet_loss if self.recipe.loss == "ranknet" else ranking_hinge_loss
        ranking = loss(first, second, batch.target)
        terms = {"loss": ranking, "scale": judged.boxes[..., :2].detach().mean()}
        if self.recipe.follow and self.model.localiser is not None:
            terms["follow"] = following_loss(self.model.boxes, self.model.localiser.home, stacked)
            terms["loss"] = ranking + self.recipe.follow * terms["follow"]
        return terms

    def validate(self) -> dict[str, float]:
        """Mean accuracy over the attributes on the held-out ordered pairs."""
        if self.held_out is None:
            return {}
        model = self.trained
        assert isinstance(model, RegionRanker)
        judged = judge(model, self.photos.pages, self.recipe.model.views)
        return {"mean_accuracy": mean_accuracy(accuracies(self.held_out, judged.scores.numpy())).value}

    def on_train_start(self) -> None:
        if self.step == 0:
            self._look_at_boxes()

    def finish_step(self) -> None:
        super().finish_step()
        self._look_at_boxes()

    def _look_at_boxes(self) -> None:
        if self.log_of_boxes is not None and self.log_of_boxes.is_due(self.step):
            model = self.trained
            assert isinstance(model, RegionRanker)
            self.log_of_boxes.add(self.step, model, self.photos.pages)

    def rate_factor(self, name: str) -> float:
        rates = self.recipe.rates
        part = name.removeprefix("model.").split(".")
        if part[0] not in ("finder", "localiser"):
            return rates.ranker * (rates.reader if part[0] == "reader" else 1.0)
        return rates.localiser * (rates.scale if part[:2] == ["localiser", "scale"] else 1.0)


def train(recipe: RankerRecipe, run: Path, quiet: bool = False) -> Bundle | None:
    """Train a recipe in a run folder, or go on with it; None where it was interrupted before its end.

    A combined ranker with a localiser is trained after a first stage without the whole photo, in
    `run/region`, from which it takes the localiser; the ranker starts again, as in the authors' release.
    """
    if recipe.model.combined and recipe.model.region == "localised":
        region = recipe.model.model_copy(update={"combined": False})
        first = _train_stage(recipe.model_copy(update={"model": region}), run / FIRST_STAGE, quiet, None)
        return None if first is None else _train_stage(recipe, run, quiet, first)
    return _train_stage(recipe, run, quiet, None)


def _train_stage(recipe: RankerRecipe, run: Path, quiet: bool, before: Bundle | None) -> Bundle | None:
    finished = claim_run(run, recipe)
    if finished is not None:
        return finished
    data = open_dataset(recipe.data)
    pairs, held_out = pairs_of(data, "train", recipe.attributes), None
    notes = [] if data.pairs is None else checked_pairs(data).findings(pairs.names)
    if before is None:
        for note in notes:
            print(f"{data.name}: {note}", file=sys.stderr)
    if recipe.fold is not None:
        pairs, held_out = held_out_pairs(pairs, recipe.fold)
    net, model, start = build_model(recipe, len(pairs.names), before)
    options, (_, file) = recipe.model, layout_and_file(recipe.model.backbone)
    sources = [] if file is None else [weights_source(file)]
    photos = load_photos(pairs.items, options.page, options.share, options.down)
    # A run that goes on has its boxes in the checkpoint, and the search for them takes a minute.
    if before is None and not (run / CHECKPOINT).exists():
        place_boxes(options.start, model.eval(), pairs, photos, mirrored=recipe.augmentation.flip > 0)
    log = None
    if model.localiser is not None:
        log = BoxLog(run, pairs.items["id"].to_list(), pairs.names, recipe.schedule.steps)
    data_of_pairs = PairData(pairs, photos, model.side, recipe.augmentation, recipe.equal)
    task = RankerTask(recipe, model, data_of_pairs, held_out, log)
    stage = "region and whole" if model.combined else options.region
    result = fit(task, run, recipe.seed, title=f"{stage}, seed {recipe.seed}", quiet=quiet)
    if not result.finished:
        return None
    return finish_run(
        run,
        recipe,
        task.trained.state_dict(),
        [data],
        result,
        before,
        None if before else start,
        beside=sources,
        settings={"net": net} | options.model_dump(include={"page", "share", "down", "views"}),
        labels=pairs.names,
        calibration={},
        notes=notes,
        purpose="Says which of two photos shows more of an attribute, and in which region that is seen.",
    )


def build_model(
    recipe: RankerRecipe, attributes: int, before: Bundle | None
) -> tuple[dict[str, Any], RegionRanker, Bundle | None]:
    """The network's settings, the network as it starts, and the pre-training that it starts from, if any.

    Args:
        recipe: of the stage.
        attributes: K.
        before: bundle of the first stage, whose localiser is taken over.

    Raises:
        VisavisError: the backbone is unknown or does not read photos, the pre-training or the file of
            weights is of another one, or page or crops are not what it reads.
    """
    torch.manual_seed(recipe.seed)
    options = recipe.model
    backbone, start = starting_point(options.backbone)
    backbone, file = layout_and_file(backbone)
    net: dict[str, Any] = {"backbone": backbone, "attributes": attributes} | options.model_dump(
        exclude={"backbone", "start", "page", "share", "down", "views"}
    )
    model = RegionRanker(**net)
    _check(options, backbone, model)
    backbones = [part for part in (model.reader, model.finder) if part is not None]
    if file is not None:
        load_weights(file, [*backbones, model.head])
    if start is not None:
        weights = {
            name.removeprefix(BACKBONE): value
            for name, value in trunk_weights(start).items()
            if name.startswith(BACKBONE)
        }
        for part in backbones:
            part.load_state_dict(weights)
    if before is not None:
        own = {
            name: value
            for name, value in before.weights.items()
            if name.startswith(("finder.", "localiser."))
        }
        model.load_state_dict(own, strict=False)
    return net, model, start


def _check(options: Model, backbone: str, model: RegionRanker) -> None:
    """Raise VisavisError where backbone, page, crops and views do not fit each other."""
    if model.reader.colours == 1 and not backbone.startswith("timm:"):
        raise VisavisError(
            f"model.backbone: '{backbone}' reads line drawings; use colour, caffenet, alexnet, or timm:NAME"
        )
    if options.page < model.side:
        raise VisavisError(f"model.page: {options.page} px is less than the {model.side} that the net reads")
    if options.views > 2 and options.page == model.side:
        raise VisavisError(f"model.views: ten views need a page of more than {model.side} px; set model.page")
    if model.reader.hidden and model.crop_side != model.reader.side:
        raise VisavisError(
            f"model.crop_side: the fully connected layers of '{backbone}' read crops of "
            f"{model.reader.side} px; leave it out"
        )

"""The three tasks of Song et al. (BMVC 2016) as one loss, and the training of a bundle."""

from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.losses.attributes import attribute_cross_entropy, attribute_disagreement
from visavis.losses.contrastive import contrastive_loss
from visavis.losses.infonce import info_nce_loss
from visavis.losses.triplet import batch_triplet_loss, triplet_loss
from visavis.methods.sketch_retrieval.data import Tuple, TupleData, load_pages
from visavis.methods.sketch_retrieval.model import AttributeRanker, Encoding
from visavis.methods.sketch_retrieval.protocol import RetrievalSplit, evaluate_scores, fold_split
from visavis.methods.sketch_retrieval.recipe import Losses, SketchRecipe
from visavis.methods.sketch_retrieval.scoring import Scorer
from visavis.tables import DataSet
from visavis.training.fit import fit
from visavis.training.run import claim_run, finish_run, fitting_weights, starting_point
from visavis.training.task import Task


class SketchTask(Task):
    """Triplet ranking, attribute prediction, attribute ranking."""

    model: AttributeRanker

    def __init__(
        self,
        recipe: SketchRecipe,
        model: AttributeRanker,
        tuples: TupleData,
        held_out: RetrievalSplit | None,
    ) -> None:
        super().__init__(model, recipe.schedule)
        self.recipe, self.tuples, self.held_out = recipe, tuples, held_out
        self.sketches, self.photos = tuples.sketches.pages, tuples.photos.pages
        self.frozen = frozen_backbones(model) if recipe.model.frozen else []
        for backbone in self.frozen:
            backbone.requires_grad_(False)
        if held_out is not None:
            self.held_out_pages = tuple(
                load_pages(side, recipe.model.page, rgb)
                for side, rgb in ((held_out.queries, False), (held_out.gallery, recipe.model.photo_stem))
            )

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        for backbone in self.frozen:
            backbone.eval()  # batch statistics are frozen, too
        return self

    def draw(self, rng: np.random.Generator) -> Tuple:
        return self.tuples.draw(self.recipe.schedule.batch, rng)

    def terms(self, batch: Tuple) -> dict[str, Tensor]:
        """L = L_tri + l_a L_a + l_s L_p(s) + l_p+ L_p(p+) + l_p- L_p(p-); weight decay is the optimiser's."""
        branches = self._encode(batch)
        sketch, positive, negative = branches
        options = self.recipe.losses
        ranking = ranking_loss(options, branches, batch.items)
        side_tasks = {
            "attribute_ranking": attribute_disagreement(sketch.logits, positive.logits).mean(),
            "sketch_attributes": attribute_cross_entropy(sketch.logits, batch.sketch_attributes),
            "positive_attributes": attribute_cross_entropy(positive.logits, batch.positive_attributes),
        }
        if negative is not None:
            assert batch.negative_attributes is not None
            side_tasks["negative_attributes"] = attribute_cross_entropy(
                negative.logits, batch.negative_attributes
            )
        loss = ranking
        for name, term in side_tasks.items():
            if weight := getattr(options, name):  # without attributes a task has weight 0 and no value
                loss = loss + weight * term
        terms = {"ranking": ranking} | side_tasks
        return {"loss": loss} | {name: term.detach() for name, term in terms.items()}

    def validate(self) -> dict[str, float]:
        """acc@1, acc@10 and triplet accuracy of the held-out fold, scored by R_s."""
        if self.held_out is None:
            return {}
        model = self.trained
        assert isinstance(model, AttributeRanker)
        scorer = Scorer(model, self.recipe.losses.lambda_a)
        queries, gallery = self.held_out_pages
        metrics = evaluate_scores(self.held_out, scorer.scores(queries, gallery))
        return {name: metric.value for name, metric in metrics.items()}

    def _encode(self, batch: Tuple) -> "Branches":
        """One network on one stacked batch: the branches share every weight."""
        pages = [self.sketches(batch.sketches), self.model.page_of(self.photos(batch.positives))]
        if batch.negatives is not None:
            pages.append(self.model.page_of(self.photos(batch.negatives)))
        if self.model.photo_tower is None:
            encodings = [self._encode_stacked(pages)]
        else:
            encodings = [self._encode_stacked(pages[:1]), self._encode_stacked(pages[1:], photos=True)]
        embeddings = torch.cat([one.embedding for one in encodings]).float().chunk(len(pages))
        logits = torch.cat([one.logits for one in encodings]).float().chunk(len(pages))
        branches = [Encoding(*pair) for pair in zip(embeddings, logits, strict=True)]
        return Branches(branches[0], branches[1], branches[2] if len(branches) > 2 else None)

    def _encode_stacked(self, pages: list[Tensor], photos: bool = False) -> Encoding:
        stacked = torch.cat(pages).contiguous(memory_format=torch.channels_last)
        encoding: Encoding = self.model(stacked, photos)
        return encoding


def frozen_backbones(model: AttributeRanker) -> list[nn.Module]:
    """The convolutions of every tower."""
    towers = [model] if model.photo_tower is None else [model, model.photo_tower]
    return [tower.trunk.backbone for tower in towers]


class Branches(NamedTuple):
    """Encodings of the three branches; without a negative one where the batch itself is the negatives."""

    sketch: Encoding
    positive: Encoding
    negative: Encoding | None


def ranking_loss(options: Losses, branches: Branches, items: Tensor) -> Tensor:
    """The main task: the sketch is nearer to its photo than to another, given or of the batch."""
    sketch, positive = branches.sketch.embedding, branches.positive.embedding
    if options.ranking == "info_nce":
        return info_nce_loss(sketch, positive, temperature=options.temperature, labels=items)
    if options.ranking == "in_batch_triplet":
        return batch_triplet_loss(
            sketch, positive, margin=options.margin, squared=options.squared, labels=items
        )
    if options.ranking == "contrastive":
        return in_batch_contrastive_loss(options, sketch, positive, items)
    assert branches.negative is not None  # `build_task` has refused a recipe without one
    return triplet_loss(
        sketch, positive, branches.negative.embedding, margin=options.margin, squared=options.squared
    )


def in_batch_contrastive_loss(options: Losses, sketch: Tensor, photo: Tensor, items: Tensor) -> Tensor:
    """Every sketch with its own photo, and with that of the row before, which is another item's."""
    assert options.margin is not None  # `build_task` has refused a recipe without one
    same = torch.cat([torch.ones_like(items, dtype=torch.bool), items == items.roll(1)])
    pairs = torch.cat([sketch, sketch]), torch.cat([photo, photo.roll(1, 0)])
    return contrastive_loss(*pairs, same, margin=options.margin)


def build_task(recipe: SketchRecipe, data: DataSet, model: AttributeRanker) -> SketchTask:
    """Put a network, its tuples and the held-out fold together.

    Raises:
        VisavisError: the ranking loss does not fit the tuples, or the data lacks what they need.
    """
    if (recipe.losses.ranking == "triplet") != (recipe.tuples != "in_batch"):
        raise VisavisError(
            f"losses.ranking '{recipe.losses.ranking}' does not go with tuples '{recipe.tuples}': "
            f"'triplet' takes 'human' or 'attributes', the in-batch losses take 'in_batch'"
        )
    if recipe.losses.ranking == "contrastive" and recipe.losses.margin is None:
        raise VisavisError("losses.ranking 'contrastive' needs a margin; set losses.margin, for example to 1")
    if recipe.model.page < model.side:
        raise VisavisError(
            f"model.page: {recipe.model.page} px are fewer than the {model.side} px that the backbone reads; "
            f"set it to {model.side} or more"
        )
    if recipe.model.photo_stem and "edge" in recipe.photo_domains:
        raise VisavisError("model.photo_stem reads photos in colour; leave 'edge' out of photo_domains")
    if recipe.model.hog_weight and recipe.model.photo_stem:
        raise VisavisError("model.hog_weight needs edge maps as photo pages; set model.photo_stem to false")
    train, held_out = data.select(split="train"), None
    if recipe.fold is not None:
        train, held_out = fold_split(data, recipe.fold, recipe.photo_domains[0])
    tuples = TupleData(
        train,
        recipe.photo_domains,
        recipe.model.photo_stem,
        recipe.model.page,
        model.side,
        recipe.tuples,
        recipe.hard_ratio,
        (recipe.sketch_augmentation, recipe.photo_augmentation),
    )
    return SketchTask(recipe, model, tuples, held_out)


def build_model(
    recipe: SketchRecipe, attributes: int
) -> tuple[dict[str, Any], AttributeRanker, Bundle | None]:
    """The network's settings, the network as it starts, and the pre-training that it starts from, if any.

    Raises:
        VisavisError: the backbone is unknown, or the pre-training does not fit.
    """
    torch.manual_seed(recipe.seed)
    options = recipe.model
    backbone, start = starting_point(options.backbone)
    net: dict[str, Any] = {
        "backbone": backbone,
        "attributes": attributes,
        "embedding": options.embedding,
        "hidden": options.hidden,
        "dropout": options.dropout,
        "photo_stem": options.photo_stem,
        "two_towers": options.two_towers,
    }
    model = AttributeRanker(**net)
    if start is not None:
        model.load_state_dict(handed_on(start.weights, model), strict=False)
    return net, model, start


def train(recipe: SketchRecipe, run: Path, quiet: bool = False) -> Bundle | None:
    """Train a recipe in a run folder, or go on with it; None where it was interrupted before its end."""
    finished = claim_run(run, recipe)
    if finished is not None:
        return finished
    data = open_dataset(recipe.data)
    if not data.attributes:
        recipe = recipe.model_copy(update={"losses": recipe.losses.ranking_only()})
    net, model, start = build_model(recipe, len(data.attributes))
    task = build_task(recipe, data, model)
    result = fit(task, run, recipe.seed, title=f"{recipe.method} seed {recipe.seed}", quiet=quiet)
    if not result.finished:
        return None
    weights, calibration = task.trained.state_dict(), {"attribute_weight": recipe.losses.lambda_a}
    if recipe.model.hog_weight:
        weights |= task.tuples.hog_wccn().weights()
        calibration["hog_weight"] = recipe.model.hog_weight
    return finish_run(
        run,
        recipe,
        weights,
        [data],
        result,
        start=start,
        settings={"net": net, "page": recipe.model.page},
        labels=data.attributes,
        calibration=calibration,
        purpose="Ranks photos for a hand-drawn sketch of the very item, and reads its attributes.",
    )


def handed_on(weights: dict[str, Tensor], model: AttributeRanker) -> dict[str, Tensor]:
    """The weights of a pre-training that fit: always its backbone, further layers where of the same size.

    Raises:
        VisavisError: the backbone is another one.
    """
    fit = fitting_weights(weights, model)
    lost = [name for name in model.state_dict() if name.startswith("trunk.backbone.") and name not in fit]
    if lost:
        raise VisavisError(
            f"model.backbone: the pre-training has no {lost[0]} of this shape; it fits another net"
        )
    return fit

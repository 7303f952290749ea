"""The recipe of a sketch ranker."""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from visavis.methods.sketch_retrieval.data import Tuples
from visavis.training.augment import Augmentation
from visavis.training.recipe import Options, Recipe, Schedule


class Model(Options):
    """The network."""

    backbone: str = Field(
        "small", description="small, sketch-a-net, timm:NAME, or bundle:PATH of a pre-training"
    )
    embedding: PositiveInt = 256
    hidden: NonNegativeInt = Field(512, description="of the shared fully connected layer; 0 = none")
    dropout: float = Field(0.0, ge=0, lt=1)
    two_towers: bool = Field(False, description="a network for each side that shares nothing, as in 3DS")
    photo_stem: bool = Field(False, description="learn the photo page from RGB instead of edge maps")
    page: PositiveInt = Field(112, description="side of the pages kept in memory; cropped to the backbone's")
    hog_weight: float = Field(0.0, ge=0, lt=1, description="share of whitened HOG fused into the embedding")
    frozen: bool = Field(False, description="keep the backbone's convolutions as they are (Yu et al., 2016)")


class Losses(Options):
    """The overall loss of Song et al. (BMVC 2016); a weight of 0 switches its task off."""

    ranking: Literal["triplet", "in_batch_triplet", "info_nce", "contrastive"] = "triplet"
    margin: PositiveFloat | None = Field(0.3, description="of the hinge; null = soft margin, for triplets")
    squared: bool = Field(False, description="triplet on squared distances, as in CVPR 2016")
    temperature: PositiveFloat = 0.1
    attribute_ranking: float = Field(
        0.1, ge=0, description="lambda_a, of H(a(s), a(p+)), and of H in the score"
    )
    score_weight: float | None = Field(None, ge=0, description="lambda_a of the score alone, if another")
    sketch_attributes: float = Field(0.1, ge=0, description="lambda_s")
    positive_attributes: float = Field(0.1, ge=0, description="lambda_p+")
    negative_attributes: float = Field(0.1, ge=0, description="lambda_p-")

    @property
    def lambda_a(self) -> float:
        """Weight of the attribute disagreement H in the score R_s = D + lambda_a H."""
        return self.attribute_ranking if self.score_weight is None else self.score_weight

    def ranking_only(self) -> "Losses":
        """The main task alone, for data without attributes."""
        tasks = (
            "attribute_ranking",
            "score_weight",
            "sketch_attributes",
            "positive_attributes",
            "negative_attributes",
        )
        return self.model_copy(update=dict.fromkeys(tasks, 0.0))


class SketchRecipe(Recipe):
    """Everything that decides a training of `sketch_retrieval`."""

    photo_domains: list[str] = Field(["photo"], description="domains that feed the photo branch: edge, photo")
    fold: int | None = Field(None, ge=0, lt=5, description="hold out this fifth of the training items")
    tuples: Tuples = "in_batch"
    hard_ratio: float = Field(0.75, ge=0, le=1)
    model: Model = Model()
    losses: Losses = Losses()
    sketch_augmentation: Augmentation = Augmentation()
    photo_augmentation: Augmentation = Augmentation()
    schedule: Schedule

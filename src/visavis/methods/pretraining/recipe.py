"""The recipe of a pre-training: stages, each on its own data, handing the network on."""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from visavis.training.augment import Augmentation
from visavis.training.recipe import Options, Recipe, Schedule


class Source(Options):
    """Data of a stage: a set by name or path, and the domains of the two views of one item."""

    data: str
    anchors: list[str]
    positives: list[str]
    group: Literal["label", "item"] = Field(
        "label", description="what the two views share; item where labels are classes, not things"
    )
    share: float = Field(1.0, gt=0, description="of a photo's shorter side that is read, for nets in colour")
    down: float = Field(0.0, description="how far below the photo's middle that square lies, in its sides")


class Stage(Options):
    """One stage: tell every item from all others, read the items' labels, or read their attributes."""

    name: str
    objective: Literal["instances", "classes", "tags"] = "instances"
    sources: list[Source] = Field(min_length=1)
    temperature: PositiveFloat = 0.1
    closeness: float = Field(
        0.0,
        ge=0,
        description="classes: weight of the distance between features of one label, as of one person",
    )
    anchor_augmentation: Augmentation = Augmentation()
    positive_augmentation: Augmentation = Augmentation()
    schedule: Schedule


class PretrainingRecipe(Recipe):
    """Everything that decides a pre-training. `data` names the set that `evaluate` measures on."""

    backbone: str = "small"
    hidden: NonNegativeInt = 512
    batch_norm: bool = Field(False, description="of the fully connected layer, before its ReLU")
    embedding: PositiveInt = 256
    dropout: float = Field(0.0, ge=0, lt=1)
    page: PositiveInt = 112
    fold: int | None = Field(
        None, ge=0, lt=5, description="leave out this fifth of each source's training labels"
    )
    stages: list[Stage] = Field(min_length=1)

"""The recipe of a ranker of relative attributes."""

from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from visavis.methods.relative_attributes.model import Region
from visavis.nets.spatial_transformer import ScaleForm, Shape
from visavis.training.augment import Augmentation
from visavis.training.recipe import Options, Recipe, Schedule


class Model(Options):
    """The network."""

    backbone: str = Field(
        "colour",
        description="colour, caffenet, alexnet or timm:NAME; bundle:PATH of a pre-training, caffenet:PATH or "
        "alexnet:PATH of ImageNet weights",
    )
    region: Region = "localised"
    combined: bool = Field(True, description="also look at the whole photo; after a stage without it")
    initial_scale: PositiveFloat = Field(0.33, description="half side of the box at the start; 1 = the photo")
    start: str = Field(
        "middle",
        description="where boxes start: middle; best, where fixed boxes order most pairs; or run:PATH, where "
        "those of a trained ranker lie on average",
    )
    ratio: PositiveFloat = Field(0.05, description="m, between the scale and what is learned")
    shape: Shape = "square"
    scale_form: ScaleForm = Field("linear", description="log: a step changes any scale by the same factor")
    regions: PositiveInt = Field(1, description="boxes of an attribute")
    keep_inside: bool = True
    crop_side: PositiveInt | None = Field(None, description="pixels of the crops; null = the backbone's")
    zoom: PositiveInt = Field(1, description="crops are of photos so many times larger than is read whole")
    dropout: float = Field(0.0, ge=0, lt=1)
    page: PositiveInt = Field(104, description="side of the photos kept in memory; cropped to the backbone's")
    share: float = Field(1.0, gt=0, description="of a photo's shorter side that is read")
    down: float = Field(0.0, description="how far below the photo's middle that square lies, in its sides")
    views: Literal[2, 10] = Field(
        2,
        description="whose scores are averaged: middle and mirror image, or the corners' too",
    )


class Rates(Options):
    """Factors on the learning rate."""

    localiser: PositiveFloat = Field(0.1, description="of the localiser, its backbone included")
    scale: PositiveFloat = Field(1.0, description="of the scale, beside that of the localiser")
    ranker: PositiveFloat = 1.0
    reader: PositiveFloat = Field(1.0, description="of the ranker's backbone, beside that of the ranker")


class RankerRecipe(Recipe):
    """Everything that decides a training of `relative_attributes`."""

    attributes: list[str] | None = Field(None, description="to be learned together; null = all there are")
    loss: Literal["ranknet", "hinge"] = "ranknet"
    equal: float = Field(
        1.0, ge=0, description="how often an equal pair is drawn for each time that an ordered one is"
    )
    fold: int | None = Field(None, ge=0, lt=5, description="hold out the pairs of a tenth of the people")
    model: Model = Model()
    frozen_statistics: bool = Field(
        False, description="keep the pre-training's means and deviations of batch normalisation"
    )
    follow: float = Field(
        0.0, ge=0, description="weight of the demand that boxes follow a photo that is moved and scaled"
    )
    rates: Rates = Rates()
    augmentation: Augmentation = Augmentation()
    schedule: Schedule = Field(description="of each of the two stages, or of the only one")

"""The recipe of a reader of face attributes, and of what finds the face."""

from typing import Any, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from visavis.training.augment import Augmentation
from visavis.training.recipe import Options, Recipe, Schedule

Proposals = Literal["pyramid", "grid", "selective-search"]


class WindowShape(Options):
    """The window about a place of the response map, in pixels of the photo at the size that is seen.

    Chosen without boxes: on the mean of what lies about the places that were found in training photos.
    """

    width: PositiveFloat
    height: PositiveFloat
    right: float = 0.0
    down: float = 0.0


class LocaliserStage(Options):
    """LNet_o or LNet_s: where the face is, from tags of whole photos."""

    backbone: str = Field("lnet", description="lnet, colour, caffenet ..., or bundle:PATH of a pre-training")
    faceless: str | None = Field(None, description="data without faces, to be told from those with")
    presence: float = Field(0.3, ge=0, description="weight of telling them apart")
    without: float = Field(0.25, ge=0, lt=1, description="share of pictures without faces in a batch")
    page: PositiveInt = Field(192, description="side of the square that a photo or window is fitted into")
    around: PositiveFloat = Field(2.5, description="LNet_s: side of what it sees, in heights of the window")
    largest: PositiveFloat = Field(1.0, description="of the sizes at which a page is seen; 1 = as it is")
    step: PositiveFloat = Field(0.25, description="from one size to the next, in octaves")
    levels: PositiveInt = Field(9, description="number of sizes")
    sharpness: PositiveFloat = 8.0
    dropout: float = Field(0.3, ge=0, lt=1)
    window: WindowShape
    proposals: Proposals = Field(
        "pyramid",
        description="windows that compete: one at each place of each size, or many on the largest size "
        "alone, as in the paper: a dense grid of windows of this shape, or those of selective search",
    )
    augmentation: Augmentation = Augmentation()
    schedule: Schedule


class FaceSource(Options):
    """Faces to learn attributes from."""

    data: str = Field(description="that of the recipe if left out")
    aligned: bool = Field(True, description="faces at one place, or photos in which LNet finds them")
    share: PositiveFloat = Field(1.0, description="aligned: of the shorter side that is read")
    down: float = Field(0.0, description="aligned: how far below the middle that square lies, in its sides")


class ReaderStage(Options):
    """ANet: the attributes of a face."""

    backbone: str = Field("anet", description="anet, colour ..., or bundle:PATH of a pre-training")
    hidden: NonNegativeInt = Field(256, description="units of the fully connected layer; 0 = none")
    batch_norm: bool = Field(False, description="of the fully connected layer, before its ReLU")
    dropout: float = Field(0.3, ge=0, lt=1)
    sources: list[FaceSource] = Field(min_length=1)
    around: PositiveFloat = Field(1.7, description="side of what is read, in heights of LNet's window")
    page: PositiveInt = 104
    views: PositiveInt = Field(2, description="2, the middle and its mirror image, or 10, the corners' too")
    svm: PositiveFloat | None = Field(
        None, description="C of the linear SVMs that replace the output layer after training"
    )
    augmentation: Augmentation = Augmentation()
    schedule: Schedule


class JointStage(Options):
    """ANet and the LNet whose window it reads, trained on with one loss."""

    rate: float = Field(
        1.0, ge=0, description="learning rate of LNet, in those of ANet; 0 = it stays as it is"
    )
    weight: float = Field(1.0, ge=0, description="of LNet's own loss, so that it goes on finding faces")
    page: PositiveInt = Field(256, description="side at which ANet reads the square that LNet sees")
    schedule: Schedule = Schedule(
        steps=500, batch=128, learning_rate=1e-3, warmup=50, clip=1.0, bf16=True, average=0.99
    )


class FacesRecipe(Recipe):
    """Everything that decides a training of `face_attributes`; `data` has the photos of the localisers."""

    attributes: list[str] | None = Field(
        None, min_length=1, description="to be learned; null = all that the data have"
    )
    outer: LocaliserStage | None = Field(None, description="LNet_o, on whole photos")
    inner: LocaliserStage | None = Field(None, description="LNet_s, on the window of LNet_o")
    reader: ReaderStage | None = Field(None, description="ANet")
    joint: JointStage | None = Field(None, description="{} trains LNet and ANet on together, in RUN/joint")
    fold: int | None = Field(None, ge=0, lt=5, description="hold out a fifth of the people for validation")

    @model_validator(mode="before")
    @classmethod
    def _sources_of_the_data(cls, settings: Any) -> Any:
        """A source of faces that names no data has that of the recipe."""
        match settings:
            case {"data": data, "reader": {"sources": [*sources]} as reader}:
                named = [{"data": data, **one} if isinstance(one, dict) else one for one in sources]
                return {**settings, "reader": {**reader, "sources": named}}
        return settings

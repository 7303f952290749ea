"""The aligned faces that a study reads, of those that its recipe learns from."""

import polars as pl

from visavis.errors import VisavisError
from visavis.methods.face_attributes.data import training_part
from visavis.methods.face_attributes.evaluation import test_part
from visavis.methods.face_attributes.protocol import ALIGNED, ANY
from visavis.methods.face_attributes.recipe import FaceSource, FacesRecipe
from visavis.tables import DataSet


def aligned_source(recipe: FacesRecipe) -> FaceSource:
    """The first aligned faces that the recipe's ANet learns from.

    Raises:
        VisavisError: there are none.
    """
    sources = [] if recipe.reader is None else [one for one in recipe.reader.sources if one.aligned]
    if not sources:
        raise VisavisError(
            f"recipe '{recipe.name}' reads no aligned faces; give reader a source with aligned: true"
        )
    return sources[0]


def aligned_protocol(source: FaceSource) -> str:
    """The protocol under which these faces are read as they are."""
    return ALIGNED if source.data == "celeba" else ANY


def three_parts(
    data: DataSet, fold: int | None, chosen: str
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Items to learn from, to choose something on, and to test on; `chosen` says what that is.

    Raises:
        VisavisError: there are none to choose on, or none to test on.
    """
    train, validation = training_part(data, fold)
    if validation.is_empty():
        raise VisavisError(f"{data.name}: nothing to choose {chosen} on; mark items with split 'validation'")
    return train, validation, test_part(data)

"""The aligned faces that a study reads, of those that its recipe learns from."""

from visavis.errors import VisavisError
from visavis.methods.face_attributes.protocol import ALIGNED, ANY
from visavis.methods.face_attributes.recipe import FaceSource, FacesRecipe


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

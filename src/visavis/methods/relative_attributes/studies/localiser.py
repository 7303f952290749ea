"""Study `localiser`: "What does the localization network actually learn?", the slides' question, in maps."""

from pathlib import Path

from visavis import images
from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.features.frames import read_frames
from visavis.methods.relative_attributes.data import pairs_of
from visavis.methods.relative_attributes.evaluation import evaluate
from visavis.methods.relative_attributes.framed import Frames
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.sensitivity import activation, occlusion
from visavis.methods.relative_attributes.studies.localiser_sheet import Looked, draw, sentence
from visavis.methods.relative_attributes.training import train
from visavis.records import ResultRecord
from visavis.tables import spread_rows
from visavis.training.augment import as_batch, centre_crop
from visavis.training.results import summarise

ASKED = ("baldhead", "eyesopen", "mouthopen")  # the slides' attributes; of other models the first ones
PHOTOS, CELL = 5, 150  # test photos, taken evenly; pixels


def study(
    recipe: RankerRecipe, seeds: list[int], run: Path, command: str, quiet: bool
) -> ResultRecord | None:
    """Draw `run/localiser-ATTRIBUTE.png`: where the localiser's backbone is active, and on which parts of a
    photo its boxes depend. Trains the recipe in `run`, for the first seed, where its bundle does not stand.

    None where the training was interrupted.

    Raises:
        VisavisError: the recipe has no localiser.
    """
    region = recipe.model.region
    if region != "localised":
        raise VisavisError(f"model.region: '{region}' has no localiser to look at; use localised")
    bundle = train(recipe.model_copy(update={"seed": seeds[0]}), run, quiet)
    if bundle is None:
        return None
    told = []
    for name, (looked, frames) in look(bundle).items():
        images.save(run / f"localiser-{name}.png", draw(name, looked, frames))
        told.append(f"{name}: {sentence(looked)}")
    record = summarise([bundle], [evaluate(bundle, None, None)], command)
    return record.model_copy(update={"answers": told})


def look(bundle: Bundle) -> dict[str, tuple[Looked, Frames]]:
    """Up to three attributes of a bundle, looked at in the same test photos."""
    ranker = AttributeRanker(bundle)
    model = ranker.model
    assert model.finder is not None
    assert model.localiser is not None
    model.localiser.keeps_inside = False  # the gradient is to be the boxes', not that of drawing them back
    items = pairs_of(open_dataset(bundle.config.recipe["data"]), "test", ranker.attributes).items
    chosen = spread_rows(len(items), PHOTOS).tolist()
    paths = items["path"].gather(chosen).to_list()
    photos = centre_crop(as_batch(read_frames(paths, ranker.page, *ranker.frame)), model.side)
    boxes, covered = model.boxes(photos).detach(), occlusion(model.boxes, photos)
    found = {}
    for name in [name for name in ASKED if name in ranker.attributes] or ranker.attributes[: len(ASKED)]:
        k = ranker.attributes.index(name)
        active = activation(model.finder, model.localiser, photos, k)
        looked = Looked(paths, boxes[:, k], active, covered.moved[:, k], covered.grown[:, k])
        found[name] = looked, Frames(ranker, CELL)
    return found

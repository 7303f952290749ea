"""Study `detector`: the paper's column of a detector, trained on boxes, and the same ANet behind it."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from visavis import images
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.face_attributes.data import tags_of, training_part
from visavis.methods.face_attributes.evaluation import box_truth, evaluate, test_part
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.protocol import END_TO_END, LOCALISATION, BoxTruth, TagTruth
from visavis.methods.face_attributes.recipe import FacesRecipe
from visavis.methods.face_attributes.scoring import Windows
from visavis.methods.face_attributes.studies.cascade_boxes import cascade_windows, fit_cascade, read_behind
from visavis.methods.face_attributes.studies.joined import joined, without_attributes
from visavis.methods.face_attributes.training import train
from visavis.metrics.boxes import intersection_over_union
from visavis.metrics.detection import RATES, recall_curve
from visavis.metrics.evaluation import Evaluation, gains_over_seeds, over_seeds, peers_over_seeds
from visavis.pictures.canvas import Picture
from visavis.pictures.curve import Points, detection_curve
from visavis.records import ResultRecord
from visavis.training.results import summarise

LNET, RAW, SHAPED = "LNet", "LBP cascade", "LBP cascade in LNet's shape"
PICTURE = "detector.png"


class Found(NamedTuple):
    """The best window of each test photo, and the scores of the pictures without faces."""

    photos: Windows
    without: Float[np.ndarray, " M"]


def study(recipe: FacesRecipe, seeds: list[int], run: Path, command: str, quiet: bool) -> ResultRecord | None:
    """LNet against the LBP cascade: where they find faces, and what the same ANet reads there.

    ANet has learned from LNet's windows. So a box of the cascade is first brought into their shape, by a
    shift and a scale that are the same for all photos; no box was used to choose them. A photo in which the
    cascade finds nothing is read whole. The gains are those of LNet over this. Of the run of the first seed,
    which is trained where it does not stand; None where that was interrupted.

    Raises:
        VisavisError: the recipe lacks LNet or ANet.
    """
    if recipe.outer is None or recipe.reader is None:
        raise VisavisError(f"recipe '{recipe.name}' has not both outer and reader; give a whole system")
    bundle = train(recipe.model_copy(update={"seed": seeds[0]}), run, quiet)
    if bundle is None:
        return None
    reader, data = FaceReader(bundle), open_dataset(recipe.data)
    items = test_part(data)
    truth = box_truth(data, items)
    raw = Found(cascade_windows(truth.paths), cascade_windows(truth.without).scores)
    fitted = fit_cascade(reader, training_part(data, recipe.fold)[0]["path"].to_list())
    shaped = fitted.fit.windows(raw.photos.boxes)
    found = {
        LNET: Found(reader.windows(truth.paths), reader.windows(truth.without).scores),
        RAW: raw,
        SHAPED: Found(Windows(shaped, raw.photos.scores), raw.without),
    }
    images.save(run / PICTURE, draw(truth, found))

    digest, names = data.digest(), reader.attributes
    located = {
        name: Evaluation(LOCALISATION, data.name, digest, truth.measure(*one.photos, one.without))
        for name, one in found.items()
    }
    tags = TagTruth.of(items, names, tags_of(items, names))
    read = tags.measure(read_behind(reader, truth.paths, shaped), bundle.config.calibration)
    end_to_end = evaluate(bundle, None, END_TO_END)
    own = joined(end_to_end, located[LNET])
    behind = joined(Evaluation(END_TO_END, data.name, digest, read), located[SHAPED])
    gains = gains_over_seeds([without_attributes(own)], [without_attributes(behind)])
    peers = {
        f"{SHAPED}, same ANet": over_seeds([behind]) | gains,
        f"{RAW}, its own boxes": over_seeds([located[RAW]]),
        **peers_over_seeds([end_to_end]),
    }
    missed, mistaken = np.isnan(raw.photos.scores).sum(), (~np.isnan(raw.without)).sum()
    told = [
        f"the cascade finds no face in {missed} of {len(truth.paths)} photos, which are read whole, and one "
        f"in {mistaken} of {len(truth.without)} pictures without",
        str(fitted),
    ]
    return summarise([bundle], [own], command, peers).model_copy(update={"answers": told})


def draw(truth: BoxTruth, found: dict[str, Found]) -> Picture:
    """Recall against false positives, on the photos with one face and the pictures without."""
    curves: dict[str, Points] = {}
    for name, (photos, without) in found.items():
        overlaps = intersection_over_union(photos.boxes, truth.boxes)
        one = recall_curve(photos.scores[truth.single], overlaps[truth.single], without)
        curves[name] = one.false_positives, one.recall
    return detection_curve(curves, marked=RATES, title="Faces found, overlap 0.5 or more")

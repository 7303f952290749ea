"""Study `detector`: the paper's column of a detector, trained on boxes, and the same ANet behind it."""

from pathlib import Path

import numpy as np

from visavis import images
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.face_attributes.data import tags_of, training_part
from visavis.methods.face_attributes.evaluation import (
    evaluate,
    pictures_without,
    search_for_faces,
    test_part,
)
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.protocol import END_TO_END, LOCALISATION, TagTruth
from visavis.methods.face_attributes.recipe import FacesRecipe
from visavis.methods.face_attributes.scoring import Windows
from visavis.methods.face_attributes.studies.arms import check_whole, trained
from visavis.methods.face_attributes.studies.cascade_boxes import cascade_windows, fit_cascade, read_behind
from visavis.methods.face_attributes.studies.joined import joined, without_attributes
from visavis.metrics.detection import RATES, recall_curve
from visavis.metrics.evaluation import Evaluation, gains_over_seeds, over_seeds, peers_over_seeds
from visavis.pictures.curve import detection_curve
from visavis.records import ResultRecord
from visavis.training.results import summarise

LNET, RAW, SHAPED = "LNet", "LBP cascade", "LBP cascade in LNet's shape"
PICTURE = "detector.png"


def study(recipe: FacesRecipe, seeds: list[int], run: Path, command: str, quiet: bool) -> ResultRecord | None:
    """LNet against the LBP cascade: where they find faces, and what the same ANet reads there.

    ANet has learned from LNet's windows. So a box of the cascade is first brought into their shape, by a
    shift and a scale that are the same for all photos; no box was used to choose them. A photo in which the
    cascade finds nothing is read whole. The gains are those of LNet over this. Of the run of the first seed,
    which is trained where it does not stand; None where that was interrupted.

    Raises:
        VisavisError: the recipe lacks LNet, ANet or pictures without faces, or its test photos have no boxes.
    """
    check_whole(recipe)
    without = pictures_without(recipe.model_dump())
    if not without:
        raise VisavisError(
            "outer.faceless: names no pictures without faces of split 'test', in which a detector is mistaken"
        )
    bundle = trained(recipe.model_copy(update={"seed": seeds[0]}), run, quiet)
    if bundle is None:
        return None
    reader, data = FaceReader(bundle), open_dataset(recipe.data)
    items = test_part(data)
    paths, names = items["path"].to_list(), reader.attributes
    raw = search_for_faces(cascade_windows, data, items, without)
    fitted = fit_cascade(reader, training_part(data, recipe.fold)[0]["path"].to_list())
    windows = Windows(fitted.fit.windows(raw.found.boxes), raw.found.scores)
    found = {
        LNET: search_for_faces(reader.windows, data, items, without),
        RAW: raw,
        SHAPED: raw._replace(found=windows),
    }
    curves = {name: recall_curve(*one.rated()) for name, one in found.items()}
    drawn = {name: (one.false_positives, one.recall) for name, one in curves.items()}
    images.save(run / PICTURE, detection_curve(drawn, marked=RATES, title="Faces found, overlap 0.5 or more"))

    end_to_end = evaluate(bundle, recipe.data, END_TO_END)
    digest = end_to_end.data_digest
    located = {
        name: Evaluation(LOCALISATION, data.name, digest, one.measure()) for name, one in found.items()
    }
    tags = TagTruth.of(items, names, tags_of(items, names))
    read = tags.measure(read_behind(reader, paths, windows.boxes), bundle.config.calibration)
    own = joined(end_to_end, located[LNET])
    behind = joined(Evaluation(END_TO_END, data.name, digest, read), located[SHAPED])
    gains = gains_over_seeds([without_attributes(own)], [without_attributes(behind)])
    peers = {
        f"{SHAPED}, same ANet": over_seeds([behind]) | gains,
        f"{RAW}, its own boxes": over_seeds([located[RAW]]),
        **peers_over_seeds([end_to_end]),
    }
    missed, mistaken = np.isnan(raw.found.scores).sum(), (~np.isnan(raw.faceless.scores)).sum()
    told = [
        f"the cascade finds no face in {missed} of {len(paths)} photos, which are read whole, and one in "
        f"{mistaken} of {len(raw.faceless.scores)} pictures without",
        str(fitted),
    ]
    return summarise([bundle], [own], command, peers).model_copy(update={"answers": told})

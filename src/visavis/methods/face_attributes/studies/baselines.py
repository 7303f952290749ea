"""Study `baselines`: what the paper compares with, on aligned faces and without a network."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float

from visavis.datasets import open_dataset
from visavis.methods.face_attributes.baselines import LEARNERS, Faces, face_parts, learn, whole_faces
from visavis.methods.face_attributes.calibration import choose_thresholds, probabilities
from visavis.methods.face_attributes.data import check_tags, tags_of
from visavis.methods.face_attributes.evaluation import MAJORITY
from visavis.methods.face_attributes.protocol import TagTruth, majority
from visavis.methods.face_attributes.recipe import FacesRecipe
from visavis.methods.face_attributes.studies.aligned import aligned_protocol, aligned_source, three_parts
from visavis.metrics.evaluation import Evaluation
from visavis.records import ResultRecord
from visavis.training.results import summarise_untrained

FACE, PARTS = "HOG, Lab", "HOG, Lab of five parts"
LOGISTIC, WEIGHTED, SVM = LEARNERS
ARMS = ((FACE, LOGISTIC), (FACE, WEIGHTED), (FACE, SVM), (PARTS, LOGISTIC), (PARTS, WEIGHTED))


def study(recipe: FacesRecipe, seeds: list[int], run: Path, command: str, quiet: bool) -> ResultRecord:
    """Linear learners on HOG and colour of the whole face and of its parts, and always the majority.

    Of the recipe only the aligned faces matter. C and thresholds are chosen on the validation part. No
    network is trained, so neither seeds nor the run folder matter.

    Raises:
        VisavisError: there are no aligned faces, or none to validate on.
    """
    started = time.monotonic()
    source = aligned_source(recipe)
    data = open_dataset(source.data)
    names = check_tags(data, None, recipe.attributes)
    parts = three_parts(data, recipe.fold, "C")
    train, validation, test = (tags_of(items, names) for items in parts)
    truth = TagTruth.of(parts[-1], names, test)
    readers: dict[str, Callable[[list[str]], Float[np.ndarray, "N D"]]] = {
        FACE: lambda paths: whole_faces(paths, source.share, source.down),
        PARTS: face_parts,
    }
    features = {name: [read(items["path"].to_list()) for items in parts] for name, read in readers.items()}
    figures = {MAJORITY: truth.measure(majority(train, len(test)), {})}
    chosen = []
    for seen, learner in ARMS:
        known, held_out, asked = features[seen]
        found = learn(LEARNERS[learner], Faces(known, train), Faces(held_out, validation), asked)
        thresholds = choose_thresholds(names, probabilities(names, found.validation, {}), validation)
        figures[f"{seen} + {learner}"] = truth.measure(found.test, thresholds)
        chosen.append(f"{found.penalty:.1g} of {seen} + {learner}")
    protocol, digest = aligned_protocol(source), data.digest()
    first = f"{FACE} + {LOGISTIC}"
    evaluations = {name: Evaluation(protocol, data.name, digest, one) for name, one in figures.items()}
    record = summarise_untrained(recipe.method, first, evaluations.pop(first), command, started, evaluations)
    told = f"C chosen on {len(validation)} validation faces: {', '.join(chosen)}"
    return record.model_copy(update={"answers": [told]})

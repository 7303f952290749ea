"""Study `pretraining`: LNet and ANet each from nothing, from objects and from identities.

The paper's first claim: both gain, from different pre-trainings, LNet from objects and ANet from identities.
"""

from pathlib import Path

from visavis.bundle import Bundle
from visavis.methods.face_attributes.protocol import LOCALISATION
from visavis.methods.face_attributes.recipe import FacesRecipe
from visavis.methods.face_attributes.studies.aligned import aligned_protocol, aligned_source
from visavis.methods.face_attributes.studies.arms import Arm, localiser_alone, train_arm
from visavis.methods.face_attributes.studies.joined import joined, without_attributes
from visavis.methods.face_attributes.studies.starts import (
    IDENTITIES,
    OBJECTS,
    STARTS,
    backbone_of,
    starts_of,
)
from visavis.metrics.evaluation import Evaluation, gains_over_seeds, over_seeds
from visavis.records import ResultRecord
from visavis.training.results import summarise

PARTS = {"outer": "LNet_o", "reader": "ANet"}
WATCHED = {"outer": "recall@0.5", "reader": "balanced_accuracy_at_thresholds"}

Arms = dict[str, dict[str, Arm]]


def study(recipe: FacesRecipe, seeds: list[int], run: Path, command: str, quiet: bool) -> ResultRecord | None:
    """Localisation of LNet_o by itself, and what ANet reads of aligned faces, from each of three starts.

    All arms of a part are trained as long. The record is LNet from objects and ANet from identities, as the
    paper has it, its peers are both from the same start, and the gains are those of the record over them.
    Runs stand in `run/PART-from-START/seed-N`, pre-trainings that are not given beside them (`starts.py`);
    None where it was interrupted.

    Raises:
        VisavisError: the recipe lacks LNet_o, or an ANet that reads aligned faces; or its test photos have no
            boxes to compare with.
    """
    source, (alone, _) = aligned_source(recipe), localiser_alone(recipe)
    assert recipe.reader is not None
    reader = recipe.reader.model_copy(update={"sources": [source]})
    parts = {
        "outer": (alone, recipe.data, LOCALISATION),
        "reader": (
            recipe.model_copy(update={"outer": None, "inner": None, "joint": None, "reader": reader}),
            source.data,
            aligned_protocol(source),
        ),
    }
    arms: Arms = {}
    starts: dict[str, dict[str, Bundle | None]] = {}
    for part, (learned, data, protocol) in parts.items():
        found = starts_of(learned, part, run, quiet)
        if found is None:
            return None
        starts[part], arms[part] = found, {}
        for start, bundle in found.items():
            backbone = {"backbone": backbone_of(learned, part, bundle)}
            changed = learned.model_copy(update={part: getattr(learned, part).model_copy(update=backbone)})
            folder = run / f"{part}-from-{start}"
            arm = train_arm(changed, seeds, folder, quiet, data, protocol)
            if arm is None:
                return None
            arms[part][start] = arm
    own = table_row(arms, OBJECTS, IDENTITIES)
    peers = {}
    for start in STARTS:
        row = table_row(arms, start, start)
        peers[f"both from {start}"] = over_seeds(row) | gains_over_seeds(own, row)
    record = summarise(arms["outer"][OBJECTS].bundles, own, command, peers)
    read = summarise(arms["reader"][IDENTITIES].bundles, arms["reader"][IDENTITIES].evaluations, command)
    return record.model_copy(
        update={
            "recipe": f"{record.recipe}, LNet from objects and ANet from identities",
            "minutes": round(record.minutes + read.minutes, 1),
            "answers": answers(arms, starts),
        }
    )


def table_row(arms: Arms, finds: str, reads: str) -> list[Evaluation]:
    """For each seed the localisation of LNet from one start and the reading of ANet from another."""
    pairs = zip(arms["outer"][finds].evaluations, arms["reader"][reads].evaluations, strict=True)
    return [without_attributes(joined(found, read)) for found, read in pairs]


def answers(arms: Arms, starts: dict[str, dict[str, Bundle | None]]) -> list[str]:
    """What each part reaches from each start, and how long the pre-trainings were."""
    told = []
    for part, metric in WATCHED.items():
        reached = [
            f"{100 * over_seeds(arm.evaluations)[metric].mean:.1f} from {start}"
            for start, arm in arms[part].items()
        ]
        told.append(f"{PARTS[part]}, {metric}: {', '.join(reached)}")
    lengths = [
        f"{PARTS[part]} from {kind} {bundle.config.training['steps']} steps in "
        f"{bundle.config.training['minutes']:g} minutes"
        for part, kinds in starts.items()
        for kind, bundle in kinds.items()
        if bundle is not None
    ]
    return [*told, f"pre-training: {', '.join(lengths)}"]

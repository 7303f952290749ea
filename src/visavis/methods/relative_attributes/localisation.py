"""Protocol `parts`: does the box of an attribute lie where it is seen?

Counted are photos of split test on which the part that shows the attribute (`PART_OF`) has a box. `pointing`:
the centre of the model's box lies in that of the part; `iou`: intersection over union of the two; the mean
over its boxes where an attribute has several. First come the means over attributes, then each of them.
Intervals are over labels, as frames of one person are alike.

Beside it stand two peers that look at no photo: the model's mean box over the photos of split train, and a
box of that size in the middle of the frame. What a model gains over the first, paired by label, is what it
knows of where things are in this very photo; the rest is where they are as a rule.
"""

from dataclasses import replace

import numpy as np
import polars as pl
from jaxtyping import Float, Int

from visavis.bundle import Bundle
from visavis.errors import VisavisError
from visavis.methods.relative_attributes.located import as_trained, boxes_of, part_boxes
from visavis.methods.relative_attributes.protocol import PARTS
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.metrics.boxes import intersection_over_union, points_at
from visavis.metrics.evaluation import Evaluation, PerQuery
from visavis.synth import faces, shoes
from visavis.tables import DataSet

MEASURES = {"pointing": points_at, "iou": intersection_over_union}
PART_OF = (
    shoes.PART_OF
    | faces.PART_OF
    | {"mouthopen": "mouth", "v_teeth": "mouth", "eyesopen": "eyes"}  # of LFW-10, beside `smile`
)
"""Attribute -> the part that shows it."""


def evaluate_boxes(bundle: Bundle, data: DataSet) -> Evaluation:
    """Measure the boxes of a bundle on the test photos of data with parts.

    Raises:
        VisavisError: the data has no boxes of parts that show an attribute of the bundle, or no photos of
            several labels in split test, or none in split train.
    """
    ranker = as_trained(bundle, data)
    numbers = seen_attributes(ranker, data)
    items = counted_photos(data)
    labels = items.select(pl.coalesce("label", "id").rank("dense") - 1).to_series().to_numpy().astype(int)
    if labels.max() == 0:
        raise VisavisError(
            f"{data.name}: all test photos have one label, but intervals are over labels; give them several"
        )
    truth = true_boxes(ranker, data, items, list(numbers))

    def measured(boxes: Float[np.ndarray, "N K R 4"]) -> dict[str, PerQuery]:
        found = {name: boxes[:, number] for name, number in numbers.items()}
        return measure_boxes(found, truth, labels)

    found = boxes_of(ranker, items)
    own = measured(found)
    peers = {}
    for peer, boxes in peer_boxes(ranker, data, found).items():
        theirs = measured(boxes)
        gains = {f"gain_{name}": replace(one, sums=one.sums - theirs[name].sums) for name, one in own.items()}
        peers[f"{peer}, {bundle.config.recipe['name']}"] = theirs | gains
    return Evaluation(PARTS, data.name, data.digest(), own, peers=peers)


def seen_attributes(ranker: AttributeRanker, data: DataSet) -> dict[str, int]:
    """Attributes of the ranker that a part of the data shows, with their numbers.

    Raises:
        VisavisError: there is none.
    """
    if data.parts is None:
        raise VisavisError(
            f"{data.name}: has no boxes of parts; name other data such as face-landmarks, or put a table "
            "NAME.parts.csv with columns id, part, x, y, w, h beside that of the items"
        )
    known = set(data.parts.filter(pl.col("id").is_in(counted_photos(data)["id"].implode()))["part"])
    seen = {name: n for n, name in enumerate(ranker.attributes) if PART_OF.get(name) in known}
    if not seen:
        raise VisavisError(
            f"{data.name}: its parts in test photos ({', '.join(sorted(known)) or 'none'}) show no attribute "
            f"of the model ({', '.join(ranker.attributes)})"
        )
    return seen


def true_boxes(
    ranker: AttributeRanker, data: DataSet, items: pl.DataFrame, attributes: list[str]
) -> dict[str, Float[np.ndarray, "N 4"]]:
    """Boxes of the parts that show the attributes, as `part_boxes` gives them."""
    assert data.parts is not None  # or `seen_attributes` had found none
    return {name: part_boxes(ranker, items, data.parts, PART_OF[name]) for name in attributes}


def counted_photos(data: DataSet) -> pl.DataFrame:
    """The photos that are counted, where the part in question is on them."""
    return data.items.filter(domain="photo", split="test")


def peer_boxes(
    ranker: AttributeRanker, data: DataSet, found: Float[np.ndarray, "N K R 4"]
) -> dict[str, Float[np.ndarray, "N K R 4"]]:
    """Boxes that do not depend on the photo, in the shape of those that the model found.

    Raises:
        VisavisError: there are no photos in split train.
    """
    train = data.items.filter(domain="photo", split="train")
    if train.is_empty():
        raise VisavisError(
            f"{data.name}: no photo is of split train, but the constant box is the mean over these"
        )
    boxes = boxes_of(ranker, train)
    mean = boxes[0] + (boxes - boxes[0]).mean(axis=0)  # of equal boxes that very box, to the last bit
    size = mean[..., 2:]
    middle = np.concatenate([(1 - size) / 2, size], axis=-1)
    peers = {"constant box": mean, "box in the middle": middle}
    return {name: np.broadcast_to(box, found.shape) for name, box in peers.items()}


def measure_boxes(
    found: dict[str, Float[np.ndarray, "N R 4"]],
    truth: dict[str, Float[np.ndarray, "N 4"]],
    labels: Int[np.ndarray, " N"],
) -> dict[str, PerQuery]:
    """`pointing` and `iou` of the boxes of attributes: means over them, then of each attribute.

    Args:
        found: R boxes of each photo, by attribute.
        truth: the box of the part, by attribute; NaN where it is not there.
        labels: numbers from 0; photos of one make up a query together.
    """
    of_attributes = {
        f"{name}_{measure}": _per_label(function(boxes, truth[name][:, None]).mean(axis=1), labels)
        for name, boxes in found.items()
        for measure, function in MEASURES.items()
    }
    means = {}
    for measure in MEASURES:
        own = [of_attributes[f"{name}_{measure}"] for name in found]
        sums, counts = ([getattr(one, part) for one in own] for part in ("sums", "counts"))
        means[measure] = PerQuery(np.mean(sums, axis=0), np.mean(counts, axis=0), len(labels))
    return means | of_attributes


def _per_label(values: Float[np.ndarray, " N"], labels: Int[np.ndarray, " N"]) -> PerQuery:
    """The mean of the values that are known, as sums over labels."""
    known = ~np.isnan(values)
    weight = known / known.sum()
    queries = int(labels.max()) + 1
    sums = np.bincount(labels, np.where(known, values, 0) * weight, queries)
    return PerQuery(sums, np.bincount(labels, weight, queries), int(known.sum()))

"""Video frames of faces with 68 landmarks: where eyes and mouth lie, and how wide they are open.

`face-landmarks/`: `images/*.webp` and `landmarks.csv` (image, person, split, x1, y1, ..., x68, y68). Frames
of the YouTube Faces database (Wolf, Hassner and Maoz, CVPR 2011), points of the course material of Udacity.
The split is by person.
"""

from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Float

from visavis.datasets.official import existing, malformed, reading
from visavis.tables import ATTRIBUTE, PART_BOX, DataSet

TERMS = (
    "For research and testing only, no redistribution, no commercial use, nothing that identifies people; "
    "the people shown did not agree to this use. Cite Wolf et al., CVPR 2011."
)
SPLITS = ("train", "test")
POINTS = 68
LEFT_EYE, RIGHT_EYE, MOUTH = slice(36, 42), slice(42, 48), slice(48, 68)  # of the picture, not of the person
LIPS = (62, 66)  # the middles of the inner lips, above and below
LIDS = ((37, 41), (38, 40), (43, 47), (44, 46))  # points above and below each other, two pairs an eye
EYES_MARGIN = 0.1  # of the box's width, on all sides: lid points alone leave lashes and creases out
WIDE_MOUTH, WIDE_EYES = (
    0.3,
    0.2,
)  # opening by the eyes' distance that counts as 1; 4 and 0.3 % of the frames have more

Points = Float[np.ndarray, "N 68 2"]


def read(root: Path) -> DataSet:
    """Read `root`/face-landmarks: 2,000 frames with the person as label, of splits train and test.

    `parts` are the mouth (the box around points 49-68) and the eyes (both in one, the box around points 37-48
    with a margin of a tenth of its width on all sides). Attributes `mouth_opening` and `eye_opening` follow
    from the points: distance of the inner lips, mean distance of the lids, each as a share of the distance of
    the eyes' centres, divided by `WIDE_MOUTH` or `WIDE_EYES` and cut at 1.

    Args:
        root: the folder that holds `face-landmarks`.

    Raises:
        VisavisError: something is missing or malformed; the sentence names the file.
    """
    folder = existing(root / "face-landmarks")
    path = existing(folder / "landmarks.csv")
    places = [f"{axis}{number}" for number in range(1, POINTS + 1) for axis in "xy"]
    types = dict.fromkeys(("image", "person", "split"), pl.String) | dict.fromkeys(places, pl.Float64)
    with reading(path):
        table = pl.read_csv(path, columns=list(types), schema_overrides=types, glob=False)
    if others := set(table["split"]) - set(SPLITS):
        raise malformed(path, f"split '{min(map(str, others))}' is none of {', '.join(SPLITS)}")
    if twice := table["image"].filter(table["image"].is_duplicated()).to_list():
        raise malformed(path, f"image '{twice[0]}' stands in two rows")
    points: Points = table.select(places).to_numpy().reshape(-1, POINTS, 2)
    apart = _length(points[:, LEFT_EYE].mean(axis=1) - points[:, RIGHT_EYE].mean(axis=1))
    if not (np.isfinite(points).all() and apart.all()):
        raise malformed(path, "a point is missing, or both eyes are at one place")
    images = existing(folder / "images")
    items = table.select(
        pl.col("image").alias("id"),
        pl.Series("path", [str(existing(images / name)) for name in table["image"]], pl.String),
        pl.lit("photo").alias("domain"),
        pl.col("person").alias("label"),
        "split",
        *(
            pl.Series(f"{ATTRIBUTE}{name}", strength, pl.Float32)
            for name, strength in _openings(points, apart).items()
        ),
    )
    return DataSet("face-landmarks", items, parts=_parts(items["id"], points), terms=TERMS)


def _openings(points: Points, apart: Float[np.ndarray, " N"]) -> dict[str, Float[np.ndarray, " N"]]:
    """Strengths in 0..1 of `mouth_opening` and `eye_opening`."""
    mouth = _length(points[:, LIPS[0]] - points[:, LIPS[1]])
    eyes = np.mean([_length(points[:, above] - points[:, below]) for above, below in LIDS], axis=0)
    return {
        "mouth_opening": np.minimum(mouth / apart / WIDE_MOUTH, 1),
        "eye_opening": np.minimum(eyes / apart / WIDE_EYES, 1),
    }


def _parts(ids: pl.Series, points: Points) -> pl.DataFrame:
    eyes = _around(points[:, LEFT_EYE.start : RIGHT_EYE.stop])
    margin = EYES_MARGIN * eyes[:, 2:3]
    eyes += np.hstack([-margin, -margin, 2 * margin, 2 * margin])
    boxes = {"mouth": _around(points[:, MOUTH]), "eyes": eyes}
    return pl.concat(
        pl.DataFrame({"id": ids, "part": pl.repeat(part, len(ids), eager=True)}).hstack(
            pl.DataFrame(box, schema=list(PART_BOX))
        )
        for part, box in boxes.items()
    )


def _around(points: Float[np.ndarray, "N G 2"]) -> Float[np.ndarray, "N 4"]:
    """The box x, y, w, h around points."""
    corner = points.min(axis=1)
    return np.hstack([corner, points.max(axis=1) - corner])


def _length(steps: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, " N"]:
    lengths: np.ndarray = np.linalg.norm(steps, axis=1)
    return lengths

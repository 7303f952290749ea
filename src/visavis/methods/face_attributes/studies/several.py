"""Study `several`: are all faces found where a photo shows several? Photos with one face, put together."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from visavis import images
from visavis.datasets import open_dataset
from visavis.methods.face_attributes.answers import Faces
from visavis.methods.face_attributes.data import Boxes
from visavis.methods.face_attributes.evaluation import boxes_of, has_one_face, test_part
from visavis.methods.face_attributes.faces import FaceReader, as_box, windows_of
from visavis.methods.face_attributes.pictures import CELL, found_boxes, in_rows, on_photo
from visavis.methods.face_attributes.recipe import FacesRecipe
from visavis.methods.face_attributes.studies.arms import trained
from visavis.metrics.detection import ENOUGH, matches
from visavis.metrics.evaluation import Evaluation, PerQuery, over_seeds
from visavis.pictures.canvas import Picture
from visavis.records import ResultRecord
from visavis.tables import spread_rows
from visavis.training.results import summarise

PROTOCOL = "composed"
SIDES = (2, 1, 3)  # photos along each side; the first is the record, the others its peers
PHOTO = 256  # pixels of a photo
BETWEEN = 127  # grey around photos that are not square
ORDER = 0  # seed of which photos come together
DRAWN = 8  # compositions
PICTURE = "several.png"


class Composition(NamedTuple):
    """An image of several photos, and where their faces are, x, y, w, h in its pixels."""

    path: str
    truth: Boxes


def study(recipe: FacesRecipe, seeds: list[int], run: Path, command: str, quiet: bool) -> ResultRecord | None:
    """Test photos with one face in squares of 1, 2 x 2 and 3 x 3: how many faces are found, and what else.

    A face is found where a window overlaps its reference box by half; `precision` is the share of windows
    that find one. Of the run of the first seed, which is trained where it does not stand; None where that
    was interrupted.

    Raises:
        VisavisError: the recipe has no LNet_o, or one that sees photos in one size; a photo has no box.
    """
    bundle = trained(recipe.model_copy(update={"seed": seeds[0]}), run, quiet)
    if bundle is None:
        return None
    reader, data = FaceReader(bundle), open_dataset(recipe.data)
    reader.check_finds(several=True)
    items = test_part(data)
    items = items.filter(has_one_face(items)).sample(fraction=1.0, shuffle=True, seed=ORDER)
    boxes, digest = boxes_of(data, items), data.digest()
    evaluations = {}
    with TemporaryDirectory() as folder:
        for side in SIDES:
            compositions = compose(items["path"].to_list(), boxes, side, Path(folder) / str(side))
            found = reader.locate_several([one.path for one in compositions])
            metrics = measure(found, compositions)
            evaluations[side] = Evaluation(PROTOCOL, data.name, digest, metrics)
            if side == SIDES[0]:
                images.save(run / PICTURE, draw(found, compositions))
    own, *others = SIDES
    peers = {f"{recipe.name}, {_named(side)}": over_seeds([evaluations[side]]) for side in others}
    record = summarise([bundle], [evaluations[own]], command, peers)
    return record.model_copy(update={"recipe": f"{record.recipe}, {_named(own)}"})


def _named(side: int) -> str:
    return f"{side} x {side} photos"


def compose(paths: list[str], boxes: Boxes, side: int, folder: Path) -> list[Composition]:
    """Write photos as squares of `side` x `side`, row by row; those left over take no part."""
    each = side**2
    compositions = []
    for start in range(0, len(paths) - each + 1, each):
        paper = np.full((side * PHOTO, side * PHOTO, 3), BETWEEN, np.uint8)
        truth = []
        for number, row in enumerate(range(start, start + each)):
            photo, scale = images.load(paths[row], size=PHOTO), PHOTO / max(images.size_of(paths[row]))
            height, width = photo.shape[:2]
            top = number // side * PHOTO + (PHOTO - height) // 2
            left = number % side * PHOTO + (PHOTO - width) // 2
            paper[top : top + height, left : left + width] = photo
            truth.append(scale * boxes[row] + (left, top, 0, 0))
        path = folder / f"{start:05d}.png"
        images.save(path, paper)
        compositions.append(Composition(str(path), np.array(truth)))
    return compositions


def measure(found: list[Faces], compositions: list[Composition]) -> dict[str, PerQuery]:
    """Recall of the faces, and precision of the windows that are taken for one, by composition."""
    windows = [windows_of([face for face in one.faces if face.is_face]) for one in found]
    hits = np.array(
        [matches(one, other.truth).sum() for one, other in zip(windows, compositions, strict=True)], float
    )
    faces = np.array([len(one.truth) for one in compositions], float)
    taken = np.array([len(one) for one in windows], float)
    return {f"recall@{ENOUGH:g}": PerQuery(hits, faces), f"precision@{ENOUGH:g}": PerQuery(hits, taken)}


def draw(found: list[Faces], compositions: list[Composition]) -> Picture:
    """Compositions, taken evenly, with the windows found in green and the reference boxes in grey."""
    cells, captions = [], []
    for number in spread_rows(len(found), DRAWN).tolist():
        one, truth = compositions[number], [as_box(box) for box in compositions[number].truth]
        windows = found_boxes(found[number].faces)
        cells.append(on_photo(Path(one.path), CELL, windows, reference=truth))
        captions.append(f"{len(truth)} faces, {len(windows)} windows")
    return in_rows(cells, captions, title="Windows found green, reference boxes grey")

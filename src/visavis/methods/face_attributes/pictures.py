"""What a face reader answers, drawn: faces and responses on photos, attributes as bars, reasons."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float

from visavis import images
from visavis.chunked import answers
from visavis.errors import VisavisError
from visavis.features.frames import cut
from visavis.methods.face_attributes.answers import Described, Faces, Located
from visavis.methods.face_attributes.examples import Example
from visavis.methods.face_attributes.explanation import Explained
from visavis.methods.face_attributes.faces import FaceReader
from visavis.pictures import described, signed_bars
from visavis.pictures.boxes import Box, with_boxes
from visavis.pictures.canvas import GREEN, LINE, Picture, blank, place
from visavis.pictures.heat import with_heat
from visavis.pictures.sheet import sheet

LARGE, CELL, ACROSS = 420, 200, 4  # pixels of one photo, and of one of several; of these in a row
SHOWN = 12  # photos
REASON, UNITS, EXAMPLE = 280, 10, 120  # explanation: pixels of a photo; units; pixels of an example
AROUND = 1.7  # side of an example, in heights of the window


def draw_located(reader: FaceReader, photos: list[str], several: bool, target: Path) -> None:
    """Write the faces of a photo and LNet's response; of several photos both in one, of the first `SHOWN`.

    Raises:
        VisavisError: none of these can be read.
    """

    def located(paths: list[str]) -> list[Faces]:
        if several:
            return reader.locate_several(paths)
        return [Faces(face.path, (face,)) for face in reader.locate(paths)]

    asked = answers(located, photos[:SHOWN])
    found = [answer.faces for _, answer in asked if not isinstance(answer, VisavisError)]
    if not found:
        raise VisavisError(f"{target}: none of the first {SHOWN} photos can be drawn; leave them out")
    if len(photos) == 1:
        (faces,) = found
        cells = [
            on_photo(faces[0].path, LARGE, found_boxes(faces)),
            responding(reader, faces, LARGE, several),
        ]
        images.save(target, sheet([cells], ["faces", "response"]))
    else:
        cells = [responding(reader, faces, CELL, several) for faces in found]
        images.save(target, in_rows(cells, [caption(faces) for faces in found]))


def draw_described(found: Described, target: Path) -> None:
    """Write a photo with its face beside bars of its attributes, in the bundle's order."""
    photo = on_photo(found.path, LARGE, found_boxes([found.face] if found.face else []))
    if not found.probabilities:
        images.save(target, sheet([[photo]], ["no face"]))
        return
    names, values = list(found.probabilities), np.array(list(found.probabilities.values()))
    images.save(target, described(photo, names, values, side=LARGE))


def draw_explained(
    found: Explained, examples: Sequence[Sequence[Example]], threshold: float | None, target: Path
) -> None:
    """Write where LNet sees a face and the attribute in a photo, and which units of ANet decide.

    Args:
        found: the explanation.
        examples: of the first units, the faces that excite each most; none where none are wanted.
        threshold: the response of a face, which has full colour at least.
        target: the picture.
    """
    path, boxes = found.face.path, found_boxes([found.face])
    most = float(np.abs(found.evidence).max())
    cells = [
        on_photo(path, REASON, boxes),
        heated(path, REASON, boxes, found.response, threshold),
        on_photo(path, REASON, boxes, heat=found.evidence, limit=most, signed=True),
    ]
    title = f"{found.attribute} {100 * found.probability:.1f} %; evidence: red for it, blue against"
    columns = ["face", "response", "evidence"]
    shown = found.units[:UNITS]
    names = [f"unit {unit.number}" for unit in shown]
    values = np.array([unit.contribution for unit in shown])
    parts = [
        sheet([cells], columns, title=title),
        signed_bars(names, values, x_label="added to the logit", title="ANet's most decisive units"),
    ]
    if examples:
        rows = [f"{name}, {unit.contribution:+.2f}" for name, unit in zip(names, shown, strict=True)]
        faces = [[example_face(one) for one in row] for row in examples]
        parts.append(sheet(faces, [], rows=rows[: len(faces)], title="Faces that excite them most"))
    images.save(target, stacked(parts))


def responding(reader: FaceReader, faces: Sequence[Located], side: int, several: bool) -> Picture:
    """A photo with the faces found in it, on LNet's response."""
    path = faces[0].path
    return heated(path, side, found_boxes(faces), reader.response(str(path), several), reader.threshold)


def heated(
    path: Path,
    side: int,
    boxes: Sequence[Box],
    response: Float[np.ndarray, "h w"],
    threshold: float | None,
    reference: Sequence[Box] = (),
) -> Picture:
    """A photo with boxes, on what of its response rises above the median; of full colour is at least a face.

    Args:
        path, side, boxes, reference: as for `on_photo`.
        response: over the square about the photo.
        threshold: the response of a face; None: the highest is one.
    """
    floor, highest = float(np.median(response)), float(response.max())
    limit = max(highest, highest if threshold is None else threshold) - floor
    heat = np.maximum(response - floor, 0)
    return on_photo(path, side, boxes, heat=heat, limit=limit, reference=reference)


def on_photo(
    path: Path,
    side: int,
    boxes: Sequence[Box],
    *,
    heat: Float[np.ndarray, "h w"] | None = None,
    limit: float = 0.0,
    signed: bool = False,
    reference: Sequence[Box] = (),
) -> Picture:
    """A photo whose longer side has `side` pixels, with boxes on it.

    Args:
        path: of the photo.
        side: in pixels.
        boxes: in pixels of the photo, drawn in green.
        heat: values over the square about the photo, below the boxes.
        limit, signed: as `with_heat` knows them.
        reference: boxes drawn in grey, below the others.
    """
    photo, scale = images.load(path, size=side), side / max(images.size_of(path))
    if heat is not None:
        height, width = photo.shape[:2]
        top, left = (side - height) // 2, (side - width) // 2
        over_square = cv2.resize(heat, (side, side), interpolation=cv2.INTER_LINEAR)
        over_photo = over_square[top : top + height, left : left + width]
        photo = with_heat(photo, over_photo, limit=limit, signed=signed)
    for drawn, colour in ((reference, LINE), (boxes, GREEN)):
        scaled = [(scale * x, scale * y, scale * w, scale * h) for x, y, w, h in drawn]
        photo = with_boxes(photo, scaled, colour=colour)
    return photo


def example_face(example: Example) -> Picture:
    """A square about a face."""
    x, y, w, h = example.face.window
    middle = x + w / 2 - 0.5, y + h / 2 - 0.5  # `cut` has the centres of pixels at integers
    picture: Picture = cut(images.load(example.face.path), middle, AROUND * h, EXAMPLE)
    return picture


def in_rows(pictures: Sequence[Picture], captions: Sequence[str], title: str = "") -> Picture:
    """Pictures of photos in rows of `ACROSS`, each in the middle of a square."""
    cells = []
    for picture in pictures:
        cells.append(blank(CELL, CELL))
        place(cells[-1], picture, 0, 0, CELL)
    starts = range(0, len(cells), ACROSS)
    rows = [cells[start : start + ACROSS] for start in starts]
    return sheet(rows, [], captions=[captions[start : start + ACROSS] for start in starts], title=title)


def stacked(pictures: Sequence[Picture]) -> Picture:
    """Pictures one above the other, as wide as the widest."""
    paper = blank(sum(len(one) for one in pictures), max(one.shape[1] for one in pictures))
    top = 0
    for one in pictures:
        paper[top : top + len(one), : one.shape[1]] = one
        top += len(one)
    return paper


def found_boxes(faces: Sequence[Located]) -> list[Box]:
    """The windows of those that are faces."""
    return [face.window for face in faces if face.is_face]


def caption(faces: Sequence[Located]) -> str:
    """The responses of a photo's faces."""
    found = [f"{face.score:.2f}" for face in faces if face.is_face]
    return ", ".join(found) or f"no face, {faces[0].score:.2f}"

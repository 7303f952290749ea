"""A face seen from the front as named polygons, and which of them are its parts.

The unit is 1/202 of the height of the head without its hair; x runs to the right in the picture and y down,
as on a page, from the point between the eyes.
"""

from visavis.synth.faces import Face
from visavis.synth.features import eyes, glasses, mouth
from visavis.synth.geometry import Geometry, Parts
from visavis.synth.hair import Hair
from visavis.synth.head import Head

FRAME = (-98.0, -118.0, 98.0, 128.0)
"""Left, top, right and bottom of a head with its hair down to the chin and its beard, whoever it is."""

PARTS: Parts = {
    "mouth": ("lip shade", "mouth", "upper lip", "lower lip", "creases"),
    "eyes": ("lids", "lashes", "lower lashes", "creases of lids"),
    "hair": ("hair",),
    "forehead": ("forehead", "hair shade"),
    "beard": ("beard",),
    "glasses": ("frames",),
    "lines": ("lines",),
}
"""Part that has a box -> the layers that it consists of. Every face has all of them: beard, glasses and
lines that are not there have the box in which they would be."""


def portrait(face: Face) -> Geometry:
    """Front view of `face`, hair and shoulders with it; the layers are named as those of `face_paint`."""
    head, hair = Head(face), Hair(face)
    ears, folds = head.ears()
    neck, neck_shade = head.neck()
    clothes, skin, collar = head.clothes()
    polygons = {
        "hair behind": [hair.behind()],
        "clothes": [clothes],
        "neck": [neck, skin],
        "collar": collar,
        "neck shade": [neck_shade],
        "ears": ears,
        "ear folds": folds,
        "head": [head.outline],
        "cheeks": head.cheeks(),
        "beard": [head.beard()],
        "brows": head.brows(),
        "lines": head.lines(hair.peak),
        "hair": [hair.shape()],
        "strands": hair.strands(),
        "forehead": [hair.forehead()],
        "hair shade": [hair.shade()],
    }
    return Geometry(polygons | head.nose() | mouth(face) | eyes(face) | glasses(face), [], [])

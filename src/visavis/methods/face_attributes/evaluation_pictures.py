"""A bundle under a protocol in pictures: where it looks in unseen photos, and what it finds and reads."""

from pathlib import Path

import polars as pl

from visavis import images
from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.files import make_folder
from visavis.methods.face_attributes.evaluation import pictures_without, search_for_faces, test_part
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.pictures import (
    CELL,
    SHOWN,
    caption,
    draw_described,
    found_boxes,
    heated,
    in_rows,
)
from visavis.methods.face_attributes.protocol import LOCALISATION, default_protocol
from visavis.metrics.detection import RATES, recall_curve
from visavis.pictures import detection_curve
from visavis.pictures.boxes import Box
from visavis.pictures.canvas import Picture
from visavis.tables import BOX, spread_rows


def draw_evaluation(bundle: Bundle, data_name: str | None, protocol_name: str | None, folder: Path) -> None:
    """Write what a bundle can be seen to do on test photos that are spread evenly over the test part.

    `responses.png` where it finds faces: response, window, and the reference box where there is one;
    `attributes.png` where it reads them: those of the first face; `localisation.png` under that protocol,
    with pictures without faces: recall against false positives.

    Args:
        bundle, data_name, protocol_name: as `evaluate` knows them.
        folder: is made where it is missing.

    Raises:
        VisavisError: as `evaluate` does, or the folder cannot be written.
    """
    make_folder(folder)
    data, reader = open_dataset(data_name or bundle.config.recipe["data"]), FaceReader(bundle)
    test = test_part(data)
    shown = test[spread_rows(len(test), SHOWN).tolist()]
    if reader.finds_faces:
        images.save(folder / "responses.png", responses(reader, shown))
    if reader.reads_faces:
        described = reader.describe(shown["path"].to_list())
        first = next((one for one in described if one.probabilities), described[0])
        draw_described(first, folder / "attributes.png")
    localised = (protocol_name or default_protocol(data, bundle.config.settings)) == LOCALISATION
    if localised and (without := pictures_without(bundle.config.recipe)):
        curve = recall_curve(*search_for_faces(reader.windows, data, test, without).rated())
        points = {"LNet": (curve.false_positives, curve.recall)}
        title = f"{data.name}: faces found by one window a photo"
        images.save(folder / "localisation.png", detection_curve(points, marked=RATES, title=title))


def responses(reader: FaceReader, items: pl.DataFrame) -> Picture:
    """Photos with LNet's response, the window in green, and the reference box in grey where it is known."""
    cells, captions = [], []
    for item, face in zip(items.rows(named=True), reader.locate(items["path"].to_list()), strict=True):
        reference: list[Box] = []
        if item.get(BOX[0]) is not None:
            x, y, w, h = (item[side] for side in BOX)
            reference = [(x, y, w, h)]
        response = reader.response(item["path"])
        cells.append(heated(face.path, CELL, found_boxes([face]), response, reader.threshold, reference))
        captions.append(caption([face]))
    return in_rows(cells, captions, "LNet's response in unseen photos; in grey the reference box")

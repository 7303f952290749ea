"""Boxes over training, as the slides show them: a filmstrip and a GIF, drawn from the log of a run."""

from pathlib import Path

import polars as pl
import yaml

from visavis import images
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.features.frames import frame_of
from visavis.methods.relative_attributes.box_log import NAME, read_log
from visavis.methods.relative_attributes.framed import with_shares
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.training import FIRST_STAGE
from visavis.pictures.canvas import Picture
from visavis.pictures.sheet import sheet
from visavis.tables import spread_rows
from visavis.training.recipe import RECIPE, validate_recipe

CELL, COLUMNS = 120, 8  # pixels of a photo; moments in the filmstrip
FRAME_TIME = 150  # milliseconds
STAGES = {FIRST_STAGE: "region", "": "combined"}  # folder in the run, and what the stage is called


def draw_film(run: Path, attribute: str, strip: Path, film: Path | None = None) -> None:
    """Draw the boxes of the logged photos from the first stage's beginning to the last step there is.

    Args:
        run: folder of a run, finished or not, or of one of its stages.
        attribute: whose boxes.
        strip: picture with a photo in each row, and moments taken evenly in its columns.
        film: GIF of all moments.

    Raises:
        VisavisError: there is no log, or none of that attribute's boxes.
    """
    moments = _moments(run, attribute)
    photos = moments[0][1]["photo"].unique(maintain_order=True).to_list()
    frames = _frames(run, photos)
    chosen = spread_rows(len(moments), COLUMNS)
    columns = [_drawn(moments[number][1], frames) for number in chosen]
    names = [moments[number][0] for number in chosen]
    images.save(strip, sheet([*zip(*columns, strict=True)], names, title=f"{attribute}: boxes over training"))
    if film is not None:
        shown = [sheet([_drawn(boxes, frames)], [], title=f"{attribute}: {name}") for name, boxes in moments]
        images.save_film(film, shown, FRAME_TIME)


def _moments(run: Path, attribute: str) -> list[tuple[str, pl.DataFrame]]:
    """The rows of each moment of both stages, and what the moment is called."""
    logs = {name: read_log(run / folder / NAME) for folder, name in STAGES.items()}
    if not (run / FIRST_STAGE / NAME).is_file():
        logs = {"step": logs["combined"]}
    known = pl.concat(logs.values())["attribute"].unique().sort().to_list()
    if not known:
        raise VisavisError(
            f"{run}: has no {NAME}; it is written while a ranker with a localiser is trained by this version"
        )
    if attribute not in known:
        raise VisavisError(f"{run}: no boxes of attribute '{attribute}'; there are {', '.join(known)}")
    return [
        (f"{name} {step}", rows)
        for name, log in logs.items()
        for (step,), rows in log.filter(attribute=attribute).group_by("step", maintain_order=True)
    ]


def _frames(run: Path, photos: list[str]) -> dict[str, Picture]:
    # Before the second stage has begun there is only that of the first.
    path = next(path for path in (run / RECIPE, run / FIRST_STAGE / RECIPE) if path.is_file())
    recipe = validate_recipe(RankerRecipe, yaml.safe_load(path.read_text()), str(path))
    path_of = dict(open_dataset(recipe.data).items.select("id", "path").iter_rows())
    share, down = recipe.model.share, recipe.model.down
    return {photo: frame_of(Path(path_of[photo]), CELL, share, down) for photo in photos}


def _drawn(rows: pl.DataFrame, frames: dict[str, Picture]) -> list[Picture]:
    """The photos with the boxes of one moment."""
    return [
        with_shares(frame, rows.filter(photo=photo).select("x", "y", "w", "h").to_numpy())
        for photo, frame in frames.items()
    ]

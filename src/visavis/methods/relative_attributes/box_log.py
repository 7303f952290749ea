"""The authors' picture log, as numbers: where the boxes of a few training photos lie during training."""

from pathlib import Path

import numpy as np
import polars as pl
import torch
from jaxtyping import UInt8
from torch import Tensor

from visavis.errors import VisavisError
from visavis.files import atomic_path
from visavis.methods.relative_attributes.framed import shares_of_frame
from visavis.methods.relative_attributes.model import RegionRanker
from visavis.tables import spread_rows
from visavis.training.augment import centre_crop

NAME = "boxes.parquet"
PHOTOS, MOMENTS = 6, 40  # photos, taken evenly from the training items, and how often they are looked at
SCHEMA = {
    "step": pl.Int64,
    "photo": pl.String,
    "attribute": pl.String,
    "region": pl.Int64,
    **dict.fromkeys(("x", "y", "w", "h"), pl.Float32),
}


class BoxLog:
    """Rows (step, photo, attribute, region, box) in a run folder; a box is x, y, w, h in shares of the frame.

    Looking depends on step and weights alone, and rows of the steps that a killed run had done after its last
    checkpoint are replaced. So the log of a run that went on is that of one that was never stopped.

    Args:
        run: folder of the run, or of the stage.
        ids: of the training photos, in the order of their pages.
        attributes: names of the K attributes.
        steps: of the whole training.
    """

    def __init__(self, run: Path, ids: list[str], attributes: list[str], steps: int) -> None:
        self.path, self.attributes, self.steps = run / NAME, attributes, steps
        self.rows = spread_rows(len(ids), PHOTOS)
        self.photos = [ids[row] for row in self.rows]
        self.every = max(1, steps // MOMENTS)

    def is_due(self, step: int) -> bool:
        """Whether the boxes are to be looked at after so many steps."""
        return step % self.every == 0 or step == self.steps

    @torch.no_grad()
    def add(self, step: int, model: RegionRanker, pages: UInt8[Tensor, "N 3 H W"]) -> None:
        """Write down where the boxes lie after a step; `pages` are all photos of the training."""
        learning = model.training
        model.eval()  # looking must not change the statistics of a batch normalisation
        boxes = model.boxes(centre_crop(pages[self.rows], model.side))
        model.train(learning)
        shares = shares_of_frame(boxes.float().cpu(), model.side, pages.shape[-1])
        _, count, regions, _ = shares.shape
        kept = read_log(self.path).filter(pl.col("step") < step)
        new = pl.DataFrame(
            {
                "step": [step] * shares[..., 0].numel(),
                "photo": np.repeat(self.photos, count * regions),
                "attribute": np.tile(np.repeat(self.attributes, regions), len(self.photos)),
                "region": np.tile(np.arange(regions), len(self.photos) * count),
                **dict(zip("xywh", shares.reshape(-1, 4).numpy().T, strict=True)),
            },
            schema=SCHEMA,
        )
        with atomic_path(self.path) as staged:
            pl.concat([kept, new]).write_parquet(staged)


def read_log(path: Path) -> pl.DataFrame:
    """The rows of a log in the order of the steps; none where there is no file.

    Raises:
        VisavisError: the file is no such log.
    """
    if not path.is_file():
        return pl.DataFrame(schema=SCHEMA)
    try:
        return pl.read_parquet(path).cast(SCHEMA)  # type: ignore[arg-type]
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise VisavisError(f"{path}: is no log of boxes ({reason}); delete it and train again") from error

"""What study `concepts` found: sentences, a table, curves, and the faces that excite units."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import polars as pl
from einops import rearrange
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from visavis.features.frames import frame_of
from visavis.methods.face_attributes.recipe import FaceSource
from visavis.methods.face_attributes.studies.sparse import SHARES, TOP, Single, Told
from visavis.methods.face_attributes.studies.units import C3, C4, FC, regions
from visavis.metrics.evaluation import PerQuery
from visavis.nets.trunk import Trunk
from visavis.pictures.canvas import Picture
from visavis.pictures.curve import Points
from visavis.pictures.heat import with_heat
from visavis.pictures.panels import Panel, panels
from visavis.pictures.sheet import sheet
from visavis.training.augment import centre_crop

RANDOM, IDENTITIES, TAGS, BY_HAND = "random", "from identities", "fine-tuned", "HOG and colours"
ACCURACY = "_balanced_accuracy"
SINGLE, BEST, ALL = "best_unit", "top_10_percent", "all_units"
ASKED = ("Male", "Smiling", "Eyeglasses", "Blond_Hair", "Wearing_Hat", "Bangs", "Heavy_Makeup", "Young")
FACES, MAPPED, CELL = 6, 3, 84  # faces of each end of a row, and those with regions; pixels
PLOT = (400, 960)  # pixels


class Arm(NamedTuple):
    """A layer of a net: the best unit of each attribute, what it, the best tenth and all tell, and how many
    units ever change."""

    units: Int[np.ndarray, " K"]
    single: Told
    best: Told
    every: Told
    alive: float

    def metrics(self) -> dict[str, PerQuery]:
        """The three figures over all attributes."""
        return {
            SINGLE + ACCURACY: self.single.overall,
            BEST + ACCURACY: self.best.overall,
            ALL + ACCURACY: self.every.overall,
        }


class Kept(NamedTuple):
    """Balanced accuracy with each of `SHARES` of the units, chosen by an SVM's weights and by the LASSO."""

    by_weight: Float[np.ndarray, " shares"]
    by_lasso: Float[np.ndarray, " shares"]


Arms = Mapping[tuple[str, str], Arm]


def answers(arms: Arms, kept: Mapping[str, Kept], names: list[str]) -> list[str]:
    """Are concepts there after identities, do tags enrich them, in which layer, and how few units do?"""
    told, last = [], last_layers(arms)
    singles = ", ".join(
        f"{_percent(arms[net, layer].single.overall.value)} {net}" for net, layer in last.items()
    )
    told.append(f"balanced accuracy of the one best unit of the last layer: {singles}; chance is 50.0")
    if IDENTITIES in last:
        told.append(_step(arms, last, RANDOM, IDENTITIES, names))
        told.append(_step(arms, last, IDENTITIES, TAGS, names))
    else:
        told.append("no pre-training on identities was given; name one with reader.backbone=bundle:RUN")
        told.append(_step(arms, last, RANDOM, TAGS, names))
    told += [_layers(arms, net, names) for net in last if (net, C3) in arms]
    told += [
        f"a tenth of the last layer, chosen by {way}, keeps of the balanced accuracy of all (of what is "
        f"above chance): {', '.join(f'{_kept(getattr(one, part))} {net}' for net, one in kept.items())}"
        for way, part in (("|SVM weight|", "by_weight"), ("LASSO", "by_lasso"))
    ]
    told.append(
        "a unit of C3 and C4 is one filter of one bank, by its mean over the places of its cell; "
        f"{_percent(1 - arms[TAGS, last[TAGS]].alive)} % of the last layer of the fine-tuned net never change"
    )
    return told


def last_layers(arms: Arms) -> dict[str, str]:
    """The last layer of each net."""
    return dict(arms.keys())


def table(arms: Arms, names: list[str]) -> pl.DataFrame:
    """All figures by attribute; null where the test faces do not show it both with and without."""
    frames = [
        pl.DataFrame(
            {
                "net": net,
                "layer": layer,
                "attribute": names,
                "unit": one.units,
                SINGLE: one.single.each,
                BEST: one.best.each,
                ALL: one.every.each,
            }
        )
        for (net, layer), one in arms.items()
    ]
    return pl.concat(frames).fill_nan(None)


def draw_kept(kept: Mapping[str, Kept]) -> Picture:
    """Balanced accuracy against the share of the units, by the two ways to choose them."""
    x = 100 * np.array(SHARES)
    ways: dict[str, dict[str, Points]] = {
        "chosen by |SVM weight|": {net: (x, 100 * one.by_weight) for net, one in kept.items()},
        "chosen by LASSO": {net: (x, 100 * one.by_lasso) for net, one in kept.items()},
    }
    values = np.concatenate([y for series in ways.values() for _, y in series.values()])
    y_range = float(values.min()) - 1, float(values.max()) + 1
    return panels(
        [
            Panel(title, series, "units, %", "balanced accuracy, %", y_range=y_range, log_x=True)
            for title, series in ways.items()
        ],
        size=PLOT,
    )


def draw_units(
    names: list[str],
    single: Single,
    given: Float[np.ndarray, "N U"],
    paths: list[str],
    source: FaceSource,
    where: Callable[[int, list[str]], list[Picture]] | None = None,
) -> Picture:
    """The faces that excite the best unit of some attributes most and least, a row for each.

    Args:
        names: of the attributes.
        single: the best unit of each.
        given: what units give for faces.
        paths: of the faces.
        source: how they are framed.
        where: draws what excites a unit in some faces; those of the first `MAPPED` stand beside them.
    """
    rows, labels = [], []
    for name in [name for name in ASKED if name in names] or names[: len(ASKED)]:
        number = names.index(name)
        unit, sign = int(single.units[number]), int(single.signs[number])
        # Many faces do not excite it at all: of these others in each row.
        by_chance = np.random.default_rng(number).permutation(len(given))
        order = np.lexsort((by_chance, -given[:, unit]))
        shown = [*order[:FACES], *order[-FACES:]]
        ends = [frame_of(Path(paths[row]), CELL, source.share, source.down) for row in shown]
        mapped = [] if where is None else where(unit, [paths[row] for row in shown[:MAPPED]])
        rows.append([*ends[:FACES], *mapped, *ends[FACES:]])
        labels.append(name if sign > 0 else f"not {name}")
    columns = _over("most", len(rows[0]) - FACES) + _over("least", FACES)
    if where is not None:
        columns[FACES] = "where"
    return sheet(rows, columns, rows=labels, title="Faces that excite the best unit of an attribute")


def draw_regions(trunk: Trunk, unit: int, pages: UInt8[Tensor, "N 3 page page"]) -> list[Picture]:
    """Faces as ANet reads them, under what each place adds to a unit of the fully connected layer."""
    maps, middles = regions(trunk, unit, pages), centre_crop(pages, trunk.side)
    faces = [np.rint(255 * rearrange(face, "c h w -> h w c").numpy()).astype(np.uint8) for face in middles]
    return [
        with_heat(cv2.resize(face, (CELL, CELL), interpolation=cv2.INTER_AREA), one, limit=float(maps.max()))
        for face, one in zip(faces, maps, strict=True)
    ]


def _over(end: str, count: int) -> list[str]:
    return [end, *[""] * (count - 1)]


def _step(arms: Arms, last: Mapping[str, str], before: str, after: str, names: list[str]) -> str:
    """What the best units of one net gain over those of another."""
    change = arms[after, last[after]].single.each - arms[before, last[before]].single.each
    order = np.argsort(-np.nan_to_num(change, nan=-np.inf))[:3]
    most = ", ".join(f"{names[row]} {100 * change[row]:+.1f}" for row in order)
    known = change[~np.isnan(change)]
    return (
        f"{before} to {after}: the best unit is better for {(known > 0).sum()} of {len(known)} attributes, "
        f"by {100 * known.mean():.1f} points on average; most for {most}"
    )


def _layers(arms: Arms, net: str, names: list[str]) -> str:
    """For which attributes each layer's best tenth is the best of all."""
    layers = [layer for layer in (C3, C4, FC) if (net, layer) in arms]
    each = np.stack([arms[net, layer].best.each for layer in layers])
    winner = np.nan_to_num(each, nan=-1.0).argmax(axis=0)
    won = [
        f"{layer} for {(winner == number).sum()} ({_percent(arms[net, layer].best.overall.value)} % on all)"
        for number, layer in enumerate(layers)
    ]
    return f"{net}, of {len(names)} attributes a tenth of the units is best in {', '.join(won)}"


def _kept(accuracies: Float[np.ndarray, " shares"]) -> str:
    tenth, every = accuracies[SHARES.index(TOP)], accuracies[SHARES.index(1.0)]
    return f"{_percent(tenth / every)} % ({_percent((tenth - 0.5) / (every - 0.5))} %)"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"

"""Calibrating a bundle, and measuring how far its confidence is to be trusted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from visavis.bundle import CARD, Bundle, write_bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.relative_attributes.calibration import (
    Trust,
    cross_validated,
    fit_temperatures,
    judged_pairs,
    spread_of,
    temperature_key,
)
from visavis.methods.relative_attributes.crossfit import Unseen, label_pairs, scores_of, unseen_pairs
from visavis.methods.relative_attributes.protocol import PROTOCOLS, default_protocol
from visavis.training.run import BUNDLE

LEAST = 10  # pairs to calibrate on
HEADING = "\n## Calibration\n"


@dataclass(frozen=True)
class Calibrated:
    """A calibrated bundle, and what it was calibrated on.

    `temperature` (K,) and `pairs` (K,) are of the bundle's attributes; `trust` is measured on every pair with
    temperatures that were fitted without it.
    """

    bundle: Bundle
    temperature: Float[np.ndarray, " K"]
    pairs: Int[np.ndarray, " K"]
    trust: Trust

    def __str__(self) -> str:
        lines = [f"{'attribute':24s}   pairs   temperature"]
        for name, count, value in zip(self.bundle.config.labels, self.pairs, self.temperature, strict=True):
            note = "" if count else "   that of all pairs"
            lines.append(f"{name:24s} {count:7d} {value:13.3f}{note}")
        return "\n".join(lines)


def calibrate(
    bundle: Bundle, run: Path, data_name: str | None, folds: int | None, quiet: bool
) -> Calibrated | None:
    """Fit temperatures to ordered pairs that were held out; None where a training was interrupted.

    The pairs are those of `data_name`, of its split validation where it has some; or those of the fold that
    the bundle's own training held out; or those of folds that its recipe is trained without, in `run/folds`.

    Args:
        bundle: of `relative_attributes`; its weights stay as they are.
        run: folder that gets the calibrated bundle.
        data_name: name or path of labelled pairs, or None.
        folds: how many of the five to train without, where that is needed; None: all.
        quiet: show no progress of trainings.

    Raises:
        VisavisError: there are too few pairs, or as `unseen_pairs` does.
    """
    unseen = unseen_pairs(bundle, run, data_name, folds, quiet)
    if unseen is None:
        return None
    judged, attributes = unseen.judged, len(bundle.config.labels)
    if len(judged.margin) < LEAST:
        raise VisavisError(
            f"{unseen.source}: {len(judged.margin)} ordered pairs of the model's attributes are too few to "
            f"calibrate it; give {LEAST} at least"
        )
    fitted = fit_temperatures(judged.margin / judged.spread, judged.attribute, attributes)
    temperature = fitted * unseen.spread
    after = judged.confidence(cross_validated(judged, attributes))
    trust = Trust(judged.confidence(1.0), after, judged.right)
    written = _write(bundle, run / BUNDLE, temperature, unseen, trust)
    return Calibrated(written, temperature, np.bincount(judged.attribute, minlength=attributes), trust)


def trust_on_test(bundle: Bundle, data_name: str | None) -> dict[str, Trust]:
    """How far a calibrated bundle is to be trusted on test pairs, by the votes that the protocol counts.

    Args:
        bundle: with temperatures.
        data_name: name or path of the data; None: what the bundle was trained on.

    Raises:
        VisavisError: the data has no ordered test pairs.
    """
    data = open_dataset(data_name or bundle.config.recipe["data"])
    pairs = label_pairs(bundle, data, "test")
    scores = scores_of(bundle, pairs.items)
    temperature = np.array([bundle.config.calibration[temperature_key(name)] for name in pairs.names])
    protocol = PROTOCOLS[default_protocol(data)]
    trust = {}
    for votes in (protocol.votes, *protocol.beside.values()):
        agreed = pairs.take(np.flatnonzero(pairs.votes >= votes)) if votes else pairs
        judged = judged_pairs(agreed, scores, spread_of(scores))
        after = judged.confidence(temperature[judged.attribute])
        name = f"test, {votes} votes or more" if votes else "test, all"
        trust[name] = Trust(judged.confidence(1.0), after, judged.right)
    return trust


def run_of(bundle: Bundle) -> Path:
    """The run that a bundle came out of.

    Raises:
        VisavisError: it lies by itself.
    """
    if bundle.path.name != BUNDLE:
        raise VisavisError(f"{bundle.path}: lies in no run; name a folder for the calibrated one by --out")
    return bundle.path.parent


def _write(
    bundle: Bundle, path: Path, temperature: Float[np.ndarray, " K"], unseen: Unseen, trust: Trust
) -> Bundle:
    """The bundle with temperatures; where they come from stands in config and card."""
    config = bundle.config
    keys = map(temperature_key, config.labels)
    calibration = config.calibration | dict(zip(keys, temperature.tolist(), strict=True))
    said: dict[str, Any] = {"source": unseen.source, "pairs": len(trust.right)} | trust.figures
    training = config.training | {"calibration": said}
    config = config.model_copy(update={"calibration": calibration, "training": training})
    lines = [
        f"- {key.replace('_', ' ')}: {value:.4g}" if isinstance(value, float) else f"- {key}: {value}"
        for key, value in said.items()
    ]
    card = (bundle.path / CARD).read_text().partition(HEADING)[0]
    return write_bundle(path, bundle.weights, config, card + HEADING + "\n".join(lines) + "\n")

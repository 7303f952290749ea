"""From the gap between two scores to the confidence that people would order the photos so.

Temperature scaling (C. Guo et al., ICML 2017) of pairs: a gap is trusted as p = sigmoid(gap / T), with T of
each attribute fitted to ordered pairs that the model has not seen. Gaps of several models, and of several
attributes, are comparable in units of the spread of the scores that they come from.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import minimize_scalar
from scipy.special import expit

from visavis.methods.relative_attributes.data import Pairs
from visavis.metrics.calibration import Reliability, log_loss, reliability

LIMITS = (0.01, 100.0)  # of a temperature, in spreads of the scores
PRIOR_PAIRS = 20  # how many pairs of its own outweigh what an attribute takes from all of them
PARTS = 5  # left out in turn, where the pairs are of one model


@dataclass(frozen=True)
class JudgedPairs:
    """Ordered pairs as a model that was not trained on them judges them.

    `margin` (P,) is the score of the photo that shows more less that of the other, above 0 where the model
    is right; `spread` (P,) that of all scores of the attribute by that model; `attribute` (P,) a number;
    `part` (P,) the fold that held the pair out.
    """

    margin: Float[np.ndarray, " P"]
    spread: Float[np.ndarray, " P"]
    attribute: Int[np.ndarray, " P"]
    part: Int[np.ndarray, " P"]

    @property
    def right(self) -> Bool[np.ndarray, " P"]:
        """Where the model orders as people did; a tie is wrong."""
        right: np.ndarray = self.margin > 0
        return right

    def confidence(self, temperature: Float[np.ndarray, " P"] | float) -> Float[np.ndarray, " P"]:
        """Confidence (P,) in the model's order, 0.5 or more, at a temperature of the scores."""
        return np.asarray(expit(np.abs(self.margin) / temperature))


def judged_pairs(
    pairs: Pairs, scores: Float[np.ndarray, "N K"], spread: Float[np.ndarray, " K"], part: int = 0
) -> JudgedPairs:
    """The ordered ones of pairs, as scores of all photos by all attributes judge them."""
    pairs = pairs.take(np.flatnonzero(pairs.target != 0.5))
    gap = scores[pairs.first, pairs.attribute] - scores[pairs.second, pairs.attribute]
    margin = np.where(pairs.target > 0.5, gap, -gap).astype(float)
    return JudgedPairs(margin, spread[pairs.attribute], pairs.attribute, np.full(len(pairs), part))


def joined(judged: list[JudgedPairs]) -> JudgedPairs:
    """The pairs of several folds together."""
    fields = ("margin", "spread", "attribute", "part")
    return JudgedPairs(*(np.concatenate([getattr(one, field) for one in judged]) for field in fields))


def spread_of(scores: Float[np.ndarray, "N K"]) -> Float[np.ndarray, " K"]:
    """Median absolute deviation of the scores by each attribute; 1 where all are the same."""
    deviation = np.median(np.abs(scores - np.median(scores, axis=0)), axis=0).astype(float)
    return np.where(deviation > 0, deviation, 1.0)


def fit_temperatures(
    margin: Float[np.ndarray, " P"], attribute: Int[np.ndarray, " P"], attributes: int
) -> Float[np.ndarray, " K"]:
    """The most likely temperature of each attribute, drawn to that of all pairs where an attribute has few.

    The prior of an attribute is `PRIOR_PAIRS` further pairs of the median gap that are right as often as the
    temperature of all pairs says. That of the latter is one pair right and one wrong, for where none is
    wrong any temperature is too high. An attribute without pairs has the temperature of all.

    Args:
        margin: in spreads of the scores, above 0 where the model is right.
        attribute: number of each pair's, below `attributes`.
        attributes: K.
    """
    typical = float(np.median(np.abs(margin)))
    pooled = _most_likely(margin, typical, 0.5, 2)
    right = float(expit(typical / pooled))
    return np.array(
        [
            _most_likely(margin[attribute == number], typical, right, PRIOR_PAIRS)
            for number in range(attributes)
        ]
    )


def _most_likely(margin: Float[np.ndarray, " P"], typical: float, right: float, prior_pairs: float) -> float:
    """Least log loss over T of the pairs and of further ones with the typical gap, a share of them right."""
    margin = np.append(margin, [typical, -typical])
    weight = np.append(np.ones(len(margin) - 2), [prior_pairs * right, prior_pairs * (1 - right)])

    def loss(log_temperature: float) -> float:
        return float(weight @ np.logaddexp(0, -margin / np.exp(log_temperature)))

    # Convex in 1 / T, so there is one minimum in log T too.
    return float(np.exp(minimize_scalar(loss, bounds=np.log(LIMITS), method="bounded").x))


def cross_validated(judged: JudgedPairs, attributes: int) -> Float[np.ndarray, " P"]:
    """Temperature (P,) for each pair, fitted without its own part, in units of its scores.

    The parts are the folds that held the pairs out; where all are of one fold, five random ones.
    """
    part = judged.part
    if len(np.unique(part)) == 1:
        part = np.random.default_rng(0).permutation(len(part)) % PARTS
    temperature = np.empty(len(part))
    for number in np.unique(part):
        rest, own = part != number, part == number
        fitted = fit_temperatures(
            judged.margin[rest] / judged.spread[rest], judged.attribute[rest], attributes
        )
        temperature[own] = fitted[judged.attribute[own]] * judged.spread[own]
    return temperature


@dataclass(frozen=True)
class Trust:
    """How far confidence is to be trusted, before and after calibration.

    `before` and `after` (P,) are confidence in the model's orders, `right` (P,) says which of these are.
    """

    before: Float[np.ndarray, " P"]
    after: Float[np.ndarray, " P"]
    right: Bool[np.ndarray, " P"]

    @property
    def curves(self) -> dict[str, Reliability]:
        """Reliability before and after."""
        return {
            "as trained": reliability(self.before, self.right),
            "calibrated": reliability(self.after, self.right),
        }

    @property
    def figures(self) -> dict[str, float]:
        """Share of right orders, expected calibration error and log loss."""
        return {
            "accuracy": float(self.right.mean()),
            "calibration_error_before": self.curves["as trained"].error,
            "calibration_error": self.curves["calibrated"].error,
            "log_loss_before": log_loss(self.before, self.right),
            "log_loss": log_loss(self.after, self.right),
        }


def trust_table(trust: dict[str, Trust]) -> str:
    """Pairs and figures of several kinds of pairs, a line each."""
    lines = [f"{'':24s}   pairs    right   calibration error         log loss"]
    for name, one in trust.items():
        right, error_before, error, loss_before, loss = one.figures.values()
        lines.append(
            f"{name:24s} {len(one.right):7d} {100 * right:6.1f} %   {100 * error_before:4.1f} -> "
            f"{100 * error:4.1f} %   {loss_before:.3f} -> {loss:.3f}"
        )
    return "\n".join(lines)


def temperature_key(attribute: str) -> str:
    """Where the calibration of a bundle keeps the temperature of an attribute."""
    return f"temperature.{attribute}"

"""Platt's scale by its own conditions, thresholds by trying all, SVMs against scikit-learn's own answer."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.svm import LinearSVC

from visavis.methods.face_attributes.calibration import (
    FEWEST,
    OFFSET,
    SLOPE,
    THRESHOLD,
    calibrate,
    fit_svms,
    probabilities,
    thresholds,
)
from visavis.methods.face_attributes.model import Reader

NAMES = ["bald", "smile"]


def some_logits(count: int = 300, unknown: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and tags that follow sigmoid(slope * logit + offset) of each attribute."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (count, 2))
    tags = (rng.random((count, 2)) < expit([0.5, 2.0] * logits + [-1.0, 0.5])).astype(float)
    tags[rng.random((count, 2)) < unknown] = np.nan
    return logits, tags


def scale_of(fitted: dict[str, float], name: str) -> tuple[float, float]:
    return fitted[SLOPE + name], fitted[OFFSET + name]


def test_the_scale_is_the_likeliest() -> None:
    logits, tags = some_logits()
    fitted = calibrate(NAMES, logits, tags)
    for number, name in enumerate(NAMES):
        score, truth = logits[:, number], tags[:, number]

        def surprise(scale: np.ndarray, score: np.ndarray = score, truth: np.ndarray = truth) -> float:
            signed = np.where(truth == 1, 1, -1) * (scale[0] * score + scale[1])
            return float(np.logaddexp(0, -signed).sum())

        assert scale_of(fitted, name) == pytest.approx(minimize(surprise, [1.0, 0.0]).x, abs=0.01)
        left_over = expit(fitted[SLOPE + name] * score + fitted[OFFSET + name]) - truth
        assert [left_over.sum(), (left_over * score).sum()] == pytest.approx([0, 0], abs=0.1)


def test_unknown_tags_count_nowhere() -> None:
    logits, tags = some_logits(unknown=0.3)
    fitted = calibrate(NAMES, logits, tags)
    for number, name in enumerate(NAMES):
        known = ~np.isnan(tags[:, number])
        alone = calibrate([name], logits[known][:, [number]], tags[known][:, [number]])
        assert alone == pytest.approx({key: value for key, value in fitted.items() if key.endswith(name)})


def test_too_few_or_contrary_images_leave_the_scale() -> None:
    logits, tags = some_logits()
    few = np.zeros_like(tags[:, 0])
    few[: FEWEST - 1] = 1
    fitted = calibrate(NAMES, logits, np.stack([few, 1 - tags[:, 1]], axis=1))
    assert scale_of(fitted, "bald") == scale_of(fitted, "smile") == (1.0, 0.0)


def test_thresholds_are_those_of_the_best_balanced_accuracy() -> None:
    logits, tags = some_logits()
    fitted = calibrate(NAMES, logits, tags)
    shares, chosen = probabilities(NAMES, logits, fitted), thresholds(NAMES, fitted)
    assert chosen.tolist() == [fitted[THRESHOLD + name] for name in NAMES]

    def balanced(number: int, threshold: float) -> float:
        yes, truth = shares[:, number] >= threshold, tags[:, number] == 1
        return float((yes[truth].mean() + (~yes[~truth]).mean()) / 2)

    for number in range(2):
        best = max(balanced(number, threshold) for threshold in shares[:, number])
        assert balanced(number, chosen[number]) == pytest.approx(best)


def test_probabilities_are_scaled_logits_and_plain_without_a_calibration() -> None:
    logits = np.array([[0.3, -1.0], [2.0, 0.0]])
    assert probabilities(NAMES, logits, {}) == pytest.approx(1 / (1 + np.exp(-logits)))
    assert thresholds(NAMES, {}).tolist() == [0.5, 0.5]
    scaled = probabilities(NAMES, logits, {"slope.smile": 2.0, "offset.smile": -0.5})
    assert scaled[:, 0] == pytest.approx(probabilities(NAMES, logits, {})[:, 0])
    assert scaled[:, 1] == pytest.approx(1 / (1 + np.exp(-(2 * logits[:, 1] - 0.5))))


def test_svms_replace_the_output_layer_of_attributes_with_contrasts() -> None:
    torch.manual_seed(0)
    reader = Reader("colour", 3, hidden=6)
    before = reader.attributes.weight[2].clone(), reader.attributes.bias[2].clone()
    rng = np.random.default_rng(0)
    features = np.maximum(rng.normal(5, 10, (80, 6)), 0).astype(np.float32)
    tags = np.stack([features[:, 0] > 5, features[:, 1] > features[:, 2], np.ones(80)], axis=1).astype(float)
    tags[:20, 1] = np.nan
    fit_svms(reader, features, tags, C=0.5)
    scale = features.std()
    new = np.maximum(rng.normal(5, 10, (30, 6)), 0).astype(np.float32)
    logits = reader.attributes(torch.from_numpy(new)).detach().numpy()
    for number, rows in ((0, slice(0, None)), (1, slice(20, None))):
        machine = LinearSVC(C=0.5, dual=False, random_state=0).fit(features[rows] / scale, tags[rows, number])
        assert logits[:, number] == pytest.approx(machine.decision_function(new / scale), rel=1e-3, abs=1e-4)
    assert torch.equal(reader.attributes.weight[2], before[0])
    assert torch.equal(reader.attributes.bias[2], before[1])

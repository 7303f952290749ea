"""Records of several bundles: the seeds of one recipe, or the splits of one data set."""

from pathlib import Path

import numpy as np
import pytest

from visavis.bundle import Bundle, BundleConfig
from visavis.errors import VisavisError
from visavis.metrics.evaluation import Evaluation, PerQuery
from visavis.training.results import summarise


def bundle(data: str, seed: int, steps: int = 10) -> Bundle:
    recipe = {"name": "paper", "data": data, "seed": seed, "steps": steps}
    training = {"seed": seed, "minutes": 2.0, "minutes_before": 0.5, "device": "cpu"}
    return Bundle(
        Path(f"{data}-{seed}"), BundleConfig(method="m", settings={}, recipe=recipe, training=training), {}
    )


def evaluation(data: str, right: int) -> Evaluation:
    hits = PerQuery(np.array([1.0] * right + [0.0] * (4 - right)), np.ones(4))
    return Evaluation("zap50k-1", data, f"digest of {data}", {"mean_accuracy": hits})


def test_splits_make_one_record() -> None:
    names = ["zap50k-1", "zap50k-1/2", "zap50k-1/3"]
    bundles = [bundle(name, 0) for name in names]
    evaluations = [evaluation(name, right) for right, name in enumerate(names, 1)]
    record = summarise(bundles, evaluations, "the command")
    assert (record.data, record.seeds, record.n, record.minutes) == ("zap50k-1", [0], 12, 6.5)
    assert record.metrics["mean_accuracy"].per_seed == [0.25, 0.5, 0.75]
    backwards = summarise(bundles[::-1], evaluations[::-1], "the command")
    assert backwards.data_digest == record.data_digest
    assert summarise(bundles[:2], evaluations[:2], "").data_digest != record.data_digest
    with pytest.raises(VisavisError, match="zap50k-1/2-1: another recipe than zap50k-1-0"):
        summarise([bundles[0], bundle(names[1], 1)], evaluations[:2], "")


def test_seeds_are_of_one_recipe_and_data() -> None:
    one = evaluation("osr", 1)
    record = summarise([bundle("osr", 0), bundle("osr", 4)], [one, one], "the command")
    assert (record.data, record.data_digest, record.seeds, record.n) == ("osr", "digest of osr", [0, 4], 4)
    for other in (bundle("osr", 1, steps=9), bundle("pubfig", 1)):
        with pytest.raises(VisavisError, match="another recipe than osr-0; evaluate them apart"):
            summarise([bundle("osr", 0), other], [one, one], "")
    with pytest.raises(VisavisError, match="seed 0 stands here twice"):
        summarise([bundle("osr", 0)] * 2, [one, one], "")

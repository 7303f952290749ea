"""Two evaluations as one."""

import numpy as np

from visavis.methods.face_attributes.studies.joined import joined, without_attributes
from visavis.metrics.evaluation import Evaluation, PerQuery

ONE = PerQuery(np.ones(3), np.ones(3))


def evaluation(protocol: str, data: str, *names: str) -> Evaluation:
    return Evaluation(protocol, data, f"digest of {data}", dict.fromkeys(names, ONE))


def test_of_the_same_data_there_is_one_name_and_digest() -> None:
    both = joined(evaluation("a", "faces", "macro_f1"), evaluation("b", "faces", "recall@0.5"))
    assert (both.protocol, both.data, both.data_digest) == ("a, b", "faces", "digest of faces")
    assert [*both.metrics] == ["macro_f1", "recall@0.5"]


def test_of_different_data_the_digest_is_of_both() -> None:
    first, second = evaluation("a", "faces", "x"), evaluation("b", "people", "y")
    both, turned = joined(first, second), joined(second, first)
    assert both.data == "faces, people"
    assert len({first.data_digest, second.data_digest, both.data_digest, turned.data_digest}) == 4


def test_attributes_are_left_out() -> None:
    names = ("mean_accuracy", "macro_f1_at_thresholds", "recall@0.01fppi", "Smiling", "Male")
    assert [*without_attributes(evaluation("a", "faces", *names)).metrics] == [*names[:3]]

import doctest
from types import ModuleType

import pytest

from visavis.metrics import boxes, calibration, detection, intervals, ranking, tags, thresholds


@pytest.mark.parametrize(
    ("module", "n_examples"),
    [(ranking, 6), (intervals, 1), (calibration, 3), (boxes, 2), (thresholds, 1), (tags, 4), (detection, 3)],
)
def test_docstring_examples_run(module: ModuleType, n_examples: int) -> None:
    assert doctest.testmod(module) == doctest.TestResults(failed=0, attempted=n_examples)

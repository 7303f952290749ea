"""A run that stops at any step ends in the same weights as one that does not."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from visavis.errors import VisavisError
from visavis.training.checkpoint import NAME
from visavis.training.fit import FitResult, fit
from visavis.training.history import read_history
from visavis.training.recipe import Schedule
from visavis.training.task import Task

STEPS = 12


class Noisy(Task):
    """Linear regression with all that could break an exact resume: dropout, batch statistics, averaging."""

    def __init__(self, steps: int = STEPS, stop_at: int | None = None, **options: Any) -> None:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))
        schedule = Schedule(
            steps=steps,
            batch=8,
            average=0.9,
            warmup=3,
            clip=1.0,
            validate_every=4,
            checkpoint_every=5,
            **options,
        )
        super().__init__(net, schedule)
        self.stop_at = stop_at

    def draw(self, rng: np.random.Generator) -> Tensor:
        if self.step == self.stop_at:
            signal.raise_signal(signal.SIGINT)
        return torch.from_numpy(rng.normal(size=(self.schedule.batch, 4))).float()

    def terms(self, batch: Tensor) -> dict[str, Tensor]:
        return {"loss": F.mse_loss(self.model(batch)[:, 0], batch.sum(1))}

    def validate(self) -> dict[str, float]:
        return {"score": -float(self.trained(torch.ones(1, 4)).abs())}


def run_to_end(folder: Path, **options: Any) -> tuple[dict[str, Tensor], FitResult]:
    task = Noisy(**options)
    result = fit(task, folder, seed=7, quiet=True)
    return task.trained.state_dict(), result


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    for name, value in one.items():
        assert torch.equal(value, other[name]), name


@pytest.mark.parametrize("stop_at", [1, 5, 7, 10])
def test_interrupted_run_ends_in_the_same_weights(tmp_path: Path, stop_at: int) -> None:
    whole, _ = run_to_end(tmp_path / "whole")
    _, first = run_to_end(tmp_path / "parts", stop_at=stop_at)
    assert not first.finished
    assert first.step == stop_at + 1
    parts, second = run_to_end(tmp_path / "parts")
    assert second.finished
    assert_same(whole, parts)
    assert read_history(tmp_path / "whole").equals(read_history(tmp_path / "parts"))


def test_a_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    whole, first = run_to_end(tmp_path)
    again, second = run_to_end(tmp_path)
    assert_same(whole, again)
    assert second.metrics == first.metrics


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    whole, _ = run_to_end(tmp_path / "a")
    task = Noisy()
    fit(task, tmp_path / "b", seed=8, quiet=True)
    assert not torch.equal(whole["0.weight"], task.trained.state_dict()["0.weight"])


def test_killed_run_ends_in_the_same_weights(tmp_path: Path) -> None:
    """kill -9 in the middle of a step: only what the last checkpoint holds survives."""
    script = textwrap.dedent(f"""
        import os, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from test_resume import Noisy, fit, Path
        class Killed(Noisy):
            def terms(self, batch):
                if self.step == 8:
                    os.kill(os.getpid(), 9)
                return super().terms(batch)
        fit(Killed(), Path({str(tmp_path / "parts")!r}), seed=7, quiet=True)
    """)
    killed = subprocess.run([sys.executable, "-c", script], env=os.environ, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    whole, _ = run_to_end(tmp_path / "whole")
    parts, _ = run_to_end(tmp_path / "parts")
    assert_same(whole, parts)
    assert read_history(tmp_path / "whole").equals(read_history(tmp_path / "parts"))


def test_patience_stops_only_on_validation(tmp_path: Path) -> None:
    task = Noisy(steps=400, patience=1, learning_rate=1e-6, decay="constant")
    task.validate = lambda: {"score": 0.0}  # type: ignore[method-assign]
    result = fit(task, tmp_path, seed=0, quiet=True)
    assert result.finished
    assert result.step == 8  # validated at 4 (a gain over nothing) and at 8 (none)


def test_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"not a checkpoint")
    with pytest.raises(VisavisError, match="damaged; delete the run folder"):
        fit(Noisy(), tmp_path, seed=0, quiet=True)


def test_fit_works_outside_the_main_thread(tmp_path: Path) -> None:
    """Where signals cannot be caught, as in a service."""
    results: list[FitResult] = []
    thread = threading.Thread(target=lambda: results.append(fit(Noisy(), tmp_path, seed=0, quiet=True)))
    thread.start()
    thread.join(timeout=60)
    assert results[0].finished


def test_learning_rate_is_a_function_of_the_step() -> None:
    task = Noisy(steps=100, learning_rate=1.0)
    rates = [task.learning_rate_at(step) for step in (0, 3, 50, 100)]
    assert rates[0] == pytest.approx(0.25)
    assert rates[1] == pytest.approx(1.0, abs=0.01)
    assert rates[2] == pytest.approx(0.5)
    assert rates[3] == pytest.approx(0.0)
    assert Noisy(steps=100, learning_rate=1.0, decay="constant").learning_rate_at(99) == 1.0

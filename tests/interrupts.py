"""Ctrl-C in the middle of a training."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from visavis.training.task import Task


@contextmanager
def interrupted_at(step: int, kind: type[Task] = Task) -> Iterator[None]:
    """Within it every training of this kind of task is interrupted when it has done so many steps."""
    finish_step = kind.finish_step

    def finish_or_interrupt(task: Task) -> None:
        finish_step(task)
        if task.step == step:
            signal.raise_signal(signal.SIGINT)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kind, "finish_step", finish_or_interrupt)
        yield

"""Checkpoints: all that step k + 1 needs of steps 1 to k, written atomically."""

import io
import time
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import lightning
import torch

from visavis.errors import VisavisError
from visavis.files import write_atomic
from visavis.training.task import Task

NAME = "checkpoint.pt"


class Checkpointer(lightning.Callback):
    """Restores a run when it starts; saves every so many steps and when it stops."""

    def __init__(self, run: Path) -> None:
        self.path = run / NAME
        self.minutes_before = 0.0
        self.started = time.monotonic()
        self.optimiser_state: dict[str, Any] | None = None

    @property
    def minutes(self) -> float:
        """Minutes of training in this session and the ones before it."""
        return self.minutes_before + (time.monotonic() - self.started) / 60

    def restore(self, task: Task) -> None:
        """Put the weights and counters of the checkpoint, if there is one, into the task."""
        if not self.path.exists():
            return
        try:
            state = torch.load(self.path, weights_only=True, map_location="cpu")
            task.load_state_dict(state["task"])
        except (RuntimeError, KeyError, EOFError, ValueError, UnpicklingError) as error:
            raise VisavisError(
                f"{self.path}: this checkpoint does not fit the recipe or is damaged; delete the run folder "
                f"or name another with --out"
            ) from error
        task.step, task.metrics = state["step"], state["metrics"]
        task.best, task.without_gain = state["best"], state["without_gain"]
        self.minutes_before, self.optimiser_state = state["minutes"], state["optimiser"]

    def save(self, trainer: lightning.Trainer, task: Task) -> None:
        """Write the state after the current step."""
        content = io.BytesIO()
        state = {
            "step": task.step,
            "metrics": task.metrics,
            "best": task.best,
            "without_gain": task.without_gain,
            "minutes": self.minutes,
            "task": task.state_dict(),
            "optimiser": trainer.optimizers[0].state_dict(),
        }
        torch.save(state, content)
        write_atomic(self.path, content.getvalue())

    def on_train_start(self, trainer: lightning.Trainer, task: lightning.LightningModule) -> None:
        if self.optimiser_state is not None:
            trainer.optimizers[0].load_state_dict(self.optimiser_state)

    def on_train_batch_end(
        self, trainer: lightning.Trainer, task: lightning.LightningModule, *_: Any
    ) -> None:
        assert isinstance(task, Task)
        if task.step % task.schedule.checkpoint_every == 0:
            self.save(trainer, task)

    def on_train_end(self, trainer: lightning.Trainer, task: lightning.LightningModule) -> None:
        assert isinstance(task, Task)
        self.save(trainer, task)

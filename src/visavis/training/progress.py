"""Progress of a training on the terminal: loss, rate, time left, validation metric."""

from typing import Any

import lightning
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from visavis.training.task import Task

SMOOTHING = 0.95


class TrainingProgress(lightning.Callback):
    """One line that is redrawn; on a file or pipe rich prints it once at the end."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.loss: float | None = None
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]} steps/s"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[numbers]}"),
        )

    def on_train_start(self, trainer: lightning.Trainer, task: lightning.LightningModule) -> None:
        assert isinstance(task, Task)
        self.line = self.bar.add_task(
            self.title, total=task.schedule.steps, completed=task.step, rate="-", numbers=""
        )
        self.bar.start()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, task: lightning.LightningModule, outputs: Any, *_: Any
    ) -> None:
        assert isinstance(task, Task)
        loss = float(outputs["loss"])
        self.loss = loss if self.loss is None else SMOOTHING * self.loss + (1 - SMOOTHING) * loss
        numbers = {"loss": self.loss} | task.metrics
        speed = self.bar.tasks[self.line].speed
        self.bar.update(
            self.line,
            completed=task.step,
            rate="-" if speed is None else f"{speed:.1f}",
            numbers="  ".join(f"{name} {value:.3f}" for name, value in numbers.items()),
        )

    def on_train_end(self, trainer: lightning.Trainer, task: lightning.LightningModule) -> None:
        self.bar.stop()

    def on_exception(
        self, trainer: lightning.Trainer, task: lightning.LightningModule, exception: Any
    ) -> None:
        self.bar.stop()

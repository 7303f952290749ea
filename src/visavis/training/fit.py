"""`fit`: train a task in a run folder, exactly resumable at any step.

Lightning's own resume restarts its data stream and its random state. Here the batch, the augmentation, the
learning rate and the noise of step k depend on (seed, k) alone, so a run that was interrupted or killed
ends in the same weights as one that was not.
"""

import logging
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.data import DataLoader, IterableDataset

from visavis.files import make_folder
from visavis.training.checkpoint import Checkpointer
from visavis.training.history import History
from visavis.training.progress import TrainingProgress
from visavis.training.task import Task, step_generator


@dataclass(frozen=True)
class FitResult:
    """What `fit` leaves: whether training came to its end, steps done, minutes in all, last metrics."""

    finished: bool
    step: int
    minutes: float
    metrics: dict[str, float]


def fit(task: Task, run: Path, seed: int, *, title: str = "training", quiet: bool = False) -> FitResult:
    """Train `task` in the folder `run`, going on from the checkpoint that may stand there.

    Writes `checkpoint.pt` (atomically), `history.csv` and TensorBoard events. Ctrl-C ends after the current
    step, with a checkpoint; calling again goes on from it.

    Args:
        task: model, loss, tuples; afterwards in evaluation mode with the last weights.
        run: folder of the run; created if missing.
        seed: of batches, augmentation and noise.
        title: what the progress line calls this training.
        quiet: show no progress line.

    Raises:
        VisavisError: the checkpoint in `run` belongs to another recipe or is damaged, or nothing can be
            written in `run`.
    """
    make_folder(run)
    checkpointer = Checkpointer(run)
    checkpointer.restore(task)
    interrupted = threading.Event()
    # The order matters: the step is counted before the others look at it.
    callbacks = [Conductor(seed, interrupted), History(run, task), checkpointer]
    if not quiet:
        callbacks.append(TrainingProgress(title))
    if task.step < task.schedule.steps and not task.out_of_patience:
        with _quiet_lightning(), _sigint_sets(interrupted):
            trainer = lightning.Trainer(
                accelerator="auto",
                devices=1,
                max_epochs=1,
                precision="bf16-mixed" if task.schedule.bf16 else "32-true",
                gradient_clip_val=task.schedule.clip,
                logger=TensorBoardLogger(run, name="", version="tensorboard", purge_step=task.step),
                callbacks=callbacks,
                enable_checkpointing=False,
                enable_model_summary=False,
                enable_progress_bar=False,
            )
            task.train().to(memory_format=torch.channels_last)
            stream = StepStream(task, seed, task.step, task.schedule.steps)
            trainer.fit(task, DataLoader(stream, batch_size=None))
    task.eval()
    finished = task.step >= task.schedule.steps or task.out_of_patience
    return FitResult(finished, task.step, checkpointer.minutes, task.metrics)


class StepStream(IterableDataset[Any]):
    """The batches of steps `start` to `stop`, each drawn from its own generator."""

    def __init__(self, task: Task, seed: int, start: int, stop: int) -> None:
        self.task, self.seed, self.start, self.stop = task, seed, start, stop

    def __iter__(self) -> Iterator[Any]:
        for step in range(self.start, self.stop):
            yield self.task.draw(step_generator(self.seed, step))


class Conductor(lightning.Callback):
    """Before a step: its noise and learning rate. After it: count, average, validate, perhaps stop."""

    def __init__(self, seed: int, interrupted: threading.Event) -> None:
        self.seed, self.interrupted = seed, interrupted

    def on_train_batch_start(
        self, trainer: lightning.Trainer, task: lightning.LightningModule, *_: Any
    ) -> None:
        assert isinstance(task, Task)
        # A second child of (seed, step), so that noise does not repeat what the batch was drawn with.
        torch.manual_seed(int(step_generator(self.seed, task.step).spawn(1)[0].integers(2**62)))
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = group["rate_factor"] * task.learning_rate_at(task.step)

    def on_train_batch_end(
        self, trainer: lightning.Trainer, task: lightning.LightningModule, *_: Any
    ) -> None:
        assert isinstance(task, Task)
        task.finish_step()
        if self.interrupted.is_set() or task.out_of_patience:
            trainer.should_stop = True


@contextmanager
def _sigint_sets(interrupted: threading.Event) -> Iterator[None]:
    """The first Ctrl-C sets the event, the second interrupts at once; other threads leave signals alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: Any) -> None:
        if interrupted.is_set():
            raise KeyboardInterrupt
        interrupted.set()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _quiet_lightning() -> Iterator[None]:
    """Silence Lightning's hints: batches come ready-made in memory, so workers and log intervals are moot."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="lightning.*")
        warnings.filterwarnings("ignore", message=".*(isinstance|LeafSpec|litlogger).*")
        yield
    logger.setLevel(level)

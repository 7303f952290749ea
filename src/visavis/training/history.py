"""The history of a run: losses, rates and validation metrics by step, as CSV and TensorBoard events."""

from pathlib import Path
from typing import Any

import lightning
import polars as pl

from visavis.errors import VisavisError
from visavis.files import told_as_unwritable, write_atomic
from visavis.training.task import Task

NAME = "history.csv"
EVERY = 10  # steps between two rows of the same loss
HEADER = b"step,name,value\n"


class History(lightning.Callback):
    """Appends long-form rows (step, name, value); rows beyond the restored step are dropped on resume."""

    def __init__(self, run: Path, task: Task) -> None:
        self.path = run / NAME
        kept = read_history(run).filter(pl.col("step") <= task.step)
        write_atomic(self.path, kept.write_csv())

    def on_train_batch_end(
        self, trainer: lightning.Trainer, task: lightning.LightningModule, outputs: Any, *_: Any
    ) -> None:
        assert isinstance(task, Task)
        values = {}
        if task.step % EVERY == 0 or task.step in (1, task.schedule.steps):
            values = {name: float(value.detach()) for name, value in outputs.items()}
            values["learning_rate"] = task.learning_rate_at(task.step - 1)
        if task.validated == task.step:
            values |= task.metrics
        if values:
            with told_as_unwritable(self.path), self.path.open("a") as stream:
                stream.writelines(f"{task.step},{name},{value:.6g}\n" for name, value in values.items())
            assert trainer.logger is not None
            trainer.logger.log_metrics(values, step=task.step)


def read_history(run: Path) -> pl.DataFrame:
    """The history of a run folder as a table of step, name, value; empty where nothing was logged yet.

    A last line cut short by a kill is left out.

    Raises:
        VisavisError: the file is no history.
    """
    path = run / NAME
    schema = {"step": pl.Int64, "name": pl.String, "value": pl.Float64}
    content = path.read_bytes() if path.exists() else HEADER
    whole = content[: content.rfind(b"\n") + 1]
    try:
        if not whole.startswith(HEADER):
            raise ValueError(f"its first line is not {HEADER.decode().strip()}")
        return pl.read_csv(whole, schema=schema)
    except (ValueError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise VisavisError(f"{path}: is damaged ({reason}); delete it, and its run goes on") from error

"""What a method hands to `fit`: a Lightning module that draws its own batches."""

import math
from abc import abstractmethod
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from visavis.training.recipe import Schedule


def step_generator(seed: int, step: int) -> np.random.Generator:
    """The randomness of one training step. It depends on nothing but (seed, step)."""
    return np.random.default_rng([seed, step])


class Task(lightning.LightningModule):
    """A model with its loss and its tuples, trained by `fit`.

    A subclass says how a batch is drawn, what its loss terms are and how it is validated. It must draw all
    randomness of a batch from the generator it is given; noise inside the network (dropout) comes from
    torch's global generator, which is seeded anew for every step.
    """

    def __init__(self, model: nn.Module, schedule: Schedule) -> None:
        super().__init__()
        self.model = model
        self.schedule = schedule
        self.step = 0  # steps done since the very start, across resumes
        self.metrics: dict[str, float] = {}
        self.validated = -1  # the step that `metrics` belongs to
        self.best = -math.inf
        self.without_gain = 0
        self.averaged: AveragedModel | None = None
        if schedule.average:
            average = get_ema_multi_avg_fn(schedule.average)  # type: ignore[no-untyped-call]
            self.averaged = AveragedModel(model, multi_avg_fn=average, use_buffers=True).requires_grad_(False)

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Any:
        """Draw the batch of one step, augmentation included."""

    @abstractmethod
    def terms(self, batch: Any) -> dict[str, Tensor]:
        """The loss terms of a batch; the one called `loss` is minimised."""

    def validate(self) -> dict[str, float]:
        """Metrics on the held-out part, higher = better, the one to watch first; empty without one."""
        return {}

    @property
    def trained(self) -> nn.Module:
        """The network to validate and to keep: the averaged weights where the schedule asks for them."""
        return self.model if self.averaged is None else self.averaged.module

    @property
    def out_of_patience(self) -> bool:
        """Whether validation has gone without gain for as long as the schedule allows."""
        return self.schedule.patience is not None and self.without_gain >= self.schedule.patience

    def finish_step(self) -> None:
        """Count the step, average the weights, and validate when it is time."""
        self.step += 1
        if self.averaged is not None:
            self.averaged.update_parameters(self.model)
        if self.step % self.schedule.validate_every == 0 or self.step == self.schedule.steps:
            self.eval()
            with torch.no_grad():
                self.metrics = self.validate()
            self.train()
            self.validated = self.step
            if self.metrics:
                watched = next(iter(self.metrics.values()))
                self.without_gain = 0 if watched > self.best else self.without_gain + 1
                self.best = max(self.best, watched)

    def training_step(self, batch: Any) -> dict[str, Tensor]:
        return self.terms(batch)

    def rate_factor(self, name: str) -> float:
        """Factor on the learning rate of the parameter of that name."""
        return 1.0

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW or SGD; biases and normalisation weights are not decayed."""
        schedule = self.schedule
        parameters: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in self.named_parameters():
            if parameter.requires_grad:
                decay = schedule.weight_decay if parameter.ndim > 1 else 0.0
                parameters.setdefault((decay, self.rate_factor(name)), []).append(parameter)
        groups: list[dict[str, Any]] = [
            {"params": params, "weight_decay": decay, "rate_factor": factor}
            for (decay, factor), params in parameters.items()
        ]
        if schedule.optimiser == "sgd":
            return torch.optim.SGD(
                groups, schedule.learning_rate, schedule.momentum, dampening=schedule.dampening
            )
        return torch.optim.AdamW(groups, schedule.learning_rate)

    def learning_rate_at(self, step: int) -> float:
        """Linear warm-up, then constant or half a cosine down to zero, as a pure function of the step."""
        schedule = self.schedule
        warm = min(1.0, (step + 1) / (schedule.warmup + 1))
        if schedule.decay == "constant":
            return schedule.learning_rate * warm
        progress = min(1.0, step / schedule.steps)
        return schedule.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * progress))

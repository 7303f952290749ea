"""Strengths of attributes in 0..1: how they are drawn, and from where on they show."""

from typing import NamedTuple

import numpy as np

LEAST = 0.05
"""What is there or not (a trimming, an open toe, glasses) and has this strength or less, cannot be seen."""


class Draw(NamedTuple):
    """With `probability` a strength uniform in low..high, else 0."""

    low: float
    high: float
    probability: float = 1.0

    def __call__(self, rng: np.random.Generator) -> float:
        present, strength = rng.random(), rng.uniform(self.low, self.high)
        return float(strength) if present < self.probability else 0.0

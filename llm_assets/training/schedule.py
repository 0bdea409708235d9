"""The learning rate of every step, a plain function of the step: nothing to save, nothing to restore."""

from __future__ import annotations

import math

from llm_assets.training.config import Training


def learning_rate(step: int, steps: int, config: Training) -> float:
    """Learning rate of step ``step`` of ``steps``, counted from 0.

    It rises straight to the highest, which the step after the warm-up has, and would reach the floor at step ``steps``.

    >>> config = Training(learning_rate=1.0, warmup_fraction=0.2, floor_fraction=0.0)
    >>> [round(learning_rate(step, 10, config), 3) for step in (0, 1, 2, 6)]
    [0.333, 0.667, 1.0, 0.5]
    """
    warmup = round(steps * config.warmup_fraction)
    if step < warmup:
        return config.learning_rate * (step + 1) / (warmup + 1)
    decay = steps - warmup
    if config.schedule == "wsd":
        decay = min(decay, round(steps * config.decay_fraction))
    left = min(1.0, (steps - step) / max(decay, 1))
    height = left if config.schedule == "wsd" else (1 - math.cos(math.pi * left)) / 2
    return config.learning_rate * (config.floor_fraction + (1 - config.floor_fraction) * height)

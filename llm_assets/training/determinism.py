"""The state of torch under which the same inputs give the same weights, for as long as a block of code runs."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.utils.deterministic


@contextmanager
def reproducible(threads: int, device: str = "cpu") -> Iterator[None]:
    """Deterministic algorithms on ``threads`` threads within the block; afterwards all is as it was.

    On a GPU the threads alone: nothing is promised of bytes there, and such algorithms take a tenth of a step (docs/gpu.md).

    With such algorithms torch also fills every new tensor with NaN, a twentieth of a small model's step. That would only
    make reading of unset memory repeatable, of which there is none here, and is left out.
    """
    settings: Any = torch.utils.deterministic  # a property of the module, which no type tells
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), settings.fill_uninitialized_memory
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(device == "cpu")
    settings.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
        settings.fill_uninitialized_memory = before[2]


@contextmanager
def quiet(name: str) -> Iterator[None]:
    """Lets a library's logger pass warnings and errors only, and no warning of what it will have to change in itself."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning, module=name)
            warnings.filterwarnings("ignore", category=DeprecationWarning, module=name)
            warnings.filterwarnings("ignore", message="GPU available but not used")  # as was asked for
            yield
    finally:
        logger.setLevel(before)

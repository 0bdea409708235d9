"""The state of torch under which the same inputs give the same weights, for as long as a block of code runs."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def reproducible(threads: int) -> Iterator[None]:
    """Deterministic algorithms on ``threads`` threads within the block; afterwards both are as they were."""
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])


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
            yield
    finally:
        logger.setLevel(before)

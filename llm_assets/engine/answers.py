"""What the process of a work item says of it: how far it is, and what came of it."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llm_assets.engine.meter import counting


@dataclass(frozen=True)
class Count:
    """So many documents of the item are read, and that share (0 to 1) lies behind."""

    documents: int
    share: float


@dataclass(frozen=True)
class Done:
    """What the function gave."""

    result: Any


@dataclass(frozen=True)
class Failed:
    """What the function raised, and where."""

    error: BaseException
    trace: str


class RemoteError(Exception):
    """Where in its process an item failed; the cause of the error that is raised here."""


def answer(function: Callable[[Any], Any], item: Any, tell: Callable[[int, float], None]) -> Done | Failed:
    """What comes of an item, whatever it is; ``tell`` hears documents and share meanwhile."""
    try:
        with counting(tell):
            return Done(function(item))
    except BaseException as error:  # whatever it is, it is raised in the parent
        return describe_failure(error)


def describe_failure(error: BaseException) -> Failed:
    """An error as it can travel: one whose class cannot be rebuilt elsewhere is told by its name."""
    trace = f"\n{''.join(traceback.format_exception(error))}"
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  # our own error, to see whether it survives the way
    except Exception:
        error = RuntimeError(f"{type(error).__name__}: {error}")
    return Failed(error, trace)

"""What a signal is: a number measured on every document, that decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from llm_assets.quality.batch import TextBatch

Numbers = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True)
class Signal:
    """A column of ``quality_signals``.

    ``unit`` is "count", "characters", "bytes", "fraction" (0..1) or "ratio" (which may exceed 1); ``definition`` says what is
    measured, over which text; ``source`` names the paper. ``measure`` takes the batch before cleaning and the batch after, and
    gives one number a document, from counts and at most one division.
    """

    name: str
    unit: str
    definition: str
    source: str
    measure: Callable[[TextBatch, TextBatch], Numbers]


def divide(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """One division of counts a document; NaN where the whole is 0."""
    quotient = np.full(len(part), np.nan)
    np.divide(part, whole, out=quotient, where=whole != 0)
    return quotient

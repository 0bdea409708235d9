"""Characters of the texts of a batch, counted by their bytes."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from llm_assets.quality.spans import Integers
from llm_assets.utf8 import Utf8


def count_characters(texts: Utf8) -> Integers:
    """Code points of each text."""
    counts: Integers = _count_characters(texts.data, texts.offsets)
    return counts


def count_byte(texts: Utf8, byte: int) -> Integers:
    """Occurrences of an ASCII character, given by its code, in each text."""
    counts: Integers = _count_byte(texts.data, texts.offsets, byte)
    return counts


@numba.njit(cache=True)
def _count_characters(data: NDArray[np.uint8], texts: Integers) -> Integers:
    counts = np.zeros(len(texts) - 1, np.int64)
    for doc in range(len(counts)):
        count = 0
        for byte in data[texts[doc] : texts[doc + 1]]:
            count += byte & 0xC0 != 0x80  # every byte but those that continue a code point
        counts[doc] = count
    return counts


@numba.njit(cache=True)
def _count_byte(data: NDArray[np.uint8], texts: Integers, wanted: int) -> Integers:
    counts = np.zeros(len(texts) - 1, np.int64)
    for doc in range(len(counts)):
        count = 0
        for byte in data[texts[doc] : texts[doc + 1]]:
            count += byte == wanted
        counts[doc] = count
    return counts

"""Sentences of a batch of texts, by punctuation alone.

A sentence holds a letter or number and ends at the end of its line; at a terminal mark, closing quotes and brackets
included, before whitespace that no small letter follows; or at a wide mark such as the ideographic full stop. So ``3.14`` and
``e.g. this`` end none, and ``Mr. Smith`` ends one: what C4 asks for is five of them, not which.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from llm_assets.quality.characters import ALPHANUMERIC, LOWER, SPACE, TERMINAL, WIDE, character_kinds
from llm_assets.quality.spans import Integers
from llm_assets.quality.words import decode
from llm_assets.utf8 import Utf8


def count_sentences(texts: Utf8) -> Integers:
    """Sentences of each text."""
    counts: Integers = _count_sentences(texts.data, texts.offsets, character_kinds())
    return counts


@numba.njit(cache=True)
def _count_sentences(data: NDArray[np.uint8], texts: Integers, kind_of: NDArray[np.uint16]) -> Integers:
    counts = np.zeros(len(texts) - 1, np.int64)
    dull = np.zeros(256, np.bool_)  # bytes that change nothing within a sentence
    for byte in range(128):
        dull[byte] = byte != 10 and not kind_of[byte] & TERMINAL
    for doc in range(len(counts)):
        place, end = texts[doc], texts[doc + 1]
        begun = marked = spaced = False
        while place < end:
            code, size = decode(data, place, end)
            flags = kind_of[code]
            place += size
            if code == 10 or flags & WIDE:
                counts[doc] += begun
                begun = marked = spaced = False
            elif flags & SPACE:
                spaced = marked
            else:
                if spaced and not flags & LOWER:
                    counts[doc] += begun
                    begun = False
                if flags & TERMINAL:
                    marked = True
                elif spaced or flags & ALPHANUMERIC:
                    marked = False
                spaced = False
                if flags & ALPHANUMERIC:
                    begun = True
            if begun and not marked:
                while place < end and dull[data[place]]:
                    place += 1
        counts[doc] += begun
    return counts

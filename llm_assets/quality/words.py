"""Words of a batch of texts.

A word is what stands between Unicode whitespace, without what is no letter, number or combining mark at its ends, as
long as a letter or number is in it: ``"(can't,"`` holds the word ``can't``, and ``--`` or an emoji is a symbol, no word. Case
is kept. Scripts without spaces have long words by this definition: their texts pass :mod:`llm_assets.quality.segments` first.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from llm_assets.quality.characters import ALPHANUMERIC, MARK, SPACE, character_kinds
from llm_assets.quality.spans import Integers
from llm_assets.utf8 import Utf8


def count_all_words(texts: Utf8) -> Integers:
    """How many words each text has."""
    counts: Integers = _count_all_words(texts.data, texts.offsets, character_kinds())
    return counts


@numba.njit(cache=True)
def decode(data: NDArray[np.uint8], place: int, end: int) -> tuple[np.int64, int]:
    """Code point at ``place`` and its bytes; what UTF-8 forbids is a byte of code point 0."""
    lead = np.int64(data[place])
    if lead < 0x80:
        return lead, 1
    length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if lead < 0xC0 or place + length > end:
        return np.int64(0), 1
    code = lead & (0x7F >> length)
    for step in range(1, length):
        code = code << 6 | np.int64(data[place + step]) & 0x3F
    return (code, length) if code <= 0x10FFFF else (np.int64(0), 1)


@numba.njit(cache=True)
def split_words(
    data: NDArray[np.uint8],
    place: int,
    end: int,
    kind_of: NDArray[np.uint16],
    starts: Integers,
    ends: Integers,
    characters: Integers,
    kinds: NDArray[np.uint16],
) -> int:
    """Puts the words of one text into the four arrays, which have room for half its bytes and one more; says how many there are.

    ``characters`` are their lengths, ``kinds`` the kinds of all their characters together.
    """
    small = np.zeros(256, np.bool_)  # small letters of ASCII: most of most texts
    small[97:123] = True
    count, kind, length, last, trimmed = 0, np.int64(0), 0, place, 0
    while place < end:
        byte = data[place]
        if byte < 0x80:
            flags, size = kind_of[byte], 1
        else:
            code, size = decode(data, place, end)
            flags = kind_of[code]
        place += size
        length += 1
        if flags & (ALPHANUMERIC | MARK):
            if kind == 0:
                starts[count], length = place - size, 1
            kind |= flags
            if small[byte]:
                begun = place
                while place < end and small[data[place]]:
                    place += 1
                length += place - begun
            last, trimmed = place, length
        elif flags & SPACE:
            # A piece of symbols alone is written over by the next one: cheaper than a branch.
            ends[count], characters[count], kinds[count] = last, trimmed, kind
            count += (kind & ALPHANUMERIC) != 0
            kind = np.int64(0)
    ends[count], characters[count], kinds[count] = last, trimmed, kind
    count += (kind & ALPHANUMERIC) != 0
    return int(count)


@numba.njit(cache=True)
def count_words(data: NDArray[np.uint8], place: int, end: int, kind_of: NDArray[np.uint16]) -> int:
    """How many words :func:`split_words` finds in one text; cheaper, where nothing else is asked of them."""
    count, within = 0, False
    while place < end:
        byte = data[place]
        if byte < 0x80:
            flags, size = kind_of[byte], 1
        else:
            code, size = decode(data, place, end)
            flags = kind_of[code]
        place += size
        begins = flags & ALPHANUMERIC != 0
        count += begins and not within
        within = (within | begins) & (flags & SPACE == 0)  # no branch: words are short
    return int(count)


@numba.njit(cache=True)
def _count_all_words(data: NDArray[np.uint8], texts: Integers, kind_of: NDArray[np.uint16]) -> Integers:
    counts = np.zeros(len(texts) - 1, np.int64)
    for doc in range(len(counts)):
        counts[doc] = count_words(data, texts[doc], texts[doc + 1], kind_of)
    return counts

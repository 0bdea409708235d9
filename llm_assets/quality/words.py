"""Words of a batch of texts.

A word is what stands between Unicode whitespace, without what is no letter, number or combining mark at its ends, as
long as a letter or number is in it: ``"(can't,"`` holds the word ``can't``, and ``--`` or an emoji is a symbol, no word. Case
is kept. Scripts without spaces have long words by this definition, and their bounds must be chosen for it.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from llm_assets.quality.characters import ALPHANUMERIC, MARK, SPACE, character_kinds
from llm_assets.quality.spans import Integers, Spans
from llm_assets.utf8 import Utf8

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
"""Rae et al. 2021, appendix A1.1; at most four letters each."""


def split_words(texts: Utf8) -> Spans:
    """The words of each text; ``kinds`` holds the kinds of all their characters together."""
    return Spans(*_split_words(texts.data, texts.offsets, character_kinds()))


def count_stop_words(texts: Utf8, words: Spans) -> Integers:
    """How many of the eight stop words a text has, in any case of letters; 0 to 8."""
    packed = np.array([int.from_bytes(word.encode(), "big") for word in STOP_WORDS], np.uint32)
    return _count_stop_words(texts.data, words.offsets, words.starts, words.ends, packed)


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
def _split_words(
    data: NDArray[np.uint8], texts: Integers, kind_of: NDArray[np.uint16]
) -> tuple[Integers, Integers, Integers, Integers, NDArray[np.uint16]]:
    room = (texts[-1] - texts[0]) // 2 + len(texts)
    offsets = np.zeros(len(texts), np.int64)
    starts, ends, characters = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    kinds = np.empty(room, np.uint16)
    count = 0
    for doc in range(len(texts) - 1):
        place, end = texts[doc], texts[doc + 1]
        kind, length, last, trimmed = np.int64(0), 0, place, 0
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
                last, trimmed = place, length
            elif flags & SPACE:
                # A piece of symbols alone is written over by the next one: cheaper than a branch.
                ends[count], characters[count], kinds[count] = last, trimmed, kind
                count += (kind & ALPHANUMERIC) != 0
                kind = np.int64(0)
        ends[count], characters[count], kinds[count] = last, trimmed, kind
        count += (kind & ALPHANUMERIC) != 0
        offsets[doc + 1] = count
    return offsets, starts[:count], ends[:count], characters[:count], kinds[:count]


@numba.njit(cache=True)
def _count_stop_words(
    data: NDArray[np.uint8], offsets: Integers, starts: Integers, ends: Integers, stop_words: NDArray[np.uint32]
) -> Integers:
    counts = np.zeros(len(offsets) - 1, np.int64)
    for doc in range(len(counts)):
        found = 0
        for word in range(offsets[doc], offsets[doc + 1]):
            if ends[word] - starts[word] > 4:
                continue
            packed = np.int64(0)
            for place in range(starts[word], ends[word]):
                byte = np.int64(data[place])
                packed = packed << 8 | (byte | 0x20 if 65 <= byte <= 90 else byte)
            for number in range(len(stop_words)):
                if packed == stop_words[number] and not found >> number & 1:
                    found |= 1 << number
                    counts[doc] += 1
    return counts

"""Texts as FineWeb compares them, end to end in one array of UTF-8 bytes.

Lower case, every number ``0``, no accents, punctuation, symbols or control characters, one space between words. In scripts
that put no space between words every character is a word, so that shingles are of characters there. Each character is looked
up in a table, so it is one pass; what ``unicodedata`` says of a character decides.

>>> normalise_texts(pl.Series(["“Déjà-vu”, 1,000 times!"])).data.tobytes()
b'dejavu 0 times'
"""

from __future__ import annotations

import functools
import unicodedata
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
import polars as pl

NORMALISATION = "lower case, numbers to 0, no accents, punctuation, symbols or controls, single spaces, unspaced scripts by character"
"""Told by every signature file: signatures of texts normalised otherwise do not mix."""

_DROPPED, _SPACE, _ZERO = 0, ord(" "), ord("0")
_FOLDED_CODES = 0x20000  # what lies above is CJK ideographs and private use, which fold to themselves
_ALONE = 1 << 31  # marks a character that is a word
_UNSPACED = (
    (0x0E00, 0x0FFF),  # Thai, Lao, Tibetan
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x1980, 0x19DF),  # New Tai Lue
    (0x2E80, 0x2FDF),  # radicals
    (0x3005, 0x3007),
    (0x3031, 0x30FF),  # kana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # ideographs
    (0x4E00, 0x9FFF),
    (0xA9E0, 0xA9FF),  # more Burmese
    (0xAA60, 0xAA7F),
    (0xF900, 0xFAFF),  # ideographs for compatibility
    (0xFF66, 0xFF9F),  # halfwidth kana
    (0x1AFF0, 0x1B16F),  # more kana
)
"""Blocks of scripts whose words no space parts, all of three bytes and more a character, first and last."""


class Normalised(NamedTuple):
    """Normalised texts end to end. Text i is ``data[offsets[i]:offsets[i + 1]]`` and has ``words[i]`` words."""

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]


def normalise_texts(texts: pl.Series) -> Normalised:
    """Normalises a String series without nulls. A text of no letter or digit becomes empty."""
    array = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets_buffer, data_buffer = array.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64, len(array) + 1, array.offset * 8) if len(array) else np.zeros(1, np.int64)
    data = np.frombuffer(data_buffer, np.uint8) if data_buffer else np.zeros(0, np.uint8)
    # Few characters grow when folded, none by more than half (U+023A takes two bytes, its small letter three), and a space may
    # come before one of three bytes and after it.
    out = np.empty(int(offsets[-1] - offsets[0]) * 2 + 1, np.uint8)
    ends, words = _normalise(data, offsets, _folding_table(), out)
    return Normalised(out[: ends[-1]], ends, words)


@functools.cache
def _folding_table() -> npt.NDArray[np.uint32]:
    """What each code point below U+20000 becomes: another code point, a space, or 0 where it is dropped."""
    table = np.fromiter(map(_fold_character, map(chr, range(_FOLDED_CODES))), np.uint32, _FOLDED_CODES)
    for first, last in _UNSPACED:
        block = table[first : last + 1]
        block[(block != _DROPPED) & (block != _ZERO)] |= np.uint32(_ALONE)
    return table


def _fold_character(character: str) -> int:
    if character.isspace():
        return _SPACE
    category = unicodedata.category(character)
    if category == "Nd":
        return _ZERO
    if category[0] in "PS" or category in ("Cc", "Cf", "Mn", "Me"):
        return _DROPPED
    lower = character.lower()
    bases = [part for part in unicodedata.normalize("NFD", lower) if unicodedata.category(part) != "Mn"]
    # A Hangul syllable decomposes into several letters, none of them an accent: it stays whole.
    return ord(bases[0]) if len(bases) == 1 else ord(lower[0])


@numba.njit(cache=True)
def _normalise(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], table: npt.NDArray[np.uint32], out: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Fills ``out``; gives the offsets in it and the words of each text."""
    texts = len(offsets) - 1
    ends, words = np.zeros(texts + 1, np.int64), np.zeros(texts, np.int64)
    place = 0
    for text in range(texts):
        begin, at, end = place, offsets[text], offsets[text + 1]
        in_word = False
        while at < end:
            first = data[at]
            if first < 0x80:  # most of the bytes there are: worth three times the speed
                folded = int(table[first])
                at += 1
            else:
                code, width = _decode(data, at, end)
                folded = int(table[code]) if code < len(table) else code | _ALONE
                at += width
            alone = folded >= _ALONE
            folded &= _ALONE - 1
            if folded == _DROPPED:
                continue
            if folded == _SPACE:
                in_word = False
                continue
            if alone or not in_word:
                words[text] += 1
                if place > begin:
                    out[place] = _SPACE
                    place += 1
                in_word = not alone
            elif folded == _ZERO and out[place - 1] == _ZERO:
                continue
            if folded < 0x80:
                out[place] = folded
                place += 1
            else:
                place = _encode(folded, out, place)
        ends[text + 1] = place
    return ends, words


@numba.njit(cache=True)
def _decode(data: npt.NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Code point and width (bytes) of the UTF-8 character past ASCII at ``at``; a damaged one is NUL, which is dropped."""
    first = int(data[at])
    if first < 0xC0:
        return 0, 1
    if first < 0xE0:
        if at + 1 < end:
            return (first & 0x1F) << 6 | int(data[at + 1]) & 0x3F, 2
    elif first < 0xF0:
        if at + 2 < end:
            return (first & 0x0F) << 12 | (int(data[at + 1]) & 0x3F) << 6 | int(data[at + 2]) & 0x3F, 3
    elif at + 3 < end:
        return (first & 0x07) << 18 | (int(data[at + 1]) & 0x3F) << 12 | (int(data[at + 2]) & 0x3F) << 6 | int(data[at + 3]) & 0x3F, 4
    return 0, 1


@numba.njit(cache=True)
def _encode(code: int, out: npt.NDArray[np.uint8], place: int) -> int:
    """Writes a code point from U+0080 up as UTF-8 and returns the place behind it."""
    if code < 0x800:
        out[place] = 0xC0 | code >> 6
        out[place + 1] = 0x80 | code & 0x3F
        return place + 2
    if code < 0x10000:
        out[place] = 0xE0 | code >> 12
        out[place + 1] = 0x80 | code >> 6 & 0x3F
        out[place + 2] = 0x80 | code & 0x3F
        return place + 3
    out[place] = 0xF0 | code >> 18
    out[place + 1] = 0x80 | code >> 12 & 0x3F
    out[place + 2] = 0x80 | code >> 6 & 0x3F
    out[place + 3] = 0x80 | code & 0x3F
    return place + 4

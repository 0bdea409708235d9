"""Lines and paragraphs of a batch of texts.

A line stands between two newlines, without the whitespace and invisible characters (controls, zero-width spaces) around it;
blank ones are no lines. A paragraph is a run of lines with no blank line between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from llm_assets.quality.characters import INVISIBLE, SPACE, character_kinds
from llm_assets.quality.spans import Integers, Spans
from llm_assets.quality.words import decode
from llm_assets.utf8 import Utf8


@dataclass(frozen=True)
class Lines:
    """``lines``, whose ``kinds`` are those of the last character; ``initials`` are code points of the first; and ``paragraphs``."""

    lines: Spans
    paragraphs: Spans
    initials: Integers


def split_lines(texts: Utf8) -> Lines:
    """Lines and paragraphs of each text; a paragraph's ``kinds`` are those of its last line."""
    offsets, starts, ends, places, stops, initials, kinds, opens = _split_lines(texts.data, texts.offsets, character_kinds())
    lines = Spans(offsets, starts, ends, stops - places, kinds)
    heads = np.flatnonzero(opens)
    tails = np.append(heads[1:], len(opens))[: len(heads)] - 1
    paragraphs = Spans(np.searchsorted(heads, offsets), starts[heads], ends[tails], stops[tails] - places[heads], kinds[tails])
    return Lines(lines, paragraphs, initials)


def end_in(texts: Utf8, spans: Spans, endings: Sequence[str]) -> NDArray[np.bool_]:
    """Of each piece, whether it ends in one of ``endings``."""
    found = np.zeros(len(spans.ends), np.bool_)
    for ending in endings:
        found |= _end_in(texts.data, spans.starts, spans.ends, np.frombuffer(ending.encode(), np.uint8))
    return found


@numba.njit(cache=True)
def _count_characters(data: NDArray[np.uint8], start: int, end: int) -> int:
    """Code points of a range: its bytes that continue none."""
    count = 0
    for place in range(start, end):
        count += data[place] & 0xC0 != 0x80
    return count


@numba.njit(cache=True)
def find_newline(data: NDArray[np.uint8], place: int, end: int) -> tuple[int, int]:
    """The next newline from ``place`` on, or ``end``; and the code points up to it."""
    count = 0
    while place < end and data[place] != 10:
        count += data[place] & 0xC0 != 0x80
        place += 1
    return place, count


@numba.njit(cache=True)
def trim(data: NDArray[np.uint8], start: int, end: int, kind_of: NDArray[np.uint16], kinds: int) -> tuple[int, int]:
    """The range without the characters of ``kinds`` at its ends; empty at ``end`` where there are no others."""
    while start < end:
        code, size = decode(data, start, end)
        if not kind_of[code] & kinds:
            break
        start += size
    while end > start:
        last = end - 1
        while last > start and data[last] & 0xC0 == 0x80:
            last -= 1
        code, _ = decode(data, last, end)
        if not kind_of[code] & kinds:
            break
        end = last
    return start, end


@numba.njit(cache=True)
def last_code(data: NDArray[np.uint8], start: int, end: int) -> np.int64:
    """The last code point of a range that is not empty."""
    last = end - 1
    while last > start and data[last] & 0xC0 == 0x80:
        last -= 1
    code, _ = decode(data, last, end)
    return code


@numba.njit(cache=True)
def _split_lines(
    data: NDArray[np.uint8], texts: Integers, kind_of: NDArray[np.uint16]
) -> tuple[Integers, Integers, Integers, Integers, Integers, Integers, NDArray[np.uint16], NDArray[np.bool_]]:
    """Offsets, bytes from and to, characters of the document from and to, first code points, kinds of the last, first of a paragraph."""
    room = len(texts)
    for place in range(texts[0], texts[-1]):
        room += data[place] == 10
    offsets = np.zeros(len(texts), np.int64)
    starts, ends = np.empty(room, np.int64), np.empty(room, np.int64)
    places, stops = np.empty(room, np.int64), np.empty(room, np.int64)
    initials, kinds = np.empty(room, np.int64), np.empty(room, np.uint16)
    opens = np.empty(room, np.bool_)
    count = 0
    for doc in range(len(texts) - 1):
        place, end, character, blank = texts[doc], texts[doc + 1], 0, True
        while place < end:
            stop, length = find_newline(data, place, end)
            start, last = trim(data, place, stop, kind_of, SPACE | INVISIBLE)
            if start < last:
                starts[count], ends[count] = start, last
                places[count] = character + _count_characters(data, place, start)
                stops[count] = character + length - _count_characters(data, last, stop)
                initials[count], kinds[count] = decode(data, start, last)[0], kind_of[last_code(data, start, last)]
                opens[count] = blank
                count += 1
            blank = start == last
            character += length + 1
            place = stop + 1
        offsets[doc + 1] = count
    return offsets, starts[:count], ends[:count], places[:count], stops[:count], initials[:count], kinds[:count], opens[:count]


@numba.njit(cache=True)
def _end_in(data: NDArray[np.uint8], starts: Integers, ends: Integers, ending: NDArray[np.uint8]) -> NDArray[np.bool_]:
    found = np.zeros(len(starts), np.bool_)
    for piece in range(len(starts)):
        begin = ends[piece] - len(ending)
        if begin >= starts[piece]:
            found[piece] = True
            for step in range(len(ending)):
                if data[begin + step] != ending[step]:
                    found[piece] = False
                    break
    return found

"""Lines and paragraphs of a batch of texts.

A line stands between two newlines, without the whitespace and invisible characters (controls, zero-width spaces) around it;
blank ones are no lines. A paragraph is a run of lines with no blank line between.
"""

from __future__ import annotations

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
    """``lines``, whose ``kinds`` are those of the last character, with what else is asked of a line.

    ``first_kinds`` are the kinds of its first character; ``ellipses`` says that it ends in ``...`` or ``…``.
    """

    lines: Spans
    paragraphs: Spans
    first_kinds: NDArray[np.uint16]
    ellipses: NDArray[np.bool_]


def split_lines(texts: Utf8) -> Lines:
    """Lines and paragraphs of each text; a paragraph's ``kinds`` are those of its last line."""
    offsets, starts, ends, places, stops, first_kinds, kinds, opens = _split_lines(texts.data, texts.offsets, character_kinds())
    lines = Spans(offsets, starts, ends, stops - places, kinds)
    heads = np.flatnonzero(opens)
    tails = np.append(heads[1:], len(opens))[: len(heads)] - 1
    paragraphs = Spans(np.searchsorted(heads, offsets), starts[heads], ends[tails], stops[tails] - places[heads], kinds[tails])
    return Lines(lines, paragraphs, first_kinds, _end_in_ellipsis(texts.data, starts, ends))


@numba.njit(cache=True)
def _split_lines(
    data: NDArray[np.uint8], texts: Integers, kind_of: NDArray[np.uint16]
) -> tuple[Integers, Integers, Integers, Integers, Integers, NDArray[np.uint16], NDArray[np.uint16], NDArray[np.bool_]]:
    """Offsets, bytes from and to, characters of the document from and to, kinds at both ends, first of a paragraph."""
    room = len(texts)
    for place in range(texts[0], texts[-1]):
        room += data[place] == 10
    offsets = np.zeros(len(texts), np.int64)
    starts, ends = np.empty(room, np.int64), np.empty(room, np.int64)
    places, stops = np.empty(room, np.int64), np.empty(room, np.int64)
    first_kinds, last_kinds = np.empty(room, np.uint16), np.empty(room, np.uint16)
    opens = np.empty(room, np.bool_)
    count = 0
    for doc in range(len(texts) - 1):
        place, end, character, blank = texts[doc], texts[doc + 1], 0, True
        while place < end:
            empty = True
            while place < end and data[place] != 10:
                code, size = decode(data, place, end)
                flags = kind_of[code]
                if not flags & (SPACE | INVISIBLE):
                    if empty:
                        starts[count], places[count], first_kinds[count], empty = place, character, flags, False
                    ends[count], stops[count], last_kinds[count] = place + size, character + 1, flags
                character += 1
                place += size
            if not empty:
                opens[count] = blank
                count += 1
            blank = empty
            character += 1
            place += 1
        offsets[doc + 1] = count
    return (
        offsets,
        starts[:count],
        ends[:count],
        places[:count],
        stops[:count],
        first_kinds[:count],
        last_kinds[:count],
        opens[:count],
    )


@numba.njit(cache=True)
def _end_in_ellipsis(data: NDArray[np.uint8], starts: Integers, ends: Integers) -> NDArray[np.bool_]:
    found = np.zeros(len(starts), np.bool_)
    for line in range(len(starts)):
        end = ends[line]
        if end - starts[line] >= 3:
            a, b, c = data[end - 3], data[end - 2], data[end - 1]
            found[line] = (a == 46 and b == 46 and c == 46) or (a == 0xE2 and b == 0x80 and c == 0xA6)
    return found

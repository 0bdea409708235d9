"""Passages that a text shares with others, found by a suffix array (Manber and Myers 1990; Lee et al. 2022, section 4.1).

The texts stand one after the other, each followed by a byte that UTF-8 never has. In a suffix array those suffixes are neighbours that
begin with the same bytes, so that one walk along it finds every string of a length that several texts have. Whether neighbours agree so
far is found in the order of the text (Kärkkäinen, Manzini and Puglisi 2009), as Kasai's algorithm does but with one array less.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
from pydivsufsort import divsufsort

from llm_assets.utf8 import Utf8

Bytes = npt.NDArray[np.uint8]
Suffixes = npt.NDArray[np.int32] | npt.NDArray[np.int64]
Integers = npt.NDArray[np.int64]

MEMORY = 12
"""Bytes that are needed for one of text: itself twice, its suffix array, another array of that size, and two of a byte a place."""

_SEPARATOR = np.uint8(0xFF)
_SHARED, _REPEATED = np.uint8(1), np.uint8(2)
_CONTINUATION_MASK, _CONTINUATION = np.uint8(0xC0), np.uint8(0x80)


def find_passages(texts: Utf8, length: int) -> Integers:
    """A row a text: its repeated passages and their bytes, its shared passages and their bytes.

    A place is in a passage where ``length`` bytes around it, beginning with a character, also stand in another text; one that is in an
    earlier text makes it repeated, one in any text shared. What overlaps or touches is one passage. It ends with a whole character.
    """
    sizes = np.diff(texts.offsets)
    if len(sizes) < 2:
        return np.zeros((len(sizes), 4), np.int64)
    text: Bytes = np.insert(texts.data, texts.offsets[1:], _SEPARATOR)
    offsets: Integers = texts.offsets + np.arange(len(texts.offsets))
    suffixes: Suffixes = divsufsort(text)
    agrees = _compare_neighbours(text, suffixes, length)
    owners = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes + 1)
    marks = _mark_places(suffixes, agrees, owners)
    passages: Integers = np.empty((len(sizes), 4), np.int64)
    for column, kind in ((0, _REPEATED), (2, _SHARED)):
        _measure_passages(text, offsets, marks, kind, length, passages[:, column : column + 2])
    return passages


@numba.njit(cache=True)
def _compare_neighbours(text: Bytes, suffixes: Suffixes, length: int) -> Bytes:
    """For each place of the text, whether its suffix shares ``length`` bytes with the one before it in the suffix array."""
    before = np.empty_like(suffixes)
    before[suffixes[0]] = -1
    for rank in range(1, len(suffixes)):
        before[suffixes[rank]] = suffixes[rank - 1]
    agrees = np.zeros(len(text), np.uint8)
    same = 0
    for place in range(len(text)):
        other = before[place]
        if other < 0:
            same = 0
            continue
        most = len(text) - max(place, other)
        while same < most and text[place + same] == text[other + same]:
            same += 1
        agrees[place] = same >= length
        same = max(same - 1, 0)
    return agrees


@numba.njit(cache=True)
def _mark_places(suffixes: Suffixes, agrees: Bytes, owners: npt.NDArray[np.int32]) -> Bytes:
    """For each place of the text, whether the string that begins there is in another text, and in an earlier one."""
    marks = np.zeros(len(suffixes), np.uint8)
    begin = 0
    while begin < len(suffixes):
        first = last = owners[suffixes[begin]]
        end = begin + 1
        while end < len(suffixes) and agrees[suffixes[end]]:
            first, last = min(first, owners[suffixes[end]]), max(last, owners[suffixes[end]])
            end += 1
        if first < last:
            for rank in range(begin, end):
                marks[suffixes[rank]] = _SHARED | _REPEATED if owners[suffixes[rank]] > first else _SHARED
        begin = end
    return marks


@numba.njit(cache=True)
def _measure_passages(text: Bytes, offsets: Integers, marks: Bytes, kind: np.uint8, length: int, measured: Integers) -> None:
    """Writes for each text how many passages of a kind it has, and their bytes."""
    for number in range(len(offsets) - 1):
        last = offsets[number + 1] - 1
        passages = covered = 0
        begin = end = offsets[number] - 1
        for place in range(offsets[number], last - length + 1):
            if marks[place] & kind and text[place] & _CONTINUATION_MASK != _CONTINUATION:
                if place > end:
                    size = _cut_to_characters(text, begin, end)
                    passages, covered = passages + (size > 0), covered + size
                    begin = place
                end = place + length
        size = _cut_to_characters(text, begin, end)
        measured[number, 0], measured[number, 1] = passages + (size > 0), covered + size


@numba.njit(cache=True)
def _cut_to_characters(text: Bytes, begin: int, end: int) -> int:
    """Size of a passage without a character that its end cuts."""
    while end > begin and text[end] & _CONTINUATION_MASK == _CONTINUATION:
        end -= 1
    return end - begin

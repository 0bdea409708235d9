"""Which lines of a batch of texts stay: the walk over bytes behind :mod:`llm_assets.quality.cleaning`."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from llm_assets.quality.characters import ALPHANUMERIC, SPACE, UNSPACED, character_kinds
from llm_assets.quality.lines import find_newline, last_code, trim
from llm_assets.quality.spans import Integers
from llm_assets.quality.words import decode
from llm_assets.utf8 import Utf8

LINE_ENDS = ".!?。！？\"'”’»」』"


@dataclass(frozen=True)
class LineRules:
    """What a line must meet to stay; 0 and empty are off. ``phrases`` are of small ASCII letters and spaces, two at least."""

    min_words: int
    max_word_length: int
    terminal_punctuation: bool
    phrases: tuple[str, ...]


def keep_lines(texts: Utf8, suspects: NDArray[np.bool_], rules: LineRules) -> Utf8:
    """The lines that stay, trimmed, one newline between. Only texts that are ``suspects`` are searched for phrases."""
    ends = np.array(sorted(map(ord, LINE_ENDS)), np.int64)
    kept, offsets = _keep_lines(
        texts.data,
        texts.offsets,
        character_kinds(),
        suspects,
        rules.min_words,
        rules.max_word_length,
        ends if rules.terminal_punctuation else ends[:0],
        np.frombuffer("".join(rules.phrases).encode(), np.uint8),
        np.cumsum([0, *map(len, rules.phrases)], dtype=np.int64),
    )
    return Utf8(kept, offsets)


@numba.njit(cache=True)
def _keep_lines(
    data: NDArray[np.uint8],
    texts: Integers,
    kind_of: NDArray[np.uint16],
    suspects: NDArray[np.bool_],
    min_words: int,
    max_word_length: int,
    line_ends: Integers,
    phrases: NDArray[np.uint8],
    begins: Integers,
) -> tuple[NDArray[np.uint8], Integers]:
    kept = np.empty(texts[-1] - texts[0], np.uint8)
    offsets = np.zeros(len(texts), np.int64)
    pairs = np.zeros((2, 256), np.bool_)  # the phrases' first and second letters
    for number in range(len(begins) - 1):
        pairs[0, phrases[begins[number]]] = pairs[1, phrases[begins[number] + 1]] = True
    size = 0
    for doc in range(len(texts) - 1):
        place, end, blanks = texts[doc], texts[doc + 1], 0
        while place < end:
            stop, _ = find_newline(data, place, end)
            start, last = trim(data, place, stop, kind_of, SPACE)
            place = stop + 1
            if min_words and not _has_words(data, start, last, kind_of, min_words):
                continue
            if suspects[doc] and _has_phrase(data, start, last, phrases, begins, pairs):
                continue
            if len(line_ends) and not _ends_sentence(data, start, last, line_ends):
                continue
            if max_word_length and last - start > max_word_length and _has_long_word(data, start, last, kind_of, max_word_length):
                continue
            if size == offsets[doc]:
                blanks = 0
            blanks += 1
            if start == last:
                continue
            if size > offsets[doc]:
                kept[size : size + blanks] = 10
                size += blanks
            blanks = 0
            kept[size : size + last - start] = data[start:last]
            size += last - start
        offsets[doc + 1] = size
    return kept[:size].copy(), offsets


@numba.njit(cache=True)
def _has_words(data: NDArray[np.uint8], place: int, end: int, kind_of: NDArray[np.uint16], least: int) -> bool:
    count, within = 0, False
    while place < end:
        code, size = decode(data, place, end)
        flags = kind_of[code]
        if flags & SPACE:
            within = False
        elif flags & ALPHANUMERIC and (not within or flags & UNSPACED):
            within = True
            count += 1
            if count == least:
                return True
        place += size
    return False


@numba.njit(cache=True)
def _has_phrase(
    data: NDArray[np.uint8], start: int, end: int, phrases: NDArray[np.uint8], begins: Integers, pairs: NDArray[np.bool_]
) -> bool:
    for place in range(start, end - 1):
        if pairs[0, data[place] | 32] and pairs[1, data[place + 1] | 32]:
            for number in range(len(begins) - 1):
                if _is_phrase(data, place, end, phrases[begins[number] : begins[number + 1]]):
                    return True
    return False


@numba.njit(cache=True)
def _is_phrase(data: NDArray[np.uint8], place: int, end: int, phrase: NDArray[np.uint8]) -> bool:
    if end - place < len(phrase):
        return False
    for step in range(len(phrase)):
        byte = data[place + step]
        if byte != phrase[step] and not (65 <= byte <= 90 and byte | 32 == phrase[step]):
            return False
    return True


@numba.njit(cache=True)
def _ends_sentence(data: NDArray[np.uint8], start: int, end: int, line_ends: Integers) -> bool:
    if start == end or (end - start >= 3 and data[end - 1] == 46 and data[end - 2] == 46 and data[end - 3] == 46):
        return False
    code = last_code(data, start, end)
    for mark in line_ends:  # noqa: SIM110  # numba has no any() of a generator
        if code == mark:
            return True
    return False


@numba.njit(cache=True)
def _has_long_word(data: NDArray[np.uint8], place: int, end: int, kind_of: NDArray[np.uint16], most: int) -> bool:
    length = 0
    while place < end:
        code, size = decode(data, place, end)
        length = 0 if kind_of[code] & SPACE else length + 1
        if length > most:
            return True
        place += size
    return False

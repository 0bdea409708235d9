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
    """What a line must meet to stay; 0 and empty are off. ``phrases`` are of small ASCII letters and spaces."""

    min_words: int
    max_word_length: int
    terminal_punctuation: bool
    phrases: tuple[str, ...]


def keep_lines(texts: Utf8, suspects: NDArray[np.bool_], rules: LineRules) -> Utf8:
    """The lines that stay, trimmed, one newline between. Only texts that are ``suspects`` are searched for phrases."""
    ends = np.array(sorted(map(ord, LINE_ENDS)), np.int64)
    phrases = np.frombuffer("\0".join((*rules.phrases, "")).encode(), np.uint8)
    kept, offsets = _keep_lines(
        texts.data,
        texts.offsets,
        character_kinds(),
        suspects,
        rules.min_words,
        rules.max_word_length,
        ends if rules.terminal_punctuation else ends[:0],
        phrases,
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
) -> tuple[NDArray[np.uint8], Integers]:
    kept = np.empty(texts[-1] - texts[0], np.uint8)
    offsets = np.zeros(len(texts), np.int64)
    begins = np.zeros(256, np.bool_)  # first letters of the phrases
    for number in range(len(phrases)):
        begins[phrases[number]] |= number == 0 or phrases[number - 1] == 0
    size = 0
    for doc in range(len(texts) - 1):
        place, end, blanks = texts[doc], texts[doc + 1], 0
        while place < end:
            stop, _ = find_newline(data, place, end)
            start, last = trim(data, place, stop, kind_of, SPACE)
            place = stop + 1
            if min_words and not _has_words(data, start, last, kind_of, min_words):
                continue
            if suspects[doc] and _has_phrase(data, start, last, phrases, begins):
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
def _has_phrase(data: NDArray[np.uint8], start: int, end: int, phrases: NDArray[np.uint8], begins: NDArray[np.bool_]) -> bool:
    """``phrases`` end in a zero byte each."""
    for place in range(start, end):
        if not begins[data[place] | np.uint8(32)]:
            continue
        step = 0
        for letter in phrases:
            if letter == 0:
                if step >= 0:
                    return True
                step = 0
            elif step >= 0:
                byte = data[place + step] if place + step < end else np.uint8(0)
                byte = byte | np.uint8(32) if 65 <= byte <= 90 else byte
                step = step + 1 if byte == letter else -1
    return False


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

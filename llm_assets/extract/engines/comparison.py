"""What two texts of one page have in common, in runs of four words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SHINGLE_WORDS = 4

SHARED_FRACTION = 0.5
"""Share of a line's shingles that another text has, from which on both found the line."""

PROSE_WORDS = 12
"""Words of a line from which on it is taken for prose; shorter ones are as likely captions and links."""

_WORD = re.compile(r"\w+")
_WORD_OR_END = re.compile(r"\w+|\n")
_END = 0
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd; the sum over four words is taken modulo 2^64


class Comparison(NamedTuple):
    """An item for each line: how many of its shingles another text has, whether that makes it found, and the other's line
    where the last of them ends. ``words`` are those of the other text."""

    shared: NDArray[np.int64]
    found: NDArray[np.bool_]
    places: NDArray[np.int64]
    words: int

    def find_fraction(self, lines: Lines) -> float:
        """Share of the lines' shingles that the other text has; 1 where there are none."""
        total = int(lines.shingles.sum())
        return int(self.shared.sum()) / total if total else 1.0


class Lines:
    """The lines of a text. ``words`` and ``shingles`` count those of each line; no shingle goes over the end of a line.

    Words are runs of letters, digits and underscores, and are numbered as they come; shingles are hashes of the numbers.
    """

    def __init__(self, text: str) -> None:
        self.texts: Sequence[str] = [line.strip() for line in text.split("\n")]
        self._numbers = _Numbers({"\n": _END})
        words, lines = self._number_words(text)
        self.words = np.bincount(lines, minlength=len(self.texts))
        self.shingles = np.maximum(self.words - (SHINGLE_WORDS - 1), 0)
        self.is_prose = self.words >= PROSE_WORDS
        inside = lines[: -SHINGLE_WORDS + 1] == lines[SHINGLE_WORDS - 1 :]
        self._hashes, self._lines = _hash_shingles(words)[inside], lines[: -SHINGLE_WORDS + 1][inside]

    def compare(self, text: str) -> Comparison:
        """Looks for the lines in another text, whose own line ends do not matter."""
        words, lines = self._number_words(text)
        hashes = _hash_shingles(words)
        shared, places = np.zeros(len(self.texts), np.int64), np.zeros(len(self.texts), np.int64)
        if len(hashes):
            order = np.argsort(hashes, kind="stable")
            # Behind all that are smaller or equal: where a shingle occurs more than once, at the last of them.
            last = order[np.searchsorted(hashes, self._hashes, side="right", sorter=order) - 1]
            is_shared = hashes[last] == self._hashes
            at = self._lines[is_shared]
            shared = np.bincount(at, minlength=len(self.texts))
            places[at] = lines[last[is_shared] + SHINGLE_WORDS - 1]  # in order, so that a line's last one stays
        return Comparison(shared, (shared > 0) & (shared >= SHARED_FRACTION * self.shingles), places, len(words))

    def _number_words(self, text: str) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The number of each word, and of the line that it stands in."""
        numbers = np.fromiter(map(self._numbers.__getitem__, _WORD_OR_END.findall(text)), np.uint64)
        is_end = numbers == _END
        return numbers[~is_end], np.cumsum(is_end)[~is_end]


class _Numbers(dict[str, int]):
    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


def split_words(text: str) -> list[str]:
    """Runs of letters, digits and underscores."""
    return _WORD.findall(text)


def _hash_shingles(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    count = max(len(words) - SHINGLE_WORDS + 1, 0)
    hashes = words[:count]
    for place in range(1, SHINGLE_WORDS):
        hashes = hashes * _FACTOR + words[place : place + count]
    return hashes

"""What two texts of one page have in common, in runs of four words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

SHINGLE_WORDS = 4

SHARED_FRACTION = 0.5
"""Share of a line's shingles that another text has, from which on both found the line."""

PROSE_WORDS = 12
"""Words of a line from which on it is taken for prose; shorter ones are as likely captions and links."""

_WORD = re.compile(r"\w+")
_Shingle = tuple[str, ...]


class Line(NamedTuple):
    """A line of a text."""

    text: str
    words: Sequence[str]
    shingles: Sequence[_Shingle]

    @property
    def is_prose(self) -> bool:
        """Whether it is long enough to be a sentence of the text."""
        return len(self.words) >= PROSE_WORDS


class Match(NamedTuple):
    """How many of a line's shingles another text has, whether that makes it found, and the other's line where the last one ends."""

    shared: int
    is_found: bool
    place: int


class Comparison(NamedTuple):
    """A match for each line, and the number of words of the text that they were looked for in."""

    matches: Sequence[Match]
    words: int


def split_words(text: str) -> list[str]:
    """Runs of letters, digits and underscores."""
    return _WORD.findall(text)


def split_lines(text: str) -> list[Line]:
    """The lines of a text with their words. No shingle goes over the end of a line."""
    lines = [line.strip() for line in text.split("\n")]
    return [Line(line, words, _make_shingles(words)) for line in lines for words in [split_words(line)]]


def compare_lines(lines: Sequence[Line], text: str) -> Comparison:
    """Looks for the lines in another text, whose own line ends do not matter."""
    words = [(word, number) for number, line in enumerate(text.split("\n")) for word in split_words(line)]
    shingles = _make_shingles([word for word, _ in words])
    places = {shingle: words[end][1] for end, shingle in enumerate(shingles, SHINGLE_WORDS - 1)}
    return Comparison([_match_line(line, places) for line in lines], len(words))


def find_shared_fraction(lines: Sequence[Line], matches: Sequence[Match]) -> float:
    """Share of the lines' shingles that the other text has; 1 where there are none."""
    total = sum(len(line.shingles) for line in lines)
    return sum(match.shared for match in matches) / total if total else 1.0


def _match_line(line: Line, places: Mapping[_Shingle, int]) -> Match:
    shared = [places[shingle] for shingle in line.shingles if shingle in places]
    return Match(len(shared), bool(shared) and len(shared) >= SHARED_FRACTION * len(line.shingles), shared[-1] if shared else 0)


def _make_shingles(words: Sequence[str]) -> list[_Shingle]:
    return list(zip(*(words[start:] for start in range(SHINGLE_WORDS)), strict=False))

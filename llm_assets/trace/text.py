"""Verbatim runs of a text: its longest stretches that stand in the indexed documents, and in which.

What is promised. A run is a stretch of whole tokens of the text, at least ``least`` of them, without white space at either end, whose
very bytes stand in every document that is named, and which no longer such stretch holds. It is found where ``least`` neighbouring
tokens are those of a document; so a sentence is, wherever it stands, once it has two tokens more or so. Its places are counted whatever
the tokens at its edges: EDGE at either end need not be those of the documents (see :mod:`llm_assets.trace.edges`). Bytes that a
document has in altogether other tokens, as those of a cut through a long number, are not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import tokenizers

from llm_assets.errors import DataError
from llm_assets.tokenizer.bpe import encode_text, token_bytes
from llm_assets.trace.edges import Vocabulary, measure_agreement
from llm_assets.trace.index import Index
from llm_assets.trace.runs import LEAST, MOST_DOCS, count_docs, count_places, find_positions, find_stretches
from llm_assets.trace.search import Integers

EDGE = 2
"""Tokens at either end of a run that are compared as bytes alone."""

MOST_PLACES = 1 << 16
"""Places that are looked at for a run. Where the tokens between its edges stand at more, as those of a common phrase do, its edges are a
token shorter, and at last none."""

_WHITE = np.frombuffer(b" \t\n\v\f\r", np.uint8)


@dataclass(frozen=True)
class TextRun:
    """Characters ``start`` to ``end`` (exclusive) of a text, ``tokens`` of its tokens, and where they stand: each place counts.

    ``documents`` counts all documents; ``docs`` are the keys of the first of them, in ascending order. A token may end within a
    character: such a character is no part of the run.
    """

    start: int
    end: int
    tokens: int
    occurrences: int
    documents: int
    docs: tuple[int, ...]


@dataclass(frozen=True)
class Trace:
    """A text, how many tokens it has, and its runs by where they begin. Two of them may overlap."""

    text: str
    tokens: int
    runs: tuple[TextRun, ...]

    def spell(self, run: TextRun) -> str:
        """The characters of a run."""
        return self.text[run.start : run.end]

    def longest(self, most: int) -> list[TextRun]:
        """The runs of most tokens, longest first."""
        return sorted(self.runs, key=lambda run: (-run.tokens, run.start))[:most]

    @property
    def covered(self) -> int:
        """Characters that lie in a run."""
        return sum(len(text) for text, runs in self.pieces() if runs)

    def ending_behind(self, place: int) -> Trace:
        """The same without the runs that end at a character or before it."""
        return replace(self, runs=tuple(run for run in self.runs if run.end > place))

    def pieces(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The text cut where a run begins or ends, each piece with the numbers of the runs that hold it; joined, they are the text."""
        cuts = sorted({0, len(self.text), *(place for run in self.runs for place in (run.start, run.end))})
        for start, end in pairwise(cuts):
            yield self.text[start:end], tuple(number for number, run in enumerate(self.runs) if run.start <= start and end <= run.end)


class Tracer:
    """Traces texts by an index and the tokenizer of its shards."""

    def __init__(self, index: Index, tokenizer: tokenizers.Tokenizer) -> None:
        self.index, self.tokenizer = index, tokenizer
        self._raw = token_bytes(tokenizer)
        self._vocabulary = Vocabulary.of_tokens(self._raw)

    def trace(self, text: str, least: int = LEAST, most_docs: int = MOST_DOCS) -> Trace:
        """The runs of a text; see the module for what is promised. DataError where the tokenizer does not keep the text's bytes."""
        query = _Query(encode_text(self.tokenizer, text), self._raw)
        if query.text != text.encode():
            raise DataError("the tokenizer changes texts, so that they cannot be traced")
        best: dict[tuple[int, int], _Places] = {}
        for each in find_stretches(self.index, query.ids, least):
            seed = _Seed(self.index, self._vocabulary, query, *each)
            for stretch in seed.stretches(least):
                positions = seed.positions(stretch)
                places = _Places(sum(map(len, positions)), *count_docs(self.index, positions, most_docs))
                best[stretch] = max(places, best.get(stretch, places), key=lambda each: each.occurrences)
        characters = _Characters(query.text)
        runs = [
            TextRun(
                characters.at_or_after(int(query.starts[start])),
                characters.at_or_before(int(query.ends[end - 1])),
                end - start,
                *best[start, end],
            )
            for start, end in _drop_held(best)
        ]
        return Trace(text, query.ids.size, tuple(runs))


class _Places(NamedTuple):
    """Where a stretch stands; see :class:`TextRun`."""

    occurrences: int
    documents: int
    docs: tuple[int, ...]


class _Query:
    """Tokens of a text, and where in its bytes a stretch begins or ends that does so with a token, white space left out."""

    def __init__(self, ids: Sequence[int], raw: Sequence[bytes]) -> None:
        each = [raw[token] for token in ids]
        self.ids: Integers = np.array(ids, np.int64)
        self.text = b"".join(each)
        self.offsets: Integers = np.cumsum([0, *map(len, each)], dtype=np.int64)
        black = np.flatnonzero(~np.isin(np.frombuffer(self.text, np.uint8), _WHITE))
        self.starts = np.append(black, len(self.text))[np.searchsorted(black, self.offsets[:-1])]
        self.ends = np.append(0, black + 1)[np.searchsorted(black, self.offsets[1:])]

    def first_token(self, bytes_reached: Integers) -> Integers:
        """The first token that begins at a byte or behind it; of tokens that begin at the same, all but one white space, the last."""
        found = np.searchsorted(self.starts, bytes_reached, side="left")
        return np.searchsorted(self.starts, self.starts[found], side="right") - 1

    def last_token(self, bytes_reached: Integers) -> Integers:
        """Behind the last token that ends at a byte or before it; of tokens that end at the same, the first."""
        found = np.searchsorted(self.ends, bytes_reached, side="right") - 1
        return np.searchsorted(self.ends, self.ends[found], side="left") + 1


class _Seed:
    """A run of tokens, and all places where its tokens but those at the edges stand, with what agrees around them."""

    def __init__(self, index: Index, vocabulary: Vocabulary, query: _Query, start: int, end: int) -> None:
        for edge in range(min(EDGE, (end - start - 1) // 2), -1, -1):
            core = slice(start + edge, end - edge)
            if count_places(index, query.ids[core]) <= MOST_PLACES:
                break
        begin, stop = int(query.offsets[core.start]), int(query.offsets[core.stop])
        text = np.frombuffer(query.text, np.uint8)
        self._positions = find_positions(index, query.ids[core])
        self._size = query.ids.size
        self._reach: list[tuple[Integers, Integers]] = []
        for part, positions in zip(index.parts, self._positions, strict=True):
            before, behind = measure_agreement(
                text, begin, stop, positions, core.stop - core.start, part.tokens, index.end_of_text, vocabulary.data, vocabulary.offsets
            )
            self._reach.append((query.first_token(begin - before), query.last_token(stop + behind)))

    def stretches(self, least: int) -> list[tuple[int, int]]:
        """Stretches of at least so many tokens that stand at one of the places, without those that another one holds."""
        furthest = np.zeros(self._size + 1, np.int64)
        for first, last in self._reach:
            np.maximum.at(furthest, first, last)
        return _drop_held((start, end) for start, end in enumerate(furthest.tolist()) if end - start >= least)

    def positions(self, stretch: tuple[int, int]) -> list[Integers]:
        """Places at which a stretch stands, for each part of the index."""
        start, end = stretch
        return [positions[(first <= start) & (last >= end)] for positions, (first, last) in zip(self._positions, self._reach, strict=True)]


class _Characters:
    """Characters of a text by the bytes of its UTF-8."""

    def __init__(self, text: bytes) -> None:
        data = np.frombuffer(text, np.uint8)
        self._begins = np.append(np.flatnonzero(data & 0xC0 != 0x80), data.size)

    def at_or_after(self, byte: int) -> int:
        """The first character that begins at a byte or behind it."""
        return int(np.searchsorted(self._begins, byte, side="left"))

    def at_or_before(self, byte: int) -> int:
        """The last character that begins at a byte or before it; behind the last byte, the number of characters."""
        return int(np.searchsorted(self._begins, byte, side="right")) - 1


def _drop_held(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The stretches that lie within no other, by where they begin."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(set(stretches), key=lambda stretch: (stretch[0], -stretch[1])):
        if not kept or end > kept[-1][1]:
            kept.append((start, end))
    return kept

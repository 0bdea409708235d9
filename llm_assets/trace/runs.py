"""Verbatim runs of tokens: the stretches of a query that stand in the indexed documents, and that no longer such stretch holds.

>>> trace_tokens(index, encode_text(tokenizer, "It is a truth universally acknowledged, that a cat"), least=6)
(Run(start=0, end=9, occurrences=3, documents=2, docs=(7, 12)),)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llm_assets.trace.index import Index
from llm_assets.trace.search import Integers, extend_matches, find_interval

LEAST = 8
"""Tokens of a run at least, unless another number is asked for: shorter ones are often chance."""

MOST_DOCS = 10
"""Documents that are named of a run, unless another number is asked for."""


@dataclass(frozen=True)
class Run:
    """Tokens ``start`` to ``end`` (exclusive) of a query, and where they stand: each place counts, also in the same document.

    ``documents`` counts all documents; ``docs`` are the keys of the first of them, in ascending order.
    """

    start: int
    end: int
    occurrences: int
    documents: int
    docs: tuple[int, ...]


def trace_tokens(index: Index, tokens: Sequence[int] | Integers, least: int = LEAST, most_docs: int = MOST_DOCS) -> tuple[Run, ...]:
    """All maximal verbatim runs of at least ``least`` tokens, by where they begin. Two of them may overlap.

    A run lies within documents: end-of-text in the query is never part of one. The answer does not depend on how the index is
    cut into parts. The same text may be tokenised otherwise elsewhere: :func:`llm_assets.trace.text.trace_text` is for texts.
    """
    query = np.asarray(tokens, np.int64)
    found = []
    for start, end in find_stretches(index, query, least):
        positions = find_positions(index, query[start:end])
        found.append(Run(start, end, sum(map(len, positions)), *count_docs(index, positions, most_docs)))
    return tuple(found)


def find_stretches(index: Index, query: Integers, least: int) -> Iterator[tuple[int, int]]:
    """Start and end of every maximal verbatim run of at least ``least`` tokens."""
    if least < 1:
        raise ValueError(f"a run has at least one token, not {least}")
    borders = np.flatnonzero(query == index.end_of_text)
    for begin, end in zip([0, *(borders + 1).tolist()], [*borders.tolist(), query.size], strict=True):
        longest = np.zeros(end - begin, np.int64)
        for part in index.parts:
            extend_matches(query[begin:end], part.tokens, part.suffixes, longest)
        ends = np.arange(longest.size) + longest
        # A match is held by that of the place before it unless it goes further.
        maximal = np.diff(ends, prepend=-1) > 0
        for start in np.flatnonzero(maximal & (longest >= least)).tolist():
            yield begin + start, begin + int(ends[start])


def find_positions(index: Index, pattern: Integers) -> list[Integers]:
    """Where a pattern begins, for each part of the index; in no order."""
    intervals = [find_interval(pattern, part.tokens, part.suffixes) for part in index.parts]
    return [part.suffixes[first:last].astype(np.int64) for part, (first, last) in zip(index.parts, intervals, strict=True)]


def count_places(index: Index, pattern: Integers) -> int:
    """At how many places a pattern stands."""
    intervals = (find_interval(pattern, part.tokens, part.suffixes) for part in index.parts)
    return sum(last - first for first, last in intervals)


def count_docs(index: Index, positions: Sequence[Integers], most: int) -> tuple[int, tuple[int, ...]]:
    """How many documents hold these positions, and the keys of the first ``most``."""
    keys: list[npt.NDArray[np.uint64]] = [np.empty(0, np.uint64)]
    keys += [part.find_docs(places) for part, places in zip(index.parts, positions, strict=True) if places.size]
    docs = np.unique(np.concatenate(keys))
    return docs.size, tuple(docs[:most].tolist())

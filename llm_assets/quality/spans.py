"""Pieces of the texts of a batch (words, lines, paragraphs) as flat arrays, and which of them came before.

Two pieces are the same when their bytes are: hashes only find candidates, so no collision decides anything. That leaves
their seed free to be drawn anew in each process, so that no page can be written to collide and stall a run.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from llm_assets.utf8 import Utf8

Integers = NDArray[np.int64]
SEED = np.uint64(secrets.randbits(64) | 1)


@dataclass(frozen=True)
class Spans:
    """Pieces in order: those of document ``d`` are ``offsets[d]:offsets[d + 1]``.

    ``starts`` and ``ends`` are bytes in the batch's data, ``characters`` the length in code points, ``kinds`` what
    :mod:`llm_assets.quality.characters` says of the piece.
    """

    offsets: Integers
    starts: Integers
    ends: Integers
    characters: Integers
    kinds: NDArray[np.uint16]

    @property
    def counts(self) -> Integers:
        """Pieces of each document."""
        return np.diff(self.offsets)

    def sums(self, values: NDArray[np.bool_] | Integers) -> Integers:
        """Sum over each document's pieces."""
        totals = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
        return totals[self.offsets[1:]] - totals[self.offsets[:-1]]


def find_first(texts: Utf8, spans: Spans) -> Integers:
    """For each piece the index of the first piece of its document with the same bytes; its own where it is new."""
    return _find_first(texts.data, spans.offsets, spans.starts, spans.ends, SEED)


@numba.njit(cache=True)
def table_mask(pieces: int) -> int:
    """Size - 1 of an open hash table (a power of two) that ``pieces`` fill to a half at most."""
    size = 2
    while size < 2 * pieces:
        size *= 2
    return size - 1


@numba.njit(cache=True)
def _hash(data: NDArray[np.uint8], start: int, end: int, seed: np.uint64) -> np.uint64:
    value = seed
    for place in range(start, end):
        value = (value ^ np.uint64(data[place])) * np.uint64(0x100000001B3)
    return value ^ (value >> np.uint64(29))


@numba.njit(cache=True)
def _equal(data: NDArray[np.uint8], start: int, end: int, other: int, other_end: int) -> bool:
    if end - start != other_end - other:
        return False
    for step in range(end - start):  # noqa: SIM110  # numba has no all() of a generator
        if data[start + step] != data[other + step]:
            return False
    return True


@numba.njit(cache=True)
def _find_first(data: NDArray[np.uint8], offsets: Integers, starts: Integers, ends: Integers, seed: np.uint64) -> Integers:
    most = 0
    for doc in range(len(offsets) - 1):
        most = max(most, offsets[doc + 1] - offsets[doc])
    table = np.full(table_mask(most) + 1, -1, np.int64)
    hashes = np.empty(len(starts), np.uint64)
    first = np.empty(len(starts), np.int64)
    for doc in range(len(offsets) - 1):
        begin = offsets[doc]
        mask = np.uint64(table_mask(offsets[doc + 1] - begin))
        for piece in range(begin, offsets[doc + 1]):
            hashes[piece] = _hash(data, starts[piece], ends[piece], seed)
            slot = hashes[piece] & mask
            first[piece] = piece
            # What an older document left in the table has a smaller index: the slot counts as free.
            while table[slot] >= begin:
                known = table[slot]
                if hashes[known] == hashes[piece] and _equal(data, starts[piece], ends[piece], starts[known], ends[known]):
                    first[piece] = known
                    break
                slot = (slot + np.uint64(1)) & mask
            if first[piece] == piece:
                table[slot] = piece
    return first

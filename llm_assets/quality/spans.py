"""Pieces of the texts of a batch (words, lines, paragraphs) as flat arrays, and which of them came before.

Two pieces are the same when their bytes are: hashes only find candidates, so no collision decides anything. That leaves
their multiplier free to be drawn anew in each process, so that no page can be written to collide and stall a run.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from llm_assets.utf8 import Utf8

Integers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
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
        sums: Integers = _sum_pieces(self.offsets, values)
        return sums


def find_first(texts: Utf8, spans: Spans) -> Integers:
    """For each piece the index of the first piece of its document with the same bytes; its own where it is new."""
    first: Integers = _find_first_of_all(texts.data, spans.offsets, spans.starts, spans.ends, SEED)
    return first


@numba.njit(cache=True)
def table_mask(pieces: int) -> int:
    """Size - 1 of an open hash table (a power of two) that ``pieces`` fill to a half at most."""
    size = 2
    while size < 2 * pieces:
        size *= 2
    return size - 1


@numba.njit(cache=True)
def hash_bytes(data: NDArray[np.uint8], start: int, end: int, seed: np.uint64) -> np.uint64:
    """Different for different ranges of one length up to 8; of longer ones, four bytes a step.

    A difference in those spreads to bits that the next four cannot reach, by an amount that ``seed`` (odd) hides.
    """
    value, place = np.uint64(0), start
    while place + 8 < end:
        low = np.uint64(data[place]) | np.uint64(data[place + 1]) << np.uint64(8)
        high = np.uint64(data[place + 2]) | np.uint64(data[place + 3]) << np.uint64(8)
        value = (value ^ (low | high << np.uint64(16))) * seed
        value ^= value >> np.uint64(32)
        place += 4
    rest = np.uint64(0)
    while place < end:
        rest = rest << np.uint64(8) | np.uint64(data[place])
        place += 1
    value = (value * seed ^ rest) * seed
    return value ^ (value >> np.uint64(32))


@numba.njit(cache=True)
def equal_bytes(data: NDArray[np.uint8], start: int, end: int, others: NDArray[np.uint8], other: int, other_end: int) -> bool:
    """Whether two ranges hold the same."""
    if end - start != other_end - other:
        return False
    for step in range(end - start):  # noqa: SIM110  # numba has no all() of a generator
        if data[start + step] != others[other + step]:
            return False
    return True


@numba.njit(cache=True)
def _are_equal(data: NDArray[np.uint8], start: int, end: int, other: int, other_end: int) -> bool:
    """Whether two ranges of equal hash hold the same."""
    size = end - start
    return size == other_end - other and (size <= 8 or equal_bytes(data, start, end, data, other, other_end))


@numba.njit(cache=True)
def _sum_pieces(offsets: Integers, values: NDArray[np.bool_] | Integers) -> Integers:
    sums = np.zeros(len(offsets) - 1, np.int64)
    for doc in range(len(sums)):
        for piece in range(offsets[doc], offsets[doc + 1]):
            sums[doc] += values[piece]
    return sums


@numba.njit(cache=True)
def hash_pieces(data: NDArray[np.uint8], starts: Integers, ends: Integers, seed: np.uint64, hashes: Hashes) -> None:
    """Fills ``hashes`` with one a piece."""
    for piece in range(len(starts)):
        hashes[piece] = hash_bytes(data, starts[piece], ends[piece], seed)


@numba.njit(cache=True)
def find_first_pieces(
    data: NDArray[np.uint8], starts: Integers, ends: Integers, hashes: Hashes, table: Integers, age: int, first: Integers
) -> int:
    """Fills ``first`` for the pieces of one document, whose ``hashes`` are known.

    ``table`` is an open hash table of :func:`table_mask` whose entries are all below ``age``; the next age is returned, so that it
    need not be emptied.
    """
    mask = np.uint64(table_mask(len(starts)))
    for piece in range(len(starts)):
        slot = hashes[piece] & mask
        first[piece] = piece
        while table[slot] >= age:
            known = table[slot] - age
            if hashes[known] == hashes[piece] and _are_equal(data, starts[piece], ends[piece], starts[known], ends[known]):
                first[piece] = known
                break
            slot = (slot + np.uint64(1)) & mask
        if first[piece] == piece:
            table[slot] = piece + age
    return age + len(starts)


@numba.njit(cache=True)
def _find_first_of_all(data: NDArray[np.uint8], offsets: Integers, starts: Integers, ends: Integers, seed: np.uint64) -> Integers:
    most = 0
    for doc in range(len(offsets) - 1):
        most = max(most, offsets[doc + 1] - offsets[doc])
    table, age = np.full(table_mask(most) + 1, -1, np.int64), 0
    hashes, first = np.empty(len(starts), np.uint64), np.empty(len(starts), np.int64)
    hash_pieces(data, starts, ends, seed, hashes)
    for doc in range(len(offsets) - 1):
        begin, end = offsets[doc], offsets[doc + 1]
        age = find_first_pieces(data, starts[begin:end], ends[begin:end], hashes[begin:end], table, age, first[begin:end])
        first[begin:end] += begin
    return first

"""How much of a text its repeated word n-grams cover. Rae et al. 2021, table A1, as computed by datatrove.

An n-gram is known by the place of its first occurrence. The one of length n at a place is the one of length n - 1 there and
the word that follows, so each length is found from the one before, exactly and in linear time, and what stood only once
needs no look.
"""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np

from llm_assets.quality.spans import SEED, Integers, Spans, table_mask


def iterate_ngrams(words: Spans, first: Integers, longest: int) -> Iterator[tuple[int, Integers, Integers]]:
    """Length n from 1 on; for each word the first place of the n-gram it begins; and how often that one occurs.

    ``first`` is :func:`llm_assets.quality.spans.find_first` of the words. The last n - 1 words of a document begin no n-gram:
    -1 and 0. Occurrences may overlap, and are counted at the first place alone.
    """
    counts = np.bincount(first, minlength=len(first))
    yield 1, first, counts
    known = first
    for length in range(2, longest + 1):
        known, counts = _extend(words.offsets, first, known, counts, length, SEED)
        yield length, known, counts


@numba.njit(cache=True)
def _extend(
    offsets: Integers, first: Integers, shorter: Integers, shorter_counts: Integers, length: int, seed: np.uint64
) -> tuple[Integers, Integers]:
    most = 0
    for doc in range(len(offsets) - 1):
        most = max(most, offsets[doc + 1] - offsets[doc])
    table = np.full(table_mask(most) + 1, -1, np.int64)
    known = np.full(len(first), -1, np.int64)
    counts = np.zeros(len(first), np.int64)
    for doc in range(len(offsets) - 1):
        begin = offsets[doc]
        mask = np.uint64(table_mask(offsets[doc + 1] - begin))
        for place in range(begin, offsets[doc + 1] - length + 1):
            known[place] = place
            if shorter_counts[shorter[place]] > 1 and shorter_counts[shorter[place + 1]] > 1:
                head, tail = shorter[place], first[place + length - 1]
                mixed = (np.uint64(head - begin) << np.uint64(32) | np.uint64(tail - begin)) * seed
                slot = (mixed ^ mixed >> np.uint64(32)) & mask
                while table[slot] >= begin:
                    other = table[slot]
                    if shorter[other] == head and first[other + length - 1] == tail:
                        known[place] = other
                        break
                    slot = (slot + np.uint64(1)) & mask
                if known[place] == place:
                    table[slot] = place
            counts[known[place]] += 1
    return known, counts


@numba.njit(cache=True)
def sum_top_ngram(offsets: Integers, characters: Integers, counts: Integers, length: int) -> Integers:
    """Characters of each document's most common n-gram (the first of those), its words joined by a space, times its count."""
    sums = np.zeros(len(offsets) - 1, np.int64)
    for doc in range(len(sums)):
        top = offsets[doc]
        for place in range(offsets[doc], offsets[doc + 1]):
            if counts[place] > counts[top]:
                top = place
        if offsets[doc + 1] - offsets[doc] >= length:
            sums[doc] = counts[top] * (characters[top : top + length].sum() + length - 1)
    return sums


@numba.njit(cache=True)
def sum_duplicate_ngrams(offsets: Integers, characters: Integers, known: Integers, length: int) -> Integers:
    """Characters of words in n-grams that came before, each word counted once.

    A walk from left to right that steps over a repeated n-gram and goes on behind it; n-grams that begin inside one do not
    count as having come before.
    """
    sums = np.zeros(len(offsets) - 1, np.int64)
    seen = np.zeros(len(known), np.bool_)
    for doc in range(len(sums)):
        place = offsets[doc]
        while place <= offsets[doc + 1] - length:
            if seen[known[place]]:
                sums[doc] += characters[place : place + length].sum()
                place += length
            else:
                seen[known[place]] = True
                place += 1
    return sums

"""How much of a text its repeated word n-grams cover. Rae et al. 2021, table A1, as computed by datatrove.

An n-gram is known by the place of its first occurrence. The one of length n at a place is the one of length n - 1 there and
the word that follows, so each length is found from the one before, exactly; and only where the shorter ones there and at the
next place both stand elsewhere too, so that what is looked at shrinks from length to length. Linear in the words.
"""

from __future__ import annotations

import numba
import numpy as np

from llm_assets.quality.spans import Integers, table_mask


@numba.njit(cache=True)
def measure_ngrams(
    first: Integers,
    characters: Integers,
    scratch: Integers,
    table: Integers,
    age: int,
    seed: np.uint64,
    top: Integers,
    duplicate: Integers,
) -> int:
    """Fills ``top`` and ``duplicate`` [longest n + 1] with characters by n, from 2 on, of one document.

    ``top``: of the most common n-gram (the first of those), its words joined by a space, times its count; occurrences may
    overlap. ``duplicate``: of words in n-grams that came before, each word once: a walk from left to right that steps over a
    repeated n-gram and goes on behind it, so that n-grams that begin inside one do not count as having come before.

    ``first`` has for each word the first place of the same one, ``characters`` its length. ``scratch`` is [4, words or more], ``table``
    an open hash table of :func:`llm_assets.quality.spans.table_mask` whose entries are all below ``age``; the next age is returned.
    """
    size = len(first)
    shorter, known, counts, places = scratch[0], scratch[1], scratch[2], scratch[3]
    known[:size] = first
    for place in range(size):
        places[place] = place
    repeated = _count(known, counts, places, size)
    for length in range(2, min(len(top) - 1, size) + 1):
        shorter, known = known, shorter
        repeated = _extend(first, shorter, known, places, repeated, length, table, age, seed)
        repeated = _count(known, counts, places, repeated)
        age += size
        top[length] = _sum_top(characters, known, counts, places, repeated, length)
        duplicate[length] = _sum_duplicates(characters, known, counts, places, repeated, length)
    return age


@numba.njit(cache=True)
def _extend(
    words: Integers,
    shorter: Integers,
    known: Integers,
    places: Integers,
    count: int,
    length: int,
    table: Integers,
    age: int,
    seed: np.uint64,
) -> int:
    """Knows the n-grams that begin at a place whose next one is a place too; keeps those places, and says how many."""
    kept, mask = 0, np.uint64(table_mask(count))
    for number in range(count - 1):
        place = places[number]
        if places[number + 1] != place + 1:
            continue
        head, tail = shorter[place], words[place + length - 1]
        mixed = (np.uint64(head) << np.uint64(32) | np.uint64(tail)) * seed
        slot = (mixed ^ mixed >> np.uint64(32)) & mask
        known[place] = place
        # What an older search left in the table is smaller than ``age``: the slot counts as free.
        while table[slot] >= age:
            other = table[slot] - age
            if shorter[other] == head and words[other + length - 1] == tail:
                known[place] = other
                break
            slot = (slot + np.uint64(1)) & mask
        if known[place] == place:
            table[slot] = place + age
        places[kept] = place
        kept += 1
    return kept


@numba.njit(cache=True)
def _count(known: Integers, counts: Integers, places: Integers, count: int) -> int:
    """Counts what begins at the places, at the first of each; keeps the places of what repeats, and says how many."""
    for number in range(count):
        counts[places[number]] = 0
    for number in range(count):
        counts[known[places[number]]] += 1
    kept = 0
    for number in range(count):
        if counts[known[places[number]]] > 1:
            places[kept] = places[number]
            kept += 1
    return kept


@numba.njit(cache=True)
def _sum_top(characters: Integers, known: Integers, counts: Integers, places: Integers, repeated: int, length: int) -> int:
    top, occurrences = 0, 1
    for number in range(repeated):
        place = places[number]
        if known[place] == place and counts[place] > occurrences:
            top, occurrences = place, counts[place]
    characters_once: int = characters[top : top + length].sum() + length - 1
    return occurrences * characters_once


@numba.njit(cache=True)
def _sum_duplicates(characters: Integers, known: Integers, counts: Integers, places: Integers, repeated: int, length: int) -> int:
    """Uses ``counts`` up: 0 says that an n-gram was seen."""
    total, free = 0, 0
    for number in range(repeated):
        place = places[number]
        if place < free:
            continue
        if counts[known[place]] == 0:
            total += characters[place : place + length].sum()
            free = place + length
        counts[known[place]] = 0
    return total

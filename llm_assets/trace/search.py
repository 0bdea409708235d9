"""Search in a suffix array: how far a query is found from each of its places, and where all a pattern's occurrences lie.

Both are binary searches. That of the longest match remembers how many tokens the two ends of its interval share with the query, since
whatever lies between them shares at least the smaller number (Manber and Myers 1990, section 3).
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from llm_assets.formats.shard import Tokens
from llm_assets.trace.suffixes import Suffixes

Integers = npt.NDArray[np.int64]


@numba.njit(cache=True, nogil=True)
def extend_matches(query: Integers, tokens: Tokens, suffixes: Suffixes, longest: Integers) -> None:
    """Raises ``longest[i]`` to the most tokens of ``query[i:]`` that stand somewhere in ``tokens``."""
    size = len(query)
    for begin in range(size):
        best = _match_longest(query, begin, tokens, suffixes)
        longest[begin] = max(longest[begin], best)
        if begin + best == size:  # so does every match from a later place
            for later in range(begin + 1, size):
                longest[later] = size - later
            break


@numba.njit(cache=True, nogil=True)
def _match_longest(query: Integers, begin: int, tokens: Tokens, suffixes: Suffixes) -> int:
    low, high = -1, len(suffixes)
    shared_low = shared_high = 0
    most = len(query) - begin
    while high - low > 1:
        middle = (low + high) // 2
        place = np.int64(suffixes[middle])
        shared = min(shared_low, shared_high)
        while shared < most and place + shared < len(tokens) and query[begin + shared] == tokens[place + shared]:
            shared += 1
        if shared == most:
            return most
        if place + shared == len(tokens) or tokens[place + shared] < query[begin + shared]:
            low, shared_low = middle, shared
        else:
            high, shared_high = middle, shared
    return max(shared_low, shared_high)


@numba.njit(cache=True, nogil=True)
def find_interval(pattern: Integers, tokens: Tokens, suffixes: Suffixes) -> tuple[int, int]:
    """Rank of the first suffix that begins with ``pattern``, and that behind the last one; equal where there is none."""
    return _find_rank(pattern, tokens, suffixes, False), _find_rank(pattern, tokens, suffixes, True)


@numba.njit(cache=True, nogil=True)
def _find_rank(pattern: Integers, tokens: Tokens, suffixes: Suffixes, after: bool) -> int:
    """Rank of the first suffix not before the pattern, or ``after`` all that begin with it."""
    low, high = 0, len(suffixes)
    while low < high:
        middle = (low + high) // 2
        place = np.int64(suffixes[middle])
        shared = 0
        while shared < len(pattern) and place + shared < len(tokens) and pattern[shared] == tokens[place + shared]:
            shared += 1
        ends = place + shared == len(tokens)
        if after if shared == len(pattern) else ends or tokens[place + shared] < pattern[shared]:
            low = middle + 1
        else:
            high = middle
    return low

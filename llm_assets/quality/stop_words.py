"""How many of its language's stop words a text has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from llm_assets.quality.spans import SEED, Hashes, Integers, equal_bytes, hash_bytes, table_mask


class StopWords(NamedTuple):
    """Stop words of several lists: a hash table a list, whose entries ``table[list, slot]`` are numbers of forms, or -1.

    ``hashes`` has one a form, ``data`` and ``offsets`` are their bytes, ``words`` says which of its list's stop words each writes.
    """

    table: Integers
    hashes: Hashes
    data: NDArray[np.uint8]
    offsets: Integers
    words: Integers


def hash_stop_words(lists: Sequence[Sequence[str]]) -> StopWords:
    """The lists' words as listed, capitalised, and in capitals."""
    forms: list[bytes] = []
    words: list[int] = []
    hashes: list[int] = []
    longest = max(len(each) for each in lists)
    table = np.full((len(lists), table_mask(3 * longest) + 1), -1, np.int64)
    for number, stop_words in enumerate(lists):
        for word, listed in enumerate(dict.fromkeys(stop_words)):
            for form in dict.fromkeys((listed, listed.capitalize(), listed.upper())):
                written = form.encode()
                hashes.append(int(hash_bytes(np.frombuffer(written, np.uint8), 0, len(written), SEED)))
                slot = hashes[-1] % table.shape[1]
                while table[number, slot] >= 0:
                    slot = (slot + 1) % table.shape[1]
                table[number, slot] = len(forms)
                forms.append(written)
                words.append(word)
    return StopWords(
        table,
        np.array(hashes, np.uint64),
        np.frombuffer(b"".join(forms), np.uint8),
        np.cumsum([0, *map(len, forms)], dtype=np.int64),
        np.array(words, np.int64),
    )


@numba.njit(cache=True)
def count_stop_words(
    data: NDArray[np.uint8], starts: Integers, ends: Integers, hashes: Hashes, first: Integers, stop_words: StopWords, chosen: int
) -> int:
    """How many different words of list ``chosen`` a document has. Arrays are of its words; ``first`` says which are new."""
    table = stop_words.table[chosen]
    found = np.zeros(len(stop_words.words) + 1, np.bool_)
    mask = np.uint64(len(table) - 1)
    count = 0
    for piece in range(len(first)):
        if first[piece] != piece:
            continue
        slot = hashes[piece] & mask
        while table[slot] >= 0:
            form = table[slot]
            begin, end = stop_words.offsets[form], stop_words.offsets[form + 1]
            if hashes[piece] == stop_words.hashes[form] and equal_bytes(data, starts[piece], ends[piece], stop_words.data, begin, end):
                count += not found[stop_words.words[form]]
                found[stop_words.words[form]] = True
                break
            slot = (slot + np.uint64(1)) & mask
    return count

"""How many of its language's stop words a text has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from llm_assets.quality.config import Signals
from llm_assets.quality.spans import SEED, Hashes, Integers, Spans, equal_bytes, hash_bytes, table_mask
from llm_assets.utf8 import Utf8


@dataclass(frozen=True)
class _Lists:
    """Hash tables of stop words, one a list: ``table[list]`` holds numbers of forms, or -1.

    ``hashes`` has one a form, ``data`` and ``offsets`` are their bytes, ``words`` says which of its list's stop words each writes.
    """

    table: Integers
    hashes: Hashes
    data: NDArray[np.uint8]
    offsets: Integers
    words: Integers


def count_stop_words(texts: Utf8, words: Spans, hashes: Hashes, first: Integers, languages: pl.Series, signals: Signals) -> Integers:
    """How many different stop words of its language each text has: as listed, capitalised, or in capitals.

    ``hashes`` and ``first`` are those of the words; ``languages`` has one code a document.
    """
    codes = list(signals.by_language)
    lists = _hash_lists([signals.stop_words, *(signals.by_language[code].stop_words for code in codes)])
    chosen = languages.replace_strict(codes, range(1, len(codes) + 1), default=0, return_dtype=pl.Int64).to_numpy()
    found = (texts.data, words.offsets, words.starts, words.ends, hashes, first)
    counts: Integers = _count(*found, chosen, lists.table, lists.hashes, lists.data, lists.offsets, lists.words)
    return counts


def _hash_lists(lists: Sequence[Sequence[str]]) -> _Lists:
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
    return _Lists(
        table,
        np.array(hashes, np.uint64),
        np.frombuffer(b"".join(forms), np.uint8),
        np.cumsum([0, *map(len, forms)], dtype=np.int64),
        np.array(words, np.int64),
    )


@numba.njit(cache=True)
def _count(
    data: NDArray[np.uint8],
    offsets: Integers,
    starts: Integers,
    ends: Integers,
    hashes: Hashes,
    first: Integers,
    chosen: Integers,
    table: Integers,
    form_hashes: Hashes,
    form_data: NDArray[np.uint8],
    form_offsets: Integers,
    words: Integers,
) -> Integers:
    counts = np.zeros(len(offsets) - 1, np.int64)
    found = np.full(len(words) + 1, -1, np.int64)
    mask = np.uint64(table.shape[1] - 1)
    for doc in range(len(counts)):
        forms = table[chosen[doc]]
        for piece in range(offsets[doc], offsets[doc + 1]):
            if first[piece] != piece:
                continue
            slot = hashes[piece] & mask
            while forms[slot] >= 0:
                form = forms[slot]
                start, end = form_offsets[form], form_offsets[form + 1]
                if hashes[piece] == form_hashes[form] and equal_bytes(data, starts[piece], ends[piece], form_data, start, end):
                    counts[doc] += found[words[form]] != doc
                    found[words[form]] = doc
                    break
                slot = (slot + np.uint64(1)) & mask
    return counts

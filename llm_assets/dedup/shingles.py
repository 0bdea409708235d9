"""Normalised texts as 32-bit shingle hashes.

A shingle is ``ngram`` neighbouring words with a space between, as UTF-8 bytes. Its hash takes each byte of a text once:
FNV-1a of 64 bits (Fowler, Noll, Vo 1991) of every word, then the same step, state = (state ^ value) * prime, over the
words' hashes, and at last the upper half xor the lower.

>>> import polars as pl
>>> from llm_assets.dedup.normalisation import normalise_texts
>>> hash_shingles(normalise_texts(pl.Series(["One, two, three."])), ngram=2).hashes.tolist() == [
...     hash_shingle(b"one two"),
...     hash_shingle(b"two three"),
... ]
True
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from llm_assets.dedup.normalisation import Normalised

HASH = "fnv1a64 of words, joined by fnv1a64, folded to 32"
"""Told by every signature file: signatures of shingles hashed otherwise do not mix."""

_SPACE = ord(" ")
_FNV_OFFSET, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


class Shingles(NamedTuple):
    """Shingle hashes end to end, repeats included. Those of text i are ``hashes[offsets[i]:offsets[i + 1]]``."""

    hashes: npt.NDArray[np.uint32]
    offsets: npt.NDArray[np.int64]


def hash_shingles(texts: Normalised, ngram: int) -> Shingles:
    """Hashes of every text's shingles: words - ngram + 1 of them, one for a shorter text, none for an empty one."""
    counts = np.where(texts.words > 0, np.maximum(texts.words - ngram + 1, 1), 0)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return Shingles(_join_words(hash_words(texts), texts.words, ngram, int(offsets[-1])), offsets)


def hash_words(texts: Normalised) -> npt.NDArray[np.uint64]:
    """64-bit hash of every word of every text, end to end."""
    hashes: npt.NDArray[np.uint64] = _hash_words(texts.data, texts.offsets, int(texts.words.sum()))
    return hashes


def hash_shingle(shingle: bytes) -> int:
    """32-bit hash of one shingle: the ``hashfunc`` that makes a ``datasketch.MinHash`` comparable with stored signatures."""
    words = np.array([shingle.count(b" ") + 1])
    whole = Normalised(np.frombuffer(shingle, np.uint8), np.array([0, len(shingle)]), words)
    return int(hash_shingles(whole, ngram=int(words[0])).hashes[0])


@numba.njit(cache=True)
def fnv1a(data: npt.NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """FNV-1a, 64 bits, of ``data[start:end]``."""
    state = _FNV_OFFSET
    for place in range(start, end):
        state = (state ^ np.uint64(data[place])) * _FNV_PRIME
    return state


@numba.njit(cache=True)
def _hash_words(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], words: int) -> npt.NDArray[np.uint64]:
    """FNV-1a of every word of every text, end to end."""
    hashes = np.empty(words, np.uint64)
    place = 0
    for text in range(len(offsets) - 1):
        state = _FNV_OFFSET
        for at in range(offsets[text], offsets[text + 1]):
            if data[at] == _SPACE:
                hashes[place] = state
                place += 1
                state = _FNV_OFFSET
            else:
                state = (state ^ np.uint64(data[at])) * _FNV_PRIME
        if offsets[text] < offsets[text + 1]:
            hashes[place] = state
            place += 1
    return hashes


@numba.njit(cache=True)
def _join_words(hashes: npt.NDArray[np.uint64], words: npt.NDArray[np.int64], ngram: int, count: int) -> npt.NDArray[np.uint32]:
    """Hash of every window of ``ngram`` word hashes, ``count`` windows in all; a shorter text is one window."""
    joined = np.empty(count, np.uint32)
    place = first = 0
    for text in range(len(words)):
        width = min(ngram, words[text])
        for start in range(first, first + words[text] - width + (width > 0)):
            state = _FNV_OFFSET
            for word in range(start, start + width):
                state = (state ^ hashes[word]) * _FNV_PRIME
            joined[place] = np.uint32((state >> np.uint64(32)) ^ (state & np.uint64(0xFFFFFFFF)))
            place += 1
        first += words[text]
    return joined

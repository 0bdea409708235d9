"""Texts as sets of 32-bit shingle hashes.

A text is normalised as FineWeb does before MinHash: lower case, every number to ``0``, no accents, punctuation, symbols
or control characters, one space between words. A shingle is ``ngram`` neighbouring words with a space between, as UTF-8
bytes; its hash is FNV-1a of 64 bits (Fowler, Noll, Vo 1991) with its halves xor-ed. All of it runs on flat byte arrays.

>>> normalised = normalise_texts(pl.Series(["“Déjà-vu”, 1,000 times!"]))
>>> normalised.data.tobytes()
b'dejavu 0 times'
>>> hash_shingles(normalised, ngram=2).hashes.tolist() == [hash_shingle(b"dejavu 0"), hash_shingle(b"0 times")]
True
"""

from __future__ import annotations

import functools
import unicodedata
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
import polars as pl

NORMALISATION = "lower case, numbers to 0, no accents, punctuation, symbols or controls, single spaces"
"""Told by every signature file: signatures of texts normalised otherwise do not mix."""

HASH = "fnv1a64 folded to 32"
"""Told by every signature file, for the same reason."""

_DROPPED, _SPACE, _ZERO = 0, ord(" "), ord("0")
_FOLDED_CODES = 0x20000  # what lies above is CJK ideographs and private use, which fold to themselves
_FNV_OFFSET, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


class Normalised(NamedTuple):
    """Normalised texts end to end. Text i is ``data[offsets[i]:offsets[i + 1]]`` and has ``words[i]`` words."""

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]


class Shingles(NamedTuple):
    """Shingle hashes end to end, repeats included. Those of text i are ``hashes[offsets[i]:offsets[i + 1]]``."""

    hashes: npt.NDArray[np.uint32]
    offsets: npt.NDArray[np.int64]


def normalise_texts(texts: pl.Series) -> Normalised:
    """Normalises a String series without nulls. A text of no letter or digit becomes empty."""
    array = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets_buffer, data_buffer = array.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64, len(array) + 1, array.offset * 8) if len(array) else np.zeros(1, np.int64)
    data = np.frombuffer(data_buffer, np.uint8) if data_buffer else np.zeros(0, np.uint8)
    # A folded character takes at most one UTF-8 byte more than its own two (U+023A), and never more otherwise.
    out = np.empty(int(offsets[-1] - offsets[0]) * 3 // 2 + 1, np.uint8)
    ends, words = _normalise(data, offsets, _folding_table(), out)
    return Normalised(out[: ends[-1]], ends, words)


def hash_shingles(texts: Normalised, ngram: int) -> Shingles:
    """Hashes of every text's shingles: words - ngram + 1 of them, one for a shorter text, none for an empty one."""
    counts = np.where(texts.words > 0, np.maximum(texts.words - ngram + 1, 1), 0)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return Shingles(_hash_shingles(texts.data, texts.offsets, ngram, offsets), offsets)


def hash_shingle(shingle: bytes) -> int:
    """32-bit hash of one shingle: the ``hashfunc`` that makes a ``datasketch.MinHash`` comparable with stored signatures."""
    return int(_hash_bytes(np.frombuffer(shingle, np.uint8)))


@numba.njit(cache=True)
def fnv1a(data: npt.NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """FNV-1a, 64 bits, of ``data[start:end]``."""
    state = _FNV_OFFSET
    for place in range(start, end):
        state = (state ^ np.uint64(data[place])) * _FNV_PRIME
    return state


@numba.njit(cache=True)
def _fold_hash(state: np.uint64) -> np.uint32:
    return np.uint32((state >> np.uint64(32)) ^ (state & np.uint64(0xFFFFFFFF)))


@numba.njit(cache=True)
def _hash_bytes(data: npt.NDArray[np.uint8]) -> np.uint32:
    return _fold_hash(fnv1a(data, 0, len(data)))


@functools.cache
def _folding_table() -> npt.NDArray[np.uint32]:
    """What each code point below U+20000 becomes: another code point, a space, or 0 where it is dropped."""
    return np.fromiter(map(_fold_character, map(chr, range(_FOLDED_CODES))), np.uint32, _FOLDED_CODES)


def _fold_character(character: str) -> int:
    if character.isspace():
        return _SPACE
    category = unicodedata.category(character)
    if category == "Nd":
        return _ZERO
    if category[0] in "PS" or category in ("Cc", "Cf", "Mn", "Me"):
        return _DROPPED
    lower = character.lower()
    bases = [part for part in unicodedata.normalize("NFD", lower) if unicodedata.category(part) != "Mn"]
    # A Hangul syllable decomposes into several letters, none of them an accent: it stays whole.
    return ord(bases[0]) if len(bases) == 1 else ord(lower[0])


@numba.njit(cache=True)
def _normalise(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], table: npt.NDArray[np.uint32], out: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Fills ``out``; gives the offsets in it and the words of each text."""
    texts = len(offsets) - 1
    ends, words = np.zeros(texts + 1, np.int64), np.zeros(texts, np.int64)
    place = 0
    for text in range(texts):
        begin, at, end = place, offsets[text], offsets[text + 1]
        in_word = False
        while at < end:
            first = data[at]
            if first < 0x80:  # most of the bytes there are: worth three times the speed
                folded = int(table[first])
                at += 1
            else:
                code, width = _decode(data, at, end)
                folded = int(table[code]) if code < len(table) else code
                at += width
            if folded == _DROPPED:
                continue
            if folded == _SPACE:
                in_word = False
                continue
            if not in_word:
                words[text] += 1
                if place > begin:
                    out[place] = _SPACE
                    place += 1
                in_word = True
            elif folded == _ZERO and out[place - 1] == _ZERO:
                continue
            if folded < 0x80:
                out[place] = folded
                place += 1
            else:
                place = _encode(folded, out, place)
        ends[text + 1] = place
    return ends, words


@numba.njit(cache=True)
def _decode(data: npt.NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Code point and width (bytes) of the UTF-8 character at ``at``; a clipped one reads as its first byte."""
    first = int(data[at])
    if first < 0xC0:
        return first, 1
    if first < 0xE0:
        if at + 1 < end:
            return (first & 0x1F) << 6 | int(data[at + 1]) & 0x3F, 2
    elif first < 0xF0:
        if at + 2 < end:
            return (first & 0x0F) << 12 | (int(data[at + 1]) & 0x3F) << 6 | int(data[at + 2]) & 0x3F, 3
    elif at + 3 < end:
        return (first & 0x07) << 18 | (int(data[at + 1]) & 0x3F) << 12 | (int(data[at + 2]) & 0x3F) << 6 | int(data[at + 3]) & 0x3F, 4
    return first, 1


@numba.njit(cache=True)
def _encode(code: int, out: npt.NDArray[np.uint8], place: int) -> int:
    """Writes a code point from U+0080 up as UTF-8 and returns the place behind it."""
    if code < 0x800:
        out[place] = 0xC0 | code >> 6
        out[place + 1] = 0x80 | code & 0x3F
        return place + 2
    if code < 0x10000:
        out[place] = 0xE0 | code >> 12
        out[place + 1] = 0x80 | code >> 6 & 0x3F
        out[place + 2] = 0x80 | code & 0x3F
        return place + 3
    out[place] = 0xF0 | code >> 18
    out[place + 1] = 0x80 | code >> 12 & 0x3F
    out[place + 2] = 0x80 | code >> 6 & 0x3F
    out[place + 3] = 0x80 | code & 0x3F
    return place + 4


@numba.njit(cache=True)
def _hash_shingles(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], ngram: int, shingle_offsets: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint32]:
    """Reads each byte once, into the ``ngram`` shingles open at it; the one that begins at word w has slot w mod ngram."""
    hashes = np.empty(shingle_offsets[-1], np.uint32)
    states = np.empty(ngram, np.uint64)
    for text in range(len(offsets) - 1):
        place = shingle_offsets[text]
        if place == shingle_offsets[text + 1]:
            continue
        states[:] = _FNV_OFFSET
        word = 0
        for at in range(offsets[text], offsets[text + 1]):
            byte = np.uint64(data[at])
            if byte == _SPACE:
                word += 1
                if word >= ngram:
                    hashes[place] = _fold_hash(states[word % ngram])
                    place += 1
            for slot in range(ngram):
                states[slot] = (states[slot] ^ byte) * _FNV_PRIME
            if byte == _SPACE:
                states[word % ngram] = _FNV_OFFSET
        hashes[place] = _fold_hash(states[(word + 1) % ngram if word + 1 >= ngram else 0])
    return hashes

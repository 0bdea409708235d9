"""Which items of evaluation sets a text shares a word n-gram with.

An n-gram is known by a hash of 64 bits: a polynomial in the hashes of its words, which rolls from place to place at a cost that
does not grow with n. With a million of them sought, one of 10^13 places of other text matches by chance about every second time.
A place is first asked of a bitmap that a processor's cache holds, and only where that says yes of the sorted hashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
import polars as pl

from llm_assets.dedup.normalisation import normalise_texts
from llm_assets.dedup.shingles import hash_words

Integers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

_BASE = np.uint64(0x9E3779B97F4A7C15)
_BITS_A_HASH = 16
"""Of each layer's bitmap, so that it fits a processor's cache: at most one place in 16 is looked for in vain."""

SHARED = {"text": pl.UInt32, "item": pl.UInt32, "ngrams": pl.UInt32}


@dataclass(frozen=True)
class Layer:
    """Sought n-grams of ``width`` words. Those of hash ``hashes[i]`` (sorted) are of items ``items[offsets[i]:offsets[i + 1]]``.

    ``bitmap`` has a bit set for each hash, at the place that its upper bits give: it is shifted right by ``shift``.
    """

    width: int
    hashes: Hashes
    offsets: Integers
    items: Integers
    bitmap: npt.NDArray[np.uint8]
    shift: int


@dataclass(frozen=True)
class NgramIndex:
    """N-grams that are sought, by their length, and the items ``missed``: those of which none is."""

    layers: tuple[Layer, ...]
    missed: Integers


def index_items(items: Sequence[Sequence[str]], ngram: int, min_words: int, max_items: int) -> NgramIndex:
    """The n-grams of items, each given by its texts; of a text of fewer than ``ngram`` words, all of it down to ``min_words``.

    What more than ``max_items`` items share is a phrase of their template, and not sought.
    """
    owners = np.repeat(np.arange(len(items), dtype=np.int64), [len(texts) for texts in items])
    normalised = normalise_texts(pl.Series([text for texts in items for text in texts], dtype=pl.String))
    found, texts, widths = _list_ngrams(hash_words(normalised), normalised.words, ngram, min_words)
    pairs = pl.DataFrame({"hash": found, "item": owners[texts], "width": widths}).unique()
    pairs = pairs.filter(pl.len().over("width", "hash") <= max_items).sort("width", "hash", "item")
    layers = tuple(_make_layer(layer) for layer in pairs.partition_by("width", maintain_order=True))
    return NgramIndex(layers, np.setdiff1d(np.arange(len(items)), pairs["item"].to_numpy()))


def find_shared(texts: pl.Series, index: NgramIndex) -> pl.DataFrame:
    """Columns of SHARED, a row for each pair of a text (by its place) and an item that share an n-gram, sorted by both.

    ``ngrams`` counts the places of the text at which one of the item's begins. ``texts`` is a String series without nulls.
    """
    normalised = normalise_texts(texts)
    words = hash_words(normalised)
    found = [_find_pairs(words, normalised.words, layer) for layer in index.layers]
    pairs = pl.concat([pl.DataFrame(schema={"text": pl.Int64, "item": pl.Int64}), *found])
    shared = pairs.group_by("text", "item").agg(ngrams=pl.len()).sort("text", "item")
    return shared.select(pl.col(name).cast(kind) for name, kind in SHARED.items())


def _make_layer(pairs: pl.DataFrame) -> Layer:
    """The layer of columns ``hash``, ``item`` and ``width``, all of one width and sorted."""
    starts = pairs.with_row_index("row").unique("hash", keep="first", maintain_order=True)
    hashes = starts["hash"].to_numpy()
    bits = (len(hashes) * _BITS_A_HASH).bit_length()
    bitmap = np.zeros(1 << bits, np.bool_)
    bitmap[hashes >> np.uint64(64 - bits)] = True
    offsets = np.append(starts["row"].to_numpy(), len(pairs)).astype(np.int64)
    return Layer(pairs["width"][0], hashes, offsets, pairs["item"].to_numpy(), np.packbits(bitmap, bitorder="little"), 64 - bits)


def _find_pairs(words: Hashes, counts: Integers, layer: Layer) -> pl.DataFrame:
    """Columns ``text`` and ``item``: a row for each place of a text and item of which an n-gram begins there."""
    of_text, of_hash = _find_hits(words, counts, layer.width, layer.hashes, layer.bitmap, layer.shift)
    repeats = layer.offsets[of_hash + 1] - layer.offsets[of_hash]
    first = np.repeat(layer.offsets[of_hash] - np.cumsum(repeats) + repeats, repeats)
    return pl.DataFrame({"text": np.repeat(of_text, repeats), "item": layer.items[first + np.arange(len(first))]})


@numba.njit(cache=True)
def _hash_first(words: Hashes, start: int, width: int) -> np.uint64:
    """The hash of the n-gram that begins at ``start``."""
    state = np.uint64(width)
    for place in range(start, start + width):
        state = state * _BASE + words[place]
    return state


@numba.njit(cache=True)
def _power(width: int) -> np.uint64:
    power = np.uint64(1)
    for _ in range(width):
        power *= _BASE
    return power


@numba.njit(cache=True)
def _roll(state: np.uint64, words: Hashes, start: int, width: int, power: np.uint64, lead: np.uint64) -> np.uint64:
    """From the n-gram at ``start`` to the next; ``power`` is the base to the ``width``, ``lead`` what the width itself adds to each."""
    rolled: np.uint64 = (state - lead) * _BASE - words[start] * power + words[start + width] + lead
    return rolled


@numba.njit(cache=True)
def _list_ngrams(words: Hashes, counts: Integers, ngram: int, min_words: int) -> tuple[Hashes, Integers, Integers]:
    """Hash, text and width of every n-gram sought."""
    total = 0
    for count in counts:
        total += max(count - ngram + 1, 1)
    hashes, texts, widths = np.empty(total, np.uint64), np.empty(total, np.int64), np.empty(total, np.int64)
    place = first = 0
    for text in range(len(counts)):
        width = min(ngram, counts[text])
        if counts[text] >= min_words:
            for start in range(first, first + counts[text] - width + 1):
                hashes[place], texts[place], widths[place] = _hash_first(words, start, width), text, width
                place += 1
        first += counts[text]
    return hashes[:place], texts[:place], widths[:place]


@numba.njit(cache=True)
def _find_hits(
    words: Hashes, counts: Integers, width: int, hashes: Hashes, bitmap: npt.NDArray[np.uint8], shift: int
) -> tuple[Integers, Integers]:
    """Text and place in ``hashes`` of every n-gram of the texts that is sought."""
    texts, found = np.empty(len(words), np.int64), np.empty(len(words), np.int64)
    power = _power(width)
    lead = np.uint64(width) * power
    hits = first = 0
    for text in range(len(counts)):
        if counts[text] >= width:
            state = _hash_first(words, first, width)
            last = first + counts[text] - width
            for start in range(first, last + 1):
                bit = state >> np.uint64(shift)
                if bitmap[bit >> np.uint64(3)] >> (bit & np.uint64(7)) & 1:
                    place = np.searchsorted(hashes, state)
                    if place < len(hashes) and hashes[place] == state:
                        texts[hits], found[hits] = text, place
                        hits += 1
                if start < last:
                    state = _roll(state, words, start, width, power, lead)
        first += counts[text]
    return texts[:hits].copy(), found[:hits].copy()

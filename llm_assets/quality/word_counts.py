"""All that is measured on words, a document after the other: its arrays stay in a processor's cache."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from llm_assets.quality.characters import LETTER, character_kinds
from llm_assets.quality.config import Signals
from llm_assets.quality.ngrams import measure_ngrams
from llm_assets.quality.spans import SEED, Integers, find_first_pieces, hash_pieces, table_mask
from llm_assets.quality.stop_words import StopWords, count_stop_words, hash_stop_words
from llm_assets.quality.words import count_words, split_words
from llm_assets.utf8 import Utf8

LONGEST_NGRAM = 10
LONG_TEXT = 1 << 20


@dataclass(frozen=True)
class WordCounts:
    """Counts a document: words, their characters, those with a letter, different stop words of its language.

    ``top_ngram_characters`` and ``duplicate_ngram_characters`` [LONGEST_NGRAM + 1, documents] are those of
    :func:`llm_assets.quality.ngrams.measure_ngrams`.
    """

    words: Integers
    characters: Integers
    alpha_words: Integers
    stop_words: Integers
    top_ngram_characters: Integers
    duplicate_ngram_characters: Integers


def measure_words(texts: Utf8, languages: pl.Series, signals: Signals) -> WordCounts:
    """Counts of each text; ``languages`` (String) has a code a text."""
    lists = hash_stop_words([signals.stop_words, *(chosen.stop_words for chosen in signals.by_language.values())])
    places = {code: place for place, code in enumerate(signals.by_language, 1)}
    chosen = np.array([places.get(code, 0) for code in languages.to_list()], np.int64)
    return WordCounts(*_measure(texts.data, texts.offsets, character_kinds(), lists, chosen, LONGEST_NGRAM, SEED))


@numba.njit(cache=True)
def _measure(
    data: NDArray[np.uint8],
    texts: Integers,
    kind_of: NDArray[np.uint16],
    lists: StopWords,
    chosen: Integers,
    longest_ngram: int,
    seed: np.uint64,
) -> tuple[Integers, Integers, Integers, Integers, Integers, Integers]:
    documents = len(texts) - 1
    counts, letters = np.zeros(documents, np.int64), np.zeros(documents, np.int64)
    alphas, stop_words = np.zeros(documents, np.int64), np.zeros(documents, np.int64)
    top, duplicate = np.zeros((longest_ngram + 1, documents), np.int64), np.zeros((longest_ngram + 1, documents), np.int64)
    room = 1
    for doc in range(documents):
        most = (texts[doc + 1] - texts[doc]) // 2 + 1
        if most > LONG_TEXT:  # it is worth a look how many there really are
            most = count_words(data, texts[doc], texts[doc + 1], kind_of) + 1
        room = max(room, most)
    starts, ends, characters = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    kinds, hashes, first = np.empty(room, np.uint16), np.empty(room, np.uint64), np.empty(room, np.int64)
    scratch = np.empty((4, room), np.int64)
    table, age = np.full(table_mask(room) + 1, -1, np.int64), 0
    for doc in range(documents):
        count = split_words(data, texts[doc], texts[doc + 1], kind_of, starts, ends, characters, kinds)
        counts[doc] = count
        for word in range(count):
            letters[doc] += characters[word]
            alphas[doc] += kinds[word] & LETTER != 0
        hash_pieces(data, starts[:count], ends[:count], seed, hashes)
        age = find_first_pieces(data, starts[:count], ends[:count], hashes, table, age, first)
        stop_words[doc] = count_stop_words(data, starts, ends, hashes, first[:count], lists, chosen[doc])
        age = measure_ngrams(first[:count], characters, scratch, table, age, seed, top[:, doc], duplicate[:, doc])
    return counts, letters, alphas, stop_words, top, duplicate

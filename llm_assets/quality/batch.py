"""A batch of texts and what is counted in it, each thing once and when first asked for."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from llm_assets.quality.lines import Lines, split_lines
from llm_assets.quality.ngrams import iterate_ngrams, sum_duplicate_ngrams, sum_top_ngram
from llm_assets.quality.sentences import count_sentences
from llm_assets.quality.spans import Integers, Spans, find_first
from llm_assets.quality.words import count_stop_words, split_words
from llm_assets.utf8 import Utf8

TOP_LENGTHS = (2, 3, 4)
DUPLICATE_LENGTHS = (5, 6, 7, 8, 9, 10)


class TextBatch:
    """Texts (String, no nulls) with what is in them. Arrays have one value a document unless a piece is named."""

    def __init__(self, texts: pl.Series) -> None:
        self.texts = texts

    @cached_property
    def utf8(self) -> Utf8:
        """The bytes of the texts."""
        return Utf8.of(self.texts)

    @cached_property
    def bytes(self) -> Integers:
        """Bytes of UTF-8."""
        return np.diff(self.utf8.offsets)

    @cached_property
    def characters(self) -> Integers:
        """Code points."""
        return self.texts.str.len_chars().cast(pl.Int64).to_numpy()

    @cached_property
    def words(self) -> Spans:
        """Their words."""
        return split_words(self.utf8)

    @cached_property
    def lines(self) -> Lines:
        """Their lines and paragraphs."""
        return split_lines(self.utf8)

    @cached_property
    def sentences(self) -> Integers:
        """Sentences."""
        return count_sentences(self.utf8)

    @cached_property
    def stop_words(self) -> Integers:
        """How many of the eight English stop words occur."""
        return count_stop_words(self.utf8, self.words)

    @cached_property
    def duplicate_lines(self) -> NDArray[np.bool_]:
        """Of each line, whether it came before in its document."""
        return self._came_before(self.lines.lines)

    @cached_property
    def duplicate_paragraphs(self) -> NDArray[np.bool_]:
        """Of each paragraph, whether it came before in its document."""
        return self._came_before(self.lines.paragraphs)

    def count(self, pattern: str) -> Integers:
        """Matches of a regular expression that do not overlap."""
        return self.texts.str.count_matches(pattern).cast(pl.Int64).to_numpy()

    def top_ngram_characters(self, length: int) -> Integers:
        """Characters of the most common n-gram, times its count; ``length`` is one of TOP_LENGTHS."""
        return self._ngram_characters[length]

    def duplicate_ngram_characters(self, length: int) -> Integers:
        """Characters of words covered by n-grams that came before; ``length`` is one of DUPLICATE_LENGTHS."""
        return self._ngram_characters[length]

    @cached_property
    def _ngram_characters(self) -> dict[int, Integers]:
        words, sums = self.words, {}
        for length, known, counts in iterate_ngrams(words, find_first(self.utf8, words), max(DUPLICATE_LENGTHS)):
            if length in TOP_LENGTHS:
                sums[length] = sum_top_ngram(words.offsets, words.characters, counts, length)
            elif length in DUPLICATE_LENGTHS:
                sums[length] = sum_duplicate_ngrams(words.offsets, words.characters, known, length)
        return sums

    def _came_before(self, spans: Spans) -> NDArray[np.bool_]:
        first = find_first(self.utf8, spans)
        came_before: NDArray[np.bool_] = first != np.arange(len(first))
        return came_before

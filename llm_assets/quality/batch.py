"""A batch of texts and what is counted in it, each thing once and when first asked for."""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from llm_assets.quality.byte_counts import count_byte, count_characters
from llm_assets.quality.config import Signals
from llm_assets.quality.lines import Lines, end_in, split_lines
from llm_assets.quality.segments import segment_texts
from llm_assets.quality.sentences import count_sentences
from llm_assets.quality.spans import Integers, Spans, find_first
from llm_assets.quality.word_counts import WordCounts, measure_words
from llm_assets.quality.words import count_all_words
from llm_assets.utf8 import Utf8


class TextBatch:
    """Texts (String, no nulls) with what is in them. Arrays have one value a document unless a piece is named.

    ``languages`` (String) holds a code a text; where it is left out, words stand between spaces.
    """

    def __init__(self, texts: pl.Series, languages: pl.Series | None = None, signals: Signals | None = None) -> None:
        self.texts = texts
        self.languages = pl.repeat("und", len(texts), dtype=pl.String, eager=True) if languages is None else languages
        self.signals = signals or Signals()

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
        return count_characters(self.utf8)

    @cached_property
    def segmented(self) -> Utf8:
        """The bytes of the texts with spaces between words: what words are found in."""
        segmented = segment_texts(self.texts, self.languages, self.signals.languages_without_spaces)
        return self.utf8 if segmented is self.texts else Utf8.of(segmented)

    @cached_property
    def words(self) -> WordCounts:
        """What is counted in their words."""
        return measure_words(self.segmented, self.languages, self.signals)

    @cached_property
    def word_totals(self) -> Integers:
        """Words; cheaper than ``words`` where nothing else is asked of them."""
        return count_all_words(self.segmented)

    @cached_property
    def lines(self) -> Lines:
        """Their lines and paragraphs."""
        return split_lines(self.utf8)

    @cached_property
    def sentences(self) -> Integers:
        """Sentences."""
        return count_sentences(self.utf8)

    @cached_property
    def duplicate_lines(self) -> NDArray[np.bool_]:
        """Of each line, whether it came before in its document."""
        return self._came_before(self.lines.lines)

    @cached_property
    def duplicate_paragraphs(self) -> NDArray[np.bool_]:
        """Of each paragraph, whether it came before in its document."""
        return self._came_before(self.lines.paragraphs)

    @cached_property
    def ellipsis_lines(self) -> NDArray[np.bool_]:
        """Of each line, whether it ends in an ellipsis."""
        return end_in(self.utf8, self.lines.lines, self.signals.ellipses)

    @cached_property
    def bullet_lines(self) -> NDArray[np.bool_]:
        """Of each line, whether it begins with a bullet."""
        return np.isin(self.lines.initials, np.array([ord(bullet) for bullet in self.signals.bullets], np.int64))

    @cached_property
    def ellipses(self) -> Integers:
        """Ellipses."""
        return self.count("|".join(map(re.escape, self.signals.ellipses)))

    @cached_property
    def newlines(self) -> Integers:
        """Newlines."""
        return self.count_sign("\n")

    def count_sign(self, sign: str) -> Integers:
        """Occurrences of a character of ASCII."""
        return count_byte(self.utf8, ord(sign))

    def count(self, pattern: str) -> Integers:
        """Matches of a regular expression that do not overlap."""
        return self.texts.str.count_matches(pattern).cast(pl.Int64).to_numpy()

    def _came_before(self, spans: Spans) -> NDArray[np.bool_]:
        first = find_first(self.utf8, spans)
        came_before: NDArray[np.bool_] = first != np.arange(len(first))
        return came_before

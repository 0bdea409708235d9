"""FineWeb's own rules, found by comparing histograms of good and bad crawls. Penedo et al. 2024, section 3.6.

All are measured on the cleaned text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from llm_assets.quality.bounds import Bound, ThresholdFilter
from llm_assets.quality.characters import QUOTE, TERMINAL
from llm_assets.quality.signal import Numbers, Signal, divide

if TYPE_CHECKING:
    from llm_assets.quality.batch import TextBatch

SOURCE = "Penedo et al. 2024, section 3.6"


def _line_punctuation(_: TextBatch, cleaned: TextBatch) -> Numbers:
    lines = cleaned.lines.lines
    return divide(lines.sums(lines.kinds & (TERMINAL | QUOTE) > 0), lines.counts)


def _short_lines(_: TextBatch, cleaned: TextBatch) -> Numbers:
    lines = cleaned.lines.lines
    return divide(lines.sums(lines.characters <= cleaned.signals.short_line_characters), lines.counts)


def _duplicate_lines(_: TextBatch, cleaned: TextBatch) -> Numbers:
    lines = cleaned.lines.lines
    return divide(lines.sums(lines.characters * cleaned.duplicate_lines), cleaned.characters - cleaned.newlines)


class FineWebQuality(ThresholdFilter):
    """Drops lists and boilerplate: few lines that end like sentences, many short ones, the same lines again."""

    signals: ClassVar[tuple[Signal, ...]] = (
        Signal("cleaned_characters", "characters", "code points of the cleaned text", "", lambda _, cleaned: cleaned.characters),
        Signal(
            "line_punctuation_fraction",
            "fraction",
            "lines of the cleaned text that end in a terminal mark or quotation mark, by lines",
            SOURCE,
            _line_punctuation,
        ),
        Signal(
            "short_line_fraction",
            "fraction",
            "lines of the cleaned text of at most ``short_line_characters``, by lines",
            SOURCE,
            _short_lines,
        ),
        Signal(
            "cleaned_duplicate_line_character_fraction",
            "fraction",
            "characters of lines that came before, by characters other than newlines, of the cleaned text",
            SOURCE,
            _duplicate_lines,
        ),
        Signal(
            "newlines_per_word",
            "ratio",
            "newlines of the cleaned text, by its words",
            SOURCE,
            lambda _, cleaned: divide(cleaned.newlines, cleaned.word_totals),
        ),
    )

    min_line_punctuation_fraction: float = 0.12
    """Smallest share of lines that end in punctuation."""

    max_short_line_fraction: float = 0.67
    """Largest share of short lines."""

    max_duplicate_line_character_fraction: float = 0.01
    """Largest share of characters in lines that came before; FineWeb's code. The paper's text says 0.1."""

    max_newlines_per_word: float = 0.3
    """Most newlines a word."""

    def bounds(self) -> Iterator[Bound]:
        """In the order of FineWeb's code."""
        yield Bound("line_punctuation_fraction", low=self.min_line_punctuation_fraction)
        yield Bound("short_line_fraction", high=self.max_short_line_fraction)
        yield Bound("cleaned_duplicate_line_character_fraction", high=self.max_duplicate_line_character_fraction)
        yield Bound("newlines_per_word", high=self.max_newlines_per_word)

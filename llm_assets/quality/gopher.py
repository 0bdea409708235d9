"""Gopher's rules: repetition and quality. Rae et al. 2021, appendix A1.1; all measured on the text before cleaning.

Words, lines and paragraphs are as ``words`` and ``lines`` define them. Defaults are the paper's and FineWeb's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from llm_assets.quality.bounds import Bound, ThresholdFilter
from llm_assets.quality.signal import Numbers, Signal, divide

if TYPE_CHECKING:
    from llm_assets.quality.batch import TextBatch

SOURCE = "Rae et al. 2021, appendix A1.1"


def _top_ngram(length: int) -> Signal:
    def measure(text: TextBatch, _: TextBatch) -> Numbers:
        return divide(text.words.top_ngram_characters[length], text.characters)

    definition = f"characters of the most common {length}-gram (words joined by a space) times its count, by characters"
    return Signal(f"top_{length}_gram_character_fraction", "ratio", definition, SOURCE, measure)


def _duplicate_ngrams(length: int) -> Signal:
    def measure(text: TextBatch, _: TextBatch) -> Numbers:
        return divide(text.words.duplicate_ngram_characters[length], text.characters)

    definition = f"characters of words in {length}-grams that came before, each word once, by characters"
    return Signal(f"duplicate_{length}_gram_character_fraction", "fraction", definition, SOURCE, measure)


def _duplicate_line_fraction(text: TextBatch, _: TextBatch) -> Numbers:
    return divide(text.lines.lines.sums(text.duplicate_lines), text.lines.lines.counts)


def _duplicate_line_character_fraction(text: TextBatch, _: TextBatch) -> Numbers:
    lines = text.lines.lines
    return divide(lines.sums(lines.characters * text.duplicate_lines), text.characters)


def _duplicate_paragraph_fraction(text: TextBatch, _: TextBatch) -> Numbers:
    return divide(text.lines.paragraphs.sums(text.duplicate_paragraphs), text.lines.paragraphs.counts)


def _duplicate_paragraph_character_fraction(text: TextBatch, _: TextBatch) -> Numbers:
    paragraphs = text.lines.paragraphs
    return divide(paragraphs.sums(paragraphs.characters * text.duplicate_paragraphs), text.characters)


class GopherRepetition(ThresholdFilter):
    """Drops pages that repeat themselves: menus, templates, generated text. Table A1."""

    signals: ClassVar[tuple[Signal, ...]] = (
        Signal("duplicate_line_fraction", "fraction", "lines that came before, by lines", SOURCE, _duplicate_line_fraction),
        Signal(
            "duplicate_paragraph_fraction",
            "fraction",
            "paragraphs that came before, by paragraphs",
            SOURCE,
            _duplicate_paragraph_fraction,
        ),
        Signal(
            "duplicate_line_character_fraction",
            "fraction",
            "characters of lines that came before, by characters",
            SOURCE,
            _duplicate_line_character_fraction,
        ),
        Signal(
            "duplicate_paragraph_character_fraction",
            "fraction",
            "characters of paragraphs that came before, by characters",
            SOURCE,
            _duplicate_paragraph_character_fraction,
        ),
        *map(_top_ngram, (2, 3, 4)),
        *map(_duplicate_ngrams, (5, 6, 7, 8, 9, 10)),
    )

    max_duplicate_line_fraction: float = 0.30
    """Largest share of lines that came before."""

    max_duplicate_paragraph_fraction: float = 0.30
    """Largest share of paragraphs that came before."""

    max_duplicate_line_character_fraction: float = 0.20
    """Largest share of characters in lines that came before."""

    max_duplicate_paragraph_character_fraction: float = 0.20
    """Largest share of characters in paragraphs that came before."""

    max_top_2_gram_character_fraction: float = 0.20
    """Largest share of characters in the most common pair of words."""

    max_top_3_gram_character_fraction: float = 0.18
    """The same for three words."""

    max_top_4_gram_character_fraction: float = 0.16
    """The same for four words."""

    max_duplicate_5_gram_character_fraction: float = 0.15
    """Largest share of characters in runs of five words that came before."""

    max_duplicate_6_gram_character_fraction: float = 0.14
    """The same for runs of six words."""

    max_duplicate_7_gram_character_fraction: float = 0.13
    """The same for runs of seven words."""

    max_duplicate_8_gram_character_fraction: float = 0.12
    """The same for runs of eight words."""

    max_duplicate_9_gram_character_fraction: float = 0.11
    """The same for runs of nine words."""

    max_duplicate_10_gram_character_fraction: float = 0.10
    """The same for runs of ten words."""

    def bounds(self) -> Iterator[Bound]:
        """An upper bound on every signal, in the order of the table."""
        for signal in self.signals:
            yield Bound(signal.name, high=getattr(self, f"max_{signal.name}"))


class GopherQuality(ThresholdFilter):
    """Keeps prose: enough words, of ordinary length, few of them symbols."""

    signals: ClassVar[tuple[Signal, ...]] = (
        Signal("bytes", "bytes", "UTF-8 bytes", "", lambda text, _: text.bytes),
        Signal("characters", "characters", "code points", "", lambda text, _: text.characters),
        Signal("words", "count", "words; symbols are none", SOURCE, lambda text, _: text.words.words),
        Signal(
            "mean_word_length",
            "characters",
            "characters of words, by words",
            SOURCE,
            lambda text, _: divide(text.words.characters, text.words.words),
        ),
        Signal("hash_word_ratio", "ratio", "# signs, by words", SOURCE, lambda text, _: divide(text.count_sign("#"), text.words.words)),
        Signal(
            "ellipsis_word_ratio",
            "ratio",
            "ellipses, by words",
            SOURCE,
            lambda text, _: divide(text.ellipses, text.words.words),
        ),
        Signal(
            "bullet_line_fraction",
            "fraction",
            "lines that begin with a bullet, by lines",
            SOURCE,
            lambda text, _: divide(text.lines.lines.sums(text.bullet_lines), text.lines.lines.counts),
        ),
        Signal(
            "ellipsis_line_fraction",
            "fraction",
            "lines that end in an ellipsis, by lines",
            SOURCE,
            lambda text, _: divide(text.lines.lines.sums(text.ellipsis_lines), text.lines.lines.counts),
        ),
        Signal(
            "alpha_word_fraction",
            "fraction",
            "words with a letter, by words",
            SOURCE,
            lambda text, _: divide(text.words.alpha_words, text.words.words),
        ),
        Signal(
            "stop_words",
            "count",
            "how many of the stop words of its language occur, as listed, capitalised or in capitals",
            SOURCE,
            lambda text, _: text.words.stop_words,
        ),
    )

    min_words: int = 50
    """Fewest words."""

    max_words: int = 100_000
    """Most words."""

    min_mean_word_length: float = 3.0
    """Least mean length of words, in characters."""

    max_mean_word_length: float = 10.0
    """Greatest mean length of words, in characters."""

    max_hash_word_ratio: float = 0.1
    """Most # signs a word."""

    max_ellipsis_word_ratio: float = 0.1
    """Most ellipses a word."""

    max_bullet_line_fraction: float = 0.9
    """Largest share of lines that begin with a bullet."""

    max_ellipsis_line_fraction: float = 0.3
    """Largest share of lines that end in an ellipsis."""

    min_alpha_word_fraction: float = 0.8
    """Smallest share of words with a letter."""

    min_stop_words: int = 2
    """Fewest different stop words of its language. Where ``[signals]`` has no list for a language, 0 suits it better."""

    def bounds(self) -> Iterator[Bound]:
        """Length first, then what the words and lines are made of."""
        yield Bound("words", self.min_words, self.max_words)
        yield Bound("mean_word_length", self.min_mean_word_length, self.max_mean_word_length)
        yield Bound("hash_word_ratio", high=self.max_hash_word_ratio)
        yield Bound("ellipsis_word_ratio", high=self.max_ellipsis_word_ratio)
        yield Bound("bullet_line_fraction", high=self.max_bullet_line_fraction)
        yield Bound("ellipsis_line_fraction", high=self.max_ellipsis_line_fraction)
        yield Bound("alpha_word_fraction", low=self.min_alpha_word_fraction)
        yield Bound("stop_words", low=self.min_stop_words)

"""C4's rules on whole documents. Raffel et al. 2020, section 2.2; its rules on lines are :mod:`llm_assets.quality.cleaning`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from llm_assets.quality.bounds import Bound, ThresholdFilter
from llm_assets.quality.signal import Signal

SOURCE = "Raffel et al. 2020, section 2.2"


class C4(ThresholdFilter):
    """Drops pages with too little text after cleaning, placeholder text, or code."""

    signals: ClassVar[tuple[Signal, ...]] = (
        Signal("sentences", "count", "sentences of the cleaned text", SOURCE, lambda _, cleaned: cleaned.sentences),
        Signal(
            "lorem_ipsum",
            "count",
            "lorem ipsum in the cleaned text, in any case of letters",
            SOURCE,
            lambda _, cleaned: cleaned.count(r"(?i-u:lorem ipsum)"),
        ),
        Signal("curly_brackets", "count", "opening curly brackets in the cleaned text", SOURCE, lambda _, cleaned: cleaned.count_sign("{")),
    )

    min_sentences: int = 5
    """Fewest sentences in the cleaned text."""

    max_lorem_ipsum: int = 0
    """Most occurrences of lorem ipsum."""

    max_curly_brackets: int = 0
    """Most opening curly brackets: prose has none, code has."""

    def bounds(self) -> Iterator[Bound]:
        """What the text must not hold, then how much of it there must be."""
        yield Bound("lorem_ipsum", high=self.max_lorem_ipsum)
        yield Bound("curly_brackets", high=self.max_curly_brackets)
        yield Bound("sentences", low=self.min_sentences)

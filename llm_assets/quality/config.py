"""What is measured of a document, where a user might want it otherwise. Section ``signals`` of the recipe.

Thresholds are no business of it: they stand in ``filters``, and changing one measures nothing again.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, field_validator

from llm_assets.section import Section

GOPHER_STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
"""Rae et al. 2021, appendix A1.1."""


class LanguageSignals(Section):
    """What is measured otherwise in one language."""

    stop_words: tuple[str, ...] = GOPHER_STOP_WORDS
    """Words that prose in it can hardly do without."""


class Signals(Section):
    """How documents are measured."""

    stop_words: tuple[str, ...] = GOPHER_STOP_WORDS
    """Words counted by ``stop_words`` in every language that has no list below ``by_language``: as they stand here, capitalised, or
    in capitals."""

    by_language: Mapping[str, LanguageSignals] = {}
    """Other stop words for documents in a language, by its code: ``[signals.by_language.de]``."""

    languages_without_spaces: tuple[str, ...] = ("zh", "zh-cn", "zh-tw", "yue", "ja", "th", "lo", "km", "my")
    """Languages, by the codes of any identifier, whose words are found by ICU's dictionaries, since no spaces stand between them."""

    short_line_characters: int = Field(30, ge=0)
    """Characters up to which a line counts as short. Penedo et al. 2024."""

    bullets: str = "-*•‣◦⁃▪●"
    """What a line of a list begins with, one character each."""

    ellipses: tuple[str, ...] = Field(("...", "…"), min_length=1)
    """What stands for words left out."""

    @field_validator("stop_words", "ellipses")
    @classmethod
    def _refuse_empty(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if not all(given):
            raise ValueError("an empty string is in every text; leave it out")
        return given

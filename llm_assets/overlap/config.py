"""What is looked for in the documents that deduplication left, and which of them it takes out of the corpus."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from llm_assets.section import Section


class Contamination(Section):
    """Which evaluation sets documents are compared with, and how. The numbers are GPT-3's (Brown et al. 2020, appendix C).

    Words are compared as deduplication normalises them: lower case, numbers to 0, no punctuation or accents.
    """

    evaluation_sets: tuple[str, ...] = ()
    """Side inputs that hold them: ``llm-assets contamination add`` makes one. With none, no text is read."""

    ngram: int = Field(13, ge=1)
    """Neighbouring words that a document and an item must share."""

    min_words: int = Field(8, ge=1)
    """An item of fewer words than ``ngram`` is looked for as a whole, down to so many; a shorter one is not looked for, but counted."""

    max_items: int = Field(10, ge=1)
    """An n-gram that more items have is a phrase of a template, and not looked for."""

    @model_validator(mode="after")
    def _check_words(self) -> Contamination:
        if self.min_words > self.ngram:
            raise ValueError(f"min_words: {self.min_words} is more than ngram, {self.ngram}")
        if len({*self.evaluation_sets}) < len(self.evaluation_sets):
            raise ValueError("evaluation_sets: one is named twice")
        return self


class Repetition(Section):
    """What is measured of text that several documents of a crawl have, after copies have gone."""

    lines: bool = False
    """Whether lines are compared (CCNet; Wenzek et al. 2020). Off: FineWeb found that taking them out does harm in general
    (Penedo et al. 2024, appendix E), so that a look at them is to come before any use."""


class Selection(Section):
    """Which of the documents left are kept out of the corpus for what they share. A change of it reads no text again."""

    contamination: Literal["report", "reject"] = "report"
    """Whether a document that shares n-grams with an evaluation set is rejected, or only counted."""

    max_shared_ngrams: int = Field(0, ge=0)
    """Where it is rejected: at how many places n-grams of one item may begin in a document that is kept."""

    max_repeated_line_fraction: float | None = Field(None, ge=0, le=1)
    """Which share of a document's characters may stand in lines that an older document of its crawl has too; wants
    ``repetition.lines``. None is no bound."""

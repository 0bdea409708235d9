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

    passages: bool = False
    """Whether passages are compared, wherever in a line they begin, by a suffix array (Lee et al. 2022)."""

    passage_bytes: int = Field(200, ge=1)
    """Bytes that a passage has at least. Lee et al. take 50 tokens, which in English have some four bytes each. The corpus is chosen
    before its tokenizer is learned, and bytes are the same whatever its vocabulary."""

    passage_block_bytes: int = Field(256 * 2**20, ge=1, le=2**30)
    """Text that is compared at once, in whole documents by their keys: what documents of two blocks share is not found. Each byte takes
    twelve of the machine's memory, in one process."""


class Selection(Section):
    """Which of the documents left are kept out of the corpus for what they share. A change of it reads no text again."""

    contamination: Literal["report", "reject"] = "report"
    """Whether a document that shares n-grams with an evaluation set is rejected, or only counted."""

    max_shared_ngrams: int = Field(0, ge=0)
    """Where it is rejected: at how many places n-grams of one item may begin in a document that is kept."""

    max_repeated_line_fraction: float | None = Field(None, ge=0, le=1)
    """Which share of a document's characters may stand in lines that an older document of its crawl has too; wants
    ``repetition.lines``. None is no bound."""

    max_repeated_passage_fraction: float | None = Field(None, ge=0, le=1)
    """Which share of a document's bytes may stand in passages that an older document of its crawl has too; wants
    ``repetition.passages``. None is no bound."""

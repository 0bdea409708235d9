"""The language of a document, and which languages to keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, model_validator

from llm_assets.errors import ConfigError
from llm_assets.quality.bounds import Bound, Filter
from llm_assets.quality.signal import Signal
from llm_assets.section import Section

if TYPE_CHECKING:
    import polars as pl


class Language(Section):
    """How the language of a document is found, from its text before cleaning."""

    identifier: Literal["second_opinion", "py3langid", "langdetect", "fasttext"] = "second_opinion"
    """Who says it: a name of ``llm_assets.language``. ``second_opinion`` is py3langid, and where unsure the mean of it and langdetect."""

    model: str | None = None
    """The side input that holds fastText's model. For ``fasttext``, and for no other."""

    max_characters: int = Field(1000, ge=1)
    """How much of a text it reads, from the start. Scores of two identifiers, or of two lengths, do not compare."""

    @model_validator(mode="after")
    def _check_model(self) -> Language:
        if (self.identifier == "fasttext") != (self.model is not None):
            raise ValueError("model: the side input with a model is to be named with identifier fasttext, and with no other")
        return self


def identify_languages(texts: pl.Series, language: Language, model: Path | None = None) -> pl.DataFrame:
    """Columns ``language`` (String) and ``language_score`` (Float64, 0 to 1), one row a text; ``und`` and 0 where there is none.

    ``model`` is the folder of the side input that ``language.model`` names. ConfigError where it is named and not given.
    """
    from llm_assets.language import IDENTIFIERS, TRAINED

    read = texts.str.slice(0, language.max_characters)
    if language.model is None:
        return IDENTIFIERS[language.identifier](read)
    if model is None:
        raise ConfigError(f"language.model: the side input {language.model!r} is not given")
    return TRAINED[language.identifier](read, model)


class LanguageFilter(Filter):
    """Keeps documents in languages asked for, where the identifier is sure."""

    signals: ClassVar[tuple[Signal, ...]] = ()

    languages: Mapping[str, float] = Field({"en": 0.65}, min_length=1)
    """Languages to keep, each with the score it must exceed."""

    def bounds(self) -> Iterator[Bound]:
        """One bound a language, of one rule: a document in another language breaks it."""
        for code, score in self.languages.items():
            yield Bound("language_score", low=score, low_open=True, language=code, rule="score")

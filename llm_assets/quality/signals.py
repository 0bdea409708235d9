"""Table ``signals`` of ``quality_signals``: its columns, and how a batch of texts is measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from llm_assets.quality import FILTERS
from llm_assets.quality.cleaning import Cleaning, clean_texts
from llm_assets.quality.config import Signals
from llm_assets.quality.language import Language, identify_languages
from llm_assets.quality.signal import Signal

if TYPE_CHECKING:
    import polars as pl

DESCRIPTIONS: tuple[Signal, ...] = tuple(signal for chosen in FILTERS.values() for signal in chosen.signals)
"""Every signal: name, unit, definition, source."""

SIGNALS = pa.schema(
    [
        pa.field("doc", pa.uint64(), False),
        pa.field("language", pa.string(), False),
        pa.field("language_score", pa.float64(), False),
        *(pa.field(signal.name, pa.float64(), False) for signal in DESCRIPTIONS),
    ]
)
"""One row a document, one column a signal; NaN where a divisor is 0. No decision."""


def measure_texts(texts: pl.Series, cleaning: Cleaning, language: Language, signals: Signals, model: Path | None = None) -> pl.DataFrame:
    """The columns of SIGNALS but ``doc``, one row a text; each row depends on its text alone.

    ``model`` is the folder of the side input that ``language.model`` names.
    """
    languages = identify_languages(texts, language, model)
    return languages.hstack(measure_columns(texts, languages["language"], cleaning, signals))


def measure_columns(texts: pl.Series, languages: pl.Series, cleaning: Cleaning, signals: Signals) -> pl.DataFrame:
    """A Float64 column a signal, one row a text; ``languages`` (String) says which words are looked for in it."""
    import polars as pl

    from llm_assets.quality.batch import TextBatch

    text, cleaned = (TextBatch(each, languages, signals) for each in (texts, clean_texts(texts, cleaning)))
    return pl.DataFrame({signal.name: np.asarray(signal.measure(text, cleaned), np.float64) for signal in DESCRIPTIONS})

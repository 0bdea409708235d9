"""Measuring documents: from texts in a Parquet file to every signal of every filter and the cleaned text.

Counted: reading the file, handing over the bytes, cleaning lines, all signals. Not counted: the language of a document, which is a
benchmark of its own (``language``) and given here, and writing the table.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from benchmarks.documents import FEW, write_texts
from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.quality.signals import DESCRIPTIONS, measure_columns
from llm_assets.quality.stage import iterate_texts

LANGUAGE = "en"
"""What the documents count as."""


def prepare(trial: Trial) -> Work[int]:
    """Table ``texts`` on disk."""
    texts, few = write_texts(trial, "texts", trial.limit), write_texts(trial, "few", FEW)

    def measure(part: Path) -> int:
        words = 0
        for frame in iterate_texts(part):
            languages = pl.repeat(LANGUAGE, frame.height, dtype=pl.String, eager=True)
            words += int(measure_columns(frame["text"], languages, trial.recipe.cleaning, trial.recipe.signals)["words"].sum())
        return words

    return Work(
        texts.documents,
        texts.bytes,
        lambda: measure(few.artefact.table("texts")[0]),
        lambda: measure(texts.artefact.table("texts")[0]),
        lambda words: {"signals": len(DESCRIPTIONS), "words": words},
    )

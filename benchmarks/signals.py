"""Measuring documents: every signal of every filter, language included, from a table of texts to a table of signals."""

from __future__ import annotations

from benchmarks.documents import FEW, write_texts
from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.engine import LocalEngine
from llm_assets.formats.manifest import Artefact
from llm_assets.quality.signals import DESCRIPTIONS
from llm_assets.quality.stage import measure_signals
from llm_assets.report import Report


def prepare(trial: Trial) -> Work[Report]:
    """Table ``texts`` on disk."""
    texts, few = write_texts(trial, "texts", trial.limit), write_texts(trial, "few", FEW)

    def run(source: Artefact) -> Report:
        return measure_signals(source, trial.scratch / "signals", trial.recipe.cleaning, trial.recipe.language, LocalEngine())

    return Work(
        texts.documents,
        texts.bytes,
        lambda: run(few.artefact),
        lambda: run(texts.artefact),
        lambda report: {"signals": len(DESCRIPTIONS), "words": report.figures["words"]},
    )

"""Deciding: the recipe's bounds on signals that were measured before. No text is read."""

from __future__ import annotations

from benchmarks.documents import write_texts
from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.engine import LocalEngine
from llm_assets.formats.manifest import Artefact
from llm_assets.quality.decisions import decide_documents
from llm_assets.quality.stage import measure_signals
from llm_assets.report import Report


def prepare(trial: Trial) -> Work[Report]:
    """Table ``signals`` on disk, measured in set-up."""
    texts = write_texts(trial, "texts", trial.limit)
    measure_signals(texts.artefact, trial.scratch / "signals", trial.recipe.cleaning, trial.recipe.language, trial.recipe.signals, LocalEngine())
    signals = Artefact.of_folder(trial.scratch / "signals")
    filters = trial.recipe.filters

    def decide() -> Report:
        return decide_documents(signals, trial.scratch / "filtered", filters, LocalEngine())

    return Work(
        texts.documents,
        texts.bytes,
        decide,
        decide,
        lambda report: {"kept": report.kept, "broken_bounds": report.figures["broken_bounds"]},
    )

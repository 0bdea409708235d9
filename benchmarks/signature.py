"""Signing documents: cleaned, normalised, shingled and MinHashed, from a table of texts to a table of signatures."""

from __future__ import annotations

from benchmarks.documents import FEW, write_texts
from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.dedup.stage import sign_documents
from llm_assets.engine import LocalEngine
from llm_assets.formats.manifest import Artefact
from llm_assets.report import Report


def prepare(trial: Trial) -> Work[Report]:
    """Table ``texts`` on disk."""
    texts, few = write_texts(trial, "texts", trial.limit), write_texts(trial, "few", FEW)

    def run(source: Artefact) -> Report:
        return sign_documents(source, trial.scratch / "signed", trial.recipe.cleaning, trial.recipe.signatures, LocalEngine())

    return Work(
        texts.documents,
        texts.bytes,
        lambda: run(few.artefact),
        lambda: run(texts.artefact),
        lambda report: {"permutations": trial.recipe.signatures.permutations, "empty": report.figures["empty"]},
    )

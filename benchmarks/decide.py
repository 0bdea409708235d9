"""Deciding: the recipe's bounds on signals that were measured before. No text is read.

The first documents of the input are measured in set-up, and their rows repeated under new keys until there are a million, or as
many as ``--limit`` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np
import pyarrow as pa

from benchmarks.documents import write_texts
from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.engine import LocalEngine
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table, write_table
from llm_assets.quality.decisions import decide_documents
from llm_assets.quality.signals import SIGNALS
from llm_assets.quality.stage import measure_signals
from llm_assets.report import Report

DOCUMENTS = 1_000_000
MEASURED = 2_000
"""Documents of the input that are measured at most."""


def prepare(trial: Trial) -> Work[Report]:
    """Table ``signals`` on disk."""
    total = trial.limit or DOCUMENTS
    texts = write_texts(trial, "texts", min(total, MEASURED))
    recipe, engine = trial.recipe, LocalEngine()
    measure_signals(texts.artefact, trial.scratch / "measured", recipe.cleaning, recipe.language, recipe.signals, engine)
    measured = read_table(Artefact.of_folder(trial.scratch / "measured").table("signals"), SIGNALS)
    write_table(trial.scratch / "signals" / "signals" / "00000.parquet", _repeat(measured, total), SIGNALS)
    signals = Artefact.of_folder(trial.scratch / "signals")

    def decide() -> Report:
        return decide_documents(signals, trial.scratch / "filtered", recipe.filters, engine)

    return Work(
        total,
        texts.bytes * total // texts.documents,
        lambda: decide_documents(Artefact.of_folder(trial.scratch / "measured"), trial.scratch / "few", recipe.filters, engine),
        decide,
        lambda report: {"kept": report.kept, "broken_bounds": report.figures["broken_bounds"]},
    )


def _repeat(measured: pa.Table, total: int) -> Iterator[pa.Table]:
    """So many rows, keys ascending from 0."""
    first = make_doc(0, 0, 0)
    for start in count(0, measured.num_rows):
        rows = min(measured.num_rows, total - start)
        if rows <= 0:
            return
        docs = pa.array(np.arange(first + start, first + start + rows, dtype=np.uint64))
        yield measured.slice(0, rows).set_column(0, SIGNALS.field("doc"), docs)

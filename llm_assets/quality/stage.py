"""Asset ``quality_signals``: what can be measured of a document, before anything is decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from llm_assets.engine import Engine, read_documents
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_table
from llm_assets.quality.cleaning import Cleaning
from llm_assets.quality.config import Signals
from llm_assets.quality.language import Language
from llm_assets.quality.signals import SIGNALS, measure_texts
from llm_assets.report import Report, sum_reports

STAGE = "quality_signals"
BATCH_DOCUMENTS = 1_024
BATCH_BYTES = 2 << 20
"""So many that calls cost nothing, so few that memory stays small. A longer text is a batch of its own."""


@dataclass(frozen=True)
class _PartMeasurer:
    """Measures one part; picklable, so that it can run in another process."""

    target: Path
    cleaning: Cleaning
    language: Language
    signals: Signals
    model: Path | None

    def output(self, part: Path) -> Path:
        """Where the signals of a part go."""
        return self.target / "signals" / part.name

    def __call__(self, part: Path) -> Report:
        totals = {"bytes": 0, "words": 0}

        def measured() -> Iterator[pa.Table]:
            for frame in iterate_texts(part):
                signals = measure_texts(frame["text"], self.cleaning, self.language, self.signals, self.model)
                for name in totals:
                    totals[name] += int(signals[name].sum())
                yield frame.select("doc").hstack(signals).to_arrow()

        documents = write_table(self.output(part), measured(), SIGNALS)
        return Report(STAGE, documents, documents, figures=totals)


def iterate_texts(part: Path) -> Iterator[pl.DataFrame]:
    """Columns ``doc`` and ``text`` of a part of table ``texts``, in batches bounded by documents and by bytes."""
    for batch in read_documents(part, ["doc", "text"], BATCH_DOCUMENTS):
        ends = np.cumsum(pc.binary_length(batch.column("text")).to_numpy(zero_copy_only=False))
        start = 0
        while start < batch.num_rows:
            before = ends[start - 1] if start else 0
            stop = max(int(np.searchsorted(ends, before + BATCH_BYTES, "right")), start + 1)
            yield pl.DataFrame(batch.slice(start, stop - start))
            start = stop


def measure_signals(
    texts: Artefact, target: Path, cleaning: Cleaning, language: Language, signals: Signals, engine: Engine, model: Path | None = None
) -> Report:
    """Writes table ``signals``, a part for each part of table ``texts`` and a row for each of its documents.

    ``model`` is the folder of the side input that ``language.model`` names. ConfigError where it is named and not given.
    """
    measure = _PartMeasurer(target, cleaning, language, signals, model)
    parts = texts.table("texts")
    return sum_reports(engine.write_parts(measure, parts, "measuring signals", [[measure.output(part)] for part in parts]), STAGE)

"""Joining signatures at scale: the input's documents are signed, and their signatures repeated under ever other hashes.

``--limit`` says how many signatures to join. Each repetition is the input again with all its hashes changed alike, so that it has
the input's copies within, and none with any other: as many copies a document as the input has, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.documents import write_texts
from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.dedup.duplicates import remove_duplicates
from llm_assets.dedup.scheme import describe_scheme
from llm_assets.dedup.stage import sign_documents
from llm_assets.engine import LocalEngine
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table, write_table
from llm_assets.formats.tables import DOCS, SIGNATURES
from llm_assets.report import Figure, Report

MEMORY = "3GB"
"""DuckDB's limit; the process takes some hundred megabytes besides."""


def prepare(trial: Trial) -> Work[Report]:
    """Tables ``signatures`` and ``docs`` on disk, a part a repetition; every document has passed the filters."""
    texts = write_texts(trial, "texts", trial.limit)
    sign_documents(texts.artefact, trial.scratch / "signed", trial.recipe.cleaning, trial.recipe.signatures, LocalEngine())
    seen = _Signed.read(Artefact.of_folder(trial.scratch / "signed"))
    total = trial.limit or len(seen.bands)
    scheme = describe_scheme(trial.recipe.signatures)
    for number, rows in enumerate(_repetitions(total, len(seen.bands))):
        docs = pa.array([make_doc(0, number, row) for row in range(rows)], pa.uint64())
        write_table(_part(trial, "many/signatures", number), [seen.repeat(docs, number)], SIGNATURES, scheme)
        write_table(_part(trial, "filtered/docs", number), [pa.table([docs], schema=DOCS)], DOCS)
    filtered, many = Artefact.of_folder(trial.scratch / "filtered"), Artefact.of_folder(trial.scratch / "many")
    engine = LocalEngine(memory=MEMORY, spill=trial.scratch / "spill")

    def run() -> Report:
        return remove_duplicates(filtered, many, [], trial.scratch / "deduped", trial.recipe.dedup, engine)

    def judge(report: Report) -> Mapping[str, Figure | None]:
        return {"bands": total * trial.recipe.signatures.bands, "removed": report.read - report.kept}

    return Work(total, sum(entry.bytes for entry in many.files), lambda: None, run, judge)


class _Signed:
    """Signatures as matrices of numbers, a row a document that has one."""

    def __init__(self, exact: np.ndarray, signatures: np.ndarray, bands: np.ndarray) -> None:
        self.exact, self.signatures, self.bands = exact, signatures, bands

    @classmethod
    def read(cls, signed: Artefact) -> _Signed:
        table = read_table(signed.table("signatures"), SIGNATURES)
        table = table.filter(table.column("signature").is_valid())
        signatures, bands = (np.array(table.column(name).to_pylist()) for name in ("signature", "bands"))
        exact = np.frombuffer(b"".join(table.column("exact").to_pylist()), np.uint64).reshape(-1, 2)
        return cls(exact, signatures.astype(np.uint32), bands.astype(np.uint64))

    def repeat(self, docs: pa.Array, number: int) -> pa.RecordBatch:
        """The first rows under other hashes."""
        draw = np.random.default_rng(number)
        rows = len(docs)
        exact, signatures, bands = (
            values[:rows] ^ draw.integers(0, 1 << 8 * values.itemsize, values.shape[1], values.dtype, endpoint=False)
            for values in (self.exact, self.signatures, self.bands)
        )
        columns = [docs, pa.array(exact.view("V16")[:, 0].tolist(), pa.binary(16)), _lists(signatures), _lists(bands)]
        return pa.RecordBatch.from_arrays(columns, schema=SIGNATURES)


def _lists(values: np.ndarray) -> pa.Array:
    offsets = np.arange(len(values) + 1, dtype=np.int32) * values.shape[1]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values.reshape(-1)))


def _repetitions(total: int, rows: int) -> Iterator[int]:
    """Rows of each repetition."""
    for start in range(0, total, rows):
        yield min(rows, total - start)


def _part(trial: Trial, table: str, number: int) -> Path:
    return trial.scratch / table / f"{number:05}.parquet"

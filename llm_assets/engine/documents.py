"""The documents of one part of a table, counted as they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from llm_assets.engine.meter import advance
from llm_assets.formats.parquet import ROW_GROUP_ROWS, read_batches


def read_documents(part: Path, columns: Sequence[str], rows: int = ROW_GROUP_ROWS) -> Iterator[pa.RecordBatch]:
    """Batches as :func:`read_batches` gives them; each counts for the work item once its reader asks for the next one."""
    behind = total = 0
    for batch in read_batches(part, columns, rows):
        total = total or pq.read_metadata(part).num_rows
        yield batch
        behind += batch.num_rows
        advance(batch.num_rows, behind / total)

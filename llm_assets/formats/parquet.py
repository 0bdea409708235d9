"""The one Parquet writer: the same rows give the same bytes, however they arrived.

pyarrow's own writer lets the size of incoming batches decide page and row-group borders, so rows are rebatched to a
fixed count first, and everything that reaches the file is pinned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from llm_assets.errors import DataError

ROW_GROUP_ROWS = 4_096
"""Rows a row group: about 12 MB of ordinary web text, so a reader's memory stays small and zstd still sees enough."""

ROW_GROUP_BYTES = 32 << 20
"""Bytes of text at which a row group ends before it has its rows: books. The row that reaches them is the last one."""

ZSTD_LEVEL = 3
DICTIONARY_COLUMNS = frozenset(
    {"dump", "file_path", "language", "language_hint", "charset", "mime", "type", "stage", "rule", "kind", "field", "split"}
)
"""Columns of few distinct values. All others are written plain: a dictionary that overflows costs time and decides bytes."""


def rebatch(
    batches: Iterable[pa.RecordBatch | pa.Table], schema: pa.Schema, rows: int = ROW_GROUP_ROWS, size: int = ROW_GROUP_BYTES
) -> Iterator[pa.Table]:
    """Tables of exactly ``rows`` rows, cast to ``schema``; fewer where their texts reach ``size`` bytes, and at the end."""
    waiting: list[pa.Table] = []
    count = filled = 0
    for batch in batches:
        table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
        table = table.select(schema.names).cast(schema)
        ends = np.cumsum(_text_bytes(table))
        start = 0
        while start < table.num_rows:
            before = ends[start - 1] if start else 0
            full = int(np.searchsorted(ends, before + size - filled)) + 1
            stop = min(start + rows - count, full, table.num_rows)
            waiting.append(table.slice(start, stop - start))
            count, filled, start = count + stop - start, filled + int(ends[stop - 1] - before), stop
            if count == rows or filled >= size:
                yield pa.concat_tables(waiting).combine_chunks()
                waiting, count, filled = [], 0, 0
    if count:
        yield pa.concat_tables(waiting).combine_chunks()


def _text_bytes(table: pa.Table) -> NDArray[np.int64]:
    """Bytes of each row in columns of texts [rows]."""
    total = np.zeros(table.num_rows, np.int64)
    for column in table.columns:
        if pa.types.is_large_string(column.type) or pa.types.is_string(column.type) or pa.types.is_binary(column.type):
            total += pc.fill_null(pc.binary_length(column), 0).to_numpy()
    return total


def write_table(
    path: Path, batches: Iterable[pa.RecordBatch | pa.Table], schema: pa.Schema, metadata: Mapping[str, str] | None = None
) -> int:
    """Writes one table and returns its rows. ``batches`` arrive sorted by the table's key; memory is a row group's.

    ``metadata`` stands in the file's key-value metadata (say, the scheme of a signature).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    full = schema.with_metadata({**(schema.metadata or {}), **{key.encode(): value.encode() for key, value in (metadata or {}).items()}})
    total = 0
    with pq.ParquetWriter(
        path,
        full,
        version="2.6",
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=[name for name in schema.names if name in DICTIONARY_COLUMNS],
        data_page_size=1 << 20,
        write_statistics=True,
        store_schema=True,
    ) as writer:
        for table in rebatch(batches, schema):
            writer.write_table(table.replace_schema_metadata(full.metadata), row_group_size=ROW_GROUP_ROWS)
            total += table.num_rows
    return total


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> int:
    """A small table from Python rows; for what is counted in files or rejections, not in texts."""
    return write_table(path, [pa.Table.from_pylist(list(rows), schema=schema)], schema)


def read_batches(path: Path, columns: Sequence[str] | None = None, rows: int = ROW_GROUP_ROWS) -> Iterator[pa.RecordBatch]:
    """Streams a table's batches in order, none of them from two row groups, so that a batch has no more bytes than one.

    DataError names the file where it is damaged or missing.
    """
    try:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                yield from file.iter_batches(rows, [group], columns=None if columns is None else list(columns))
    except FileNotFoundError as error:
        raise DataError("the table is missing", path) from error
    except pa.ArrowInvalid as error:
        raise DataError(f"the table is damaged: {error}", path) from error


def read_table(paths: Sequence[Path], schema: pa.Schema, columns: Sequence[str] | None = None) -> pa.Table:
    """A whole table from its parts, in memory; of ``schema`` also where there is no part."""
    names = list(columns or schema.names)
    wanted = pa.schema([schema.field(name) for name in names])
    return pa.Table.from_batches([batch.select(names).cast(wanted) for path in paths for batch in read_batches(path, names)], schema=wanted)

"""Rows of ready text, read as they lie: JSON lines (plain, gzip, zstd) and Parquet.

    for row in find_reader(path)(path, 0, 1):
        print(row.number, row.fields)

What a row holds may be anything and never raises. What is wrong with the *file*, a line that is no JSON included, raises
:class:`DataError` with path and place. Memory is a line's, or a batch of rows, which
is bounded by bytes.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from llm_assets.errors import DataError

MAX_LINE_BYTES = 1 << 28
"""A longer line is refused: it is held in memory whole."""

COLUMNS = ("text", "id", "url", "date", "language", "title")
"""What is read of a Parquet file, where it is there; ``text`` must be."""

BATCH_BYTES = 1 << 26
"""Rows of a Parquet file that are in memory together have about as many bytes, by the mean of their row group. Beside them lies
one page of the file, as large as whoever wrote it made it."""

_BATCH_ROWS = 128
_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``number`` counts the lines of the file, or the rows of its table, from 0.

    ``offset`` and ``length`` are bytes of the lines as they are without compression; in a Parquet file, which has no place of
    its own for a row, the row's number and 1. ``fields`` is None where a line holds JSON that is no object.
    """

    number: int
    offset: int
    length: int
    fields: Mapping[str, Any] | None


RowReader = Callable[[Path, int, int], Iterator[Row]]


def read_lines(path: Path, part: int = 0, parts: int = 1) -> Iterator[Row]:
    """Rows of a file of JSON lines whose number leaves ``part`` when divided by ``parts``; the others are not parsed.

    Empty lines are counted and are no rows. DataError, whose offset counts bytes without compression, where the file is
    missing, damaged or cut off, or a line is no JSON or is longer than MAX_LINE_BYTES.
    """
    number = offset = 0
    try:
        with _open_lines(path) as lines:
            while line := lines.readline(MAX_LINE_BYTES + 1):
                if len(line) > MAX_LINE_BYTES:
                    raise DataError(f"line {number + 1:,} is longer than {MAX_LINE_BYTES:,} bytes", path, offset)
                if number % parts == part and not line.isspace():
                    yield Row(number, offset, len(line), _parse_line(line, path, number, offset))
                number += 1
                offset += len(line)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"line {number + 1:,} cannot be read ({error})", path, offset) from error


def read_parquet(path: Path, part: int = 0, parts: int = 1) -> Iterator[Row]:
    """Rows of a Parquet file, of every ``parts``-th row group from ``part`` on. Text that is no UTF-8 is left as bytes.

    DataError where the file is missing, damaged, or has no column ``text`` of strings.
    """
    start = 0
    try:
        with pq.ParquetFile(path, buffer_size=_BUFFER_BYTES) as file:
            columns = _find_columns(file.schema_arrow, path)
            for group in range(file.num_row_groups):
                number = start
                start += file.metadata.row_group(group).num_rows
                if group % parts != part:
                    continue
                rows = _count_batch_rows(file.metadata.row_group(group), columns)
                for batch in file.iter_batches(rows, row_groups=[group], columns=columns):
                    for values in zip(*map(_list_values, batch.columns), strict=True):
                        yield Row(number, number, 1, dict(zip(batch.schema.names, values, strict=True)))
                        number += 1
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"the Parquet file cannot be read past row {start:,} ({error})", path) from error


READERS: dict[str, RowReader] = {
    ".jsonl": read_lines,
    ".jsonl.gz": read_lines,
    ".jsonl.zst": read_lines,
    ".parquet": read_parquet,
}
"""By the end of a file's name."""


def find_reader(path: Path) -> RowReader | None:
    """The reader of a file of ready text; None for any other file."""
    return next((reader for suffix, reader in READERS.items() if path.name.endswith(suffix)), None)


def _open_lines(path: Path) -> io.BufferedIOBase:
    if path.suffix == ".gz":
        return gzip.open(path)
    if path.suffix == ".zst":
        return io.BufferedReader(pa.CompressedInputStream(pa.OSFile(str(path)), "zstd"), _BUFFER_BYTES)
    return path.open("rb")


def _parse_line(line: bytes, path: Path, number: int, offset: int) -> Mapping[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise DataError(f"line {number + 1:,} is no JSON ({why})", path, offset) from error
    return value if isinstance(value, dict) else None


def _find_columns(schema: pa.Schema, path: Path) -> list[str]:
    if schema.names.count("text") != 1:
        raise DataError(f"one column text is wanted; there are: {', '.join(schema.names)}", path)
    if not _is_text(schema.field("text").type):
        raise DataError(f"column text holds {schema.field('text').type}, it must hold strings", path)
    return [name for name in COLUMNS if schema.names.count(name) == 1 and _is_plain(schema.field(name).type)]


def _count_batch_rows(group: pq.RowGroupMetaData, columns: list[str]) -> int:
    """As many as lie within BATCH_BYTES, and at least one: a row may be as large as all the others together."""
    chunks = (group.column(number) for number in range(group.num_columns))
    size = sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema in columns)
    return int(min(max(BATCH_BYTES * group.num_rows // max(size, 1), 1), _BATCH_ROWS))


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_plain(kind: pa.DataType) -> bool:
    return bool(_is_text(kind) or pa.types.is_integer(kind) or pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def _list_values(column: pa.Array) -> list[Any]:
    """Strings, nulls, and bytes where a string is no UTF-8; times as ISO 8601."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not _is_text(column.type):
        return [None if value is None else value.replace(" ", "T", 1) for value in column.cast(pa.string()).to_pylist()]
    return [_decode(value) for value in column.cast(pa.large_binary()).to_pylist()]


def _decode(value: bytes | None) -> str | bytes | None:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value

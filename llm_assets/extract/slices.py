"""Slices of one file: what each worker found of it, and the tables of the whole file made from them.

A large file is read by several workers, each taking every n-th record. Each writes its rows, in batches and sorted by
document, into a folder of its own; joined by document they are the same rows however many slices there were.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from llm_assets.formats.parquet import write_table
from llm_assets.formats.tables import RECORDS, REJECTIONS, TEXTS

TABLES = {"records": RECORDS, "texts": TEXTS, "rejections": REJECTIONS}
BATCH_ROWS = 512
BATCH_CHARACTERS = 4 << 20
"""What a worker holds of a table before it is written: so many rows, or, where pages are long, so much of their text."""


def slice_paths(folder: Path) -> list[Path]:
    """Files of a slice, in the order of TABLES."""
    return [folder / f"{name}.arrows" for name in TABLES]


def table_paths(target: Path, file: int) -> list[Path]:
    """Parts that hold the rows of a file, in the order of TABLES."""
    return [target / name / f"{file:05}.parquet" for name in TABLES]


class SliceWriter:
    """Writes the rows of a slice, a table a file. Rows of each table arrive sorted by document, its first column."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)  # what a killed worker left
        folder.mkdir(parents=True)
        self._stack = ExitStack()
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        self._writers = {
            name: self._stack.enter_context(pa.ipc.new_stream(path, schema, options=options))
            for (name, schema), path in zip(TABLES.items(), slice_paths(folder), strict=True)
        }
        self._rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES}
        self._characters = dict.fromkeys(TABLES, 0)

    def __enter__(self) -> SliceWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._stack:
            if kind is None:
                for name in TABLES:
                    self._flush(name)

    def add(self, table: str, *row: Any) -> None:
        """Adds a row, its values in the order of the table's columns."""
        self._rows[table].append(row)
        self._characters[table] += sum(len(value) for value in row if isinstance(value, str))
        if len(self._rows[table]) == BATCH_ROWS or self._characters[table] >= BATCH_CHARACTERS:
            self._flush(table)

    def _flush(self, table: str) -> None:
        rows = self._rows[table]
        if rows:
            columns = [pa.array(values, type=field.type) for field, values in zip(TABLES[table], zip(*rows, strict=True), strict=True)]
            self._writers[table].write_batch(pa.RecordBatch.from_arrays(columns, schema=TABLES[table]))
            rows.clear()
            self._characters[table] = 0


def join_slices(folders: Sequence[Path], target: Path, file: int) -> None:
    """Writes ``TABLE/NNNNN.parquet`` of a file in ``target`` from the folders of its slices."""
    slices = zip(*map(slice_paths, folders), strict=True)
    for schema, path, pieces in zip(TABLES.values(), table_paths(target, file), slices, strict=True):
        write_table(path, merge_sorted([_read_stream(piece) for piece in pieces], schema), schema)


def merge_sorted(streams: Sequence[Iterator[pa.RecordBatch]], schema: pa.Schema) -> Iterator[pa.Table]:
    """Joins streams that are each sorted by ``doc`` into one that is. Memory is a batch of each."""
    heads = {place: head for place, stream in enumerate(streams) if (head := next(stream, None)) is not None}
    while heads:
        # Up to here every stream has shown all it has.
        horizon = min(head["doc"][-1].as_py() for head in heads.values())
        ready = []
        for place, head in list(heads.items()):
            count = pc.sum(pc.less_equal(head["doc"], pa.scalar(horizon, pa.uint64()))).as_py()
            ready.append(head.slice(0, count))
            rest = head.slice(count) if count < head.num_rows else next(streams[place], None)
            if rest is None:
                del heads[place]
            else:
                heads[place] = rest
        yield pa.Table.from_batches(ready, schema=schema).sort_by("doc")


def _read_stream(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.ipc.open_stream(path) as reader:
        yield from reader

"""The one door to DuckDB and to the queries in ``sql/``.

A query is a file; its values are ``$parameters``; the tables it reads are bound to the names it uses. No SQL text
stands in Python.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from llm_assets.errors import ConfigError, DataError

_PACKAGED = Path(__file__).parent / "sql"
SQL = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[1] / "sql"
BATCH_ROWS = 4_096


def read_query(name: str) -> str:
    """Text of ``sql/NAME.sql``, say ``quality/decide``."""
    path = SQL / f"{name}.sql"
    if not path.is_file():
        raise ConfigError(f"there is no query {name!r} in {SQL}")
    return path.read_text(encoding="utf-8")


def connect(memory: str = "4GB", threads: int = 1, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """An empty in-memory database. ``memory`` and ``threads`` are settings of the machine, and decide no result."""
    connection = duckdb.connect(":memory:")
    connection.execute(f"set memory_limit = '{memory}'")
    connection.execute(f"set threads = {threads}")
    connection.execute("set preserve_insertion_order = true")
    connection.execute("set enable_progress_bar = false")
    connection.execute("set autoinstall_known_extensions = false")
    connection.execute("set autoload_known_extensions = false")
    if spill is not None:
        connection.execute("set temp_directory = $1", [os.fspath(spill)])
    return connection


def bind(connection: duckdb.DuckDBPyConnection, name: str, source: Sequence[Path] | pa.Table, schema: pa.Schema | None = None) -> None:
    """Makes a table readable under ``name``: the parts of one, or a table in memory.

    Where ``source`` is no parts at all, the table is empty and of ``schema``.
    """
    if isinstance(source, pa.Table):
        connection.register(name, source)
    elif source:
        connection.read_parquet([os.fspath(path) for path in source]).create_view(name, replace=True)
    elif schema is not None:
        connection.register(name, schema.empty_table())
    else:
        raise ConfigError(f"{name} has no files, and no schema to be empty of")


def run_query(connection: duckdb.DuckDBPyConnection, name: str, **parameters: Any) -> Iterator[pa.RecordBatch]:
    """Streams the result of ``sql/NAME.sql`` in Arrow batches, in the query's order."""
    with _errors_named(name):
        yield from connection.sql(read_query(name), params=parameters).to_arrow_reader(BATCH_ROWS)


def execute_query(connection: duckdb.DuckDBPyConnection, name: str, **parameters: Any) -> None:
    """Runs ``sql/NAME.sql`` for its effect: a temporary table made or filled."""
    with _errors_named(name):
        connection.execute(read_query(name), parameters)


@contextmanager
def _errors_named(name: str) -> Iterator[None]:
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise DataError(f"query {name} needs more memory or spill space than it was given: {error}") from error
    except duckdb.IOException as error:
        raise DataError(f"query {name} could not read or write: {error}") from error


VIEWS = ("doc_id", "verdicts", "documents", "funnel", "filtered_docs", "deduped_docs", "copies", "redactions", "evaluation_overlap")
"""Files of ``sql/views`` in the order in which they build on each other."""


def build_catalog(path: Path, tables: Mapping[str, tuple[pa.Schema, Sequence[Path]]], copied: Mapping[str, pa.Table]) -> None:
    """Writes a database of views over Parquet, and swaps it in for the one at ``path``.

    ``tables`` maps a name to its schema and parts over all crawls; one without parts is an empty table. ``copied`` are
    small tables whose rows go in; ``crawls`` (sequence, crawl, source, enabled) is one. Readers of the old file keep what they opened.
    """
    waiting = path.with_name(f".{path.name}.{os.getpid()}")
    log = waiting.with_name(f"{waiting.name}.wal")
    waiting.unlink(missing_ok=True)
    try:
        with duckdb.connect(os.fspath(waiting)) as connection:
            for name, table in copied.items():
                connection.from_arrow(table).create(name)
            for name, (schema, parts) in tables.items():
                if parts:
                    connection.read_parquet([os.fspath(part) for part in parts]).create_view(name)
                else:
                    connection.from_arrow(schema.empty_table()).create(name)
            for view in VIEWS:
                connection.execute(read_query(f"views/{view}"))
            connection.checkpoint()  # closing alone would say nothing of a full disk, and leave half a catalog
        waiting.replace(path)
    except duckdb.Error as error:
        raise DataError(f"the catalog cannot be written: {error}", path) from error
    finally:
        waiting.unlink(missing_ok=True)
        log.unlink(missing_ok=True)


def open_catalog(path: Path) -> duckdb.DuckDBPyConnection:
    """The catalog, for reading only. DataError where none was built yet, or it is damaged."""
    if not path.is_file():
        raise DataError("there is no catalog yet: `llm-assets run` builds it", path)
    try:
        return duckdb.connect(os.fspath(path), read_only=True)
    except duckdb.Error as error:
        raise DataError(f"the catalog cannot be opened ({error}); delete it, and `llm-assets run` builds it anew", path) from error


@contextmanager
def read_catalog(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The catalog for the block. DataError where there is none, or one that the queries of the block do not fit."""
    with open_catalog(path) as connection:
        try:
            yield connection
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise DataError(f"the catalog is not of this version: `llm-assets run` builds it anew ({error})", path) from error


def fetch_rows(connection: duckdb.DuckDBPyConnection, name: str, **parameters: Any) -> list[dict[str, Any]]:
    """The result of a small query as dictionaries."""
    return [row for batch in run_query(connection, name, **parameters) for row in batch.to_pylist()]


def query_rows(connection: duckdb.DuckDBPyConnection, text: str) -> list[dict[str, Any]]:
    """The result of a person's own query. ConfigError where DuckDB refuses it."""
    try:
        if (relation := connection.sql(text)) is None:
            raise ConfigError("the query is empty")
        return [row for batch in relation.to_arrow_reader(BATCH_ROWS) for row in batch.to_pylist()]
    except duckdb.Error as error:
        raise ConfigError(f"the query was refused: {error}") from error

"""Where a text comes from: its verbatim runs in the training set of a root, with the pages they stand on.

``open_tracer(root)`` once; its ``trace(text)`` gives runs, each with the keys of its documents; ``find_sources`` tells the pages of
these keys, and ``trace_as_rows`` puts both together, a dictionary a run, for JSON or a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from llm_assets.catalog import fetch_rows
from llm_assets.errors import ConfigError, DataError
from llm_assets.gate import shards_of
from llm_assets.root import DataRoot
from llm_assets.tokenizer.bpe import load_tokenizer
from llm_assets.trace.index import open_index
from llm_assets.trace.text import Trace, Tracer


@dataclass(frozen=True)
class Source:
    """A document of the corpus: ``id`` is its key as text. URL and title are as the corpus has them, and untrusted."""

    doc: int
    id: str
    crawl: str
    url: str
    title: str | None


def open_tracer(root: DataRoot) -> Tracer:
    """What traces texts in a root's training set; opening it reads no more than a few tables.

    DataError where there is no index, or it is of another training set than the standing one; ConfigError where the recipe indexes nothing.
    """
    index, manifest = root.artefact("trace_index"), root.manifest("trace_index")
    chosen = root.manifest("training_set")
    if manifest is None or chosen is None or manifest.inputs.get("training_set") != chosen.data_version:
        raise DataError("the training set has changed since it was indexed: `llm-assets run` indexes it again", index.folder)
    opened = open_index(index, shards_of(root))
    if not opened.parts:
        raise ConfigError("nothing is indexed: `llm-assets run --set 'trace_index.splits=[\"train\"]'` indexes the training set")
    return Tracer(opened, load_tokenizer(root.artefact("tokenizer").path("tokenizer.json")))


def find_sources(connection: duckdb.DuckDBPyConnection, docs: Iterable[int]) -> dict[int, Source]:
    """The documents of these keys that the corpus in the catalog has."""
    rows = fetch_rows(connection, "trace/sources", docs=sorted({*docs}))
    return {row["doc"]: Source(**row) for row in rows}


def list_docs(trace: Trace) -> set[int]:
    """Keys of all documents that a trace names."""
    return {doc for run in trace.runs for doc in run.docs}


def trace_as_rows(trace: Trace, sources: Mapping[int, Source]) -> list[dict[str, Any]]:
    """A dictionary a run, with its characters and its sources; a document that the corpus no longer has is told by its key alone."""
    return [
        {"text": trace.spell(run), **asdict(run), "sources": [asdict(sources[doc]) for doc in run.docs if doc in sources]}
        for run in trace.runs
    ]

"""Where a text comes from: its verbatim runs in the training set of a root, with the pages they stand on.

``open_tracer(root)`` once; its ``trace(text)`` gives runs, each with the keys of its documents; ``source_runs`` tells their pages too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from llm_assets.catalog import fetch_rows
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.doc import format_doc
from llm_assets.gate import shards_of
from llm_assets.root import DataRoot
from llm_assets.tokenizer.bpe import load_tokenizer
from llm_assets.trace.index import open_index
from llm_assets.trace.text import Trace, Tracer


@dataclass(frozen=True)
class Source:
    """A document by its key as text, and its page as the corpus has it, untrusted; None where the corpus has it no longer."""

    id: str
    crawl: str | None = None
    url: str | None = None
    title: str | None = None


@dataclass(frozen=True)
class SourcedRun:
    """A verbatim run of a text (see :class:`llm_assets.trace.text.TextRun`), and the first of the documents it stands in."""

    text: str
    start: int
    end: int
    tokens: int
    occurrences: int
    documents: int
    sources: tuple[Source, ...]


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
    """The pages of these documents in a catalog."""
    keys = sorted({*docs})
    rows = fetch_rows(connection, "trace/sources", docs=keys) if keys else []
    return {doc: Source(format_doc(doc)) for doc in keys} | {row.pop("doc"): Source(**row) for row in rows}


def source_runs(connection: duckdb.DuckDBPyConnection, trace: Trace) -> list[SourcedRun]:
    """The runs of a text with the pages they stand on."""
    sources = find_sources(connection, (doc for run in trace.runs for doc in run.docs))
    return [
        SourcedRun(
            trace.spell(run),
            run.start,
            run.end,
            run.tokens,
            run.occurrences,
            run.documents,
            tuple(sources[doc] for doc in run.docs),
        )
        for run in trace.runs
    ]

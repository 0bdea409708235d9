"""What a person looks at beside a stage's counts: histograms with bounds, and documents of each fate."""

from __future__ import annotations

import json

import duckdb

from llm_assets.catalog import fetch_rows
from llm_assets.formats.doc import parse_doc
from llm_assets.gate import declared_set
from llm_assets.provenance import find_sources
from llm_assets.report_page.figures import Extent, draw_samples
from llm_assets.report_page.histograms import count_histograms
from llm_assets.report_page.markdown import write_continuations, write_histograms, write_memory, write_overlap, write_samples, write_scores
from llm_assets.sampling.config import BY_SOURCE
from llm_assets.sampling.memory import read_traces
from llm_assets.shelves import catalog_of
from llm_assets.step import Step

MEASURED = ("quality_signals", "filtered_docs")
SAMPLED = ("extracted_text", "filtered_docs", "deduped_docs", "selected_docs", "pii_scrubbed_corpus")
SAMPLES = 2
"""Documents to show of each fate: a row each, and Dagster keeps what it is told in its database."""
DOMAINS = 20
"""Domains, and languages, whose score is shown."""


def draw_pictures(step: Step) -> dict[str, str]:
    """Markdown by name of one crawl's stage, from the catalog. What pages say in it is redacted and escaped."""
    if step.asset == "evaluation_samples":
        with catalog_of(step.root, None) as connection:
            overlap, memory = _tabulate_overlap(step, connection), _tabulate_memory(step, connection)
        return _tabulate_samples(step) | overlap | _tabulate_scores(step) | memory
    if step.asset not in (*MEASURED, *SAMPLED):
        return {}
    pictures: dict[str, str] = {}
    extent, filters = Extent.of_crawl(step.declaration.sequence), step.recipe.filters
    with catalog_of(step.root, step.crawl) as connection:
        if step.asset in MEASURED:
            histograms = count_histograms(connection, filters, extent.first, extent.last)
            pictures["histograms"] = write_histograms(histograms)
        if step.asset in SAMPLED:
            samples = [row for row in draw_samples(connection, filters, extent, SAMPLES) if row["stage"] == step.asset]
            pictures["samples"] = write_samples(samples)
    return pictures


def _tabulate_samples(step: Step) -> dict[str, str]:
    """All that the model said."""
    samples = json.loads((step.root.artefact(step.asset).path("samples.json")).read_text(encoding="utf-8"))
    return {"samples": write_continuations(samples)}


def _tabulate_scores(step: Step) -> dict[str, str]:
    """Bits per byte of each language and of the largest domains; nothing where no validation document was scored."""
    scores = json.loads((step.root.artefact(step.asset).path(BY_SOURCE)).read_text(encoding="utf-8"))
    return {f"bits per byte by {kind[:-1]}": write_scores(rows[:DOMAINS]) for kind, rows in scores.items() if rows}


def _tabulate_overlap(step: Step, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What the crawls that the model was trained on share with evaluation sets; nothing where they were compared with none."""
    rows = fetch_rows(connection, "report/evaluation_overlap", crawls=list(declared_set(step.root)))
    return {"evaluation overlap": write_overlap(rows)} if rows else {}


def _tabulate_memory(step: Step, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The longest verbatim runs of each sample in the training set, with the pages they stand on."""
    samples = list(read_traces(step.root.artefact(step.asset)))
    docs = {parse_doc(run.docs[0]) for sample in samples for run in sample.runs}
    sources = find_sources(connection, docs)
    return {"verbatim runs": write_memory(samples, {source.id: source.url or "" for source in sources.values()})}

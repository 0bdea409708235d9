"""Which tables the catalog shows, and where their parts lie in a root."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from llm_assets.catalog import build_catalog
from llm_assets.formats import tables
from llm_assets.formats.manifest import open_output
from llm_assets.quality.signals import SIGNALS
from llm_assets.root import DataRoot

SHELVES = {
    "records": (tables.RECORDS, (("extracted_text", "records"),)),
    "texts": (tables.TEXTS, (("extracted_text", "texts"),)),
    "signals": (SIGNALS, (("quality_signals", "signals"),)),
    "passed": (tables.DOCS, (("filtered_docs", "docs"),)),
    "signatures": (tables.SIGNATURES, (("minhash_signatures", "signatures"),)),
    "survivors": (tables.DEDUPED, (("deduped_docs", "docs"),)),
    "duplicates": (tables.DUPLICATES, (("deduped_docs", "duplicates"),)),
    "evaluations": (tables.EVALUATIONS, (("overlap_signals", "evaluations"),)),
    "contamination": (tables.CONTAMINATION, (("overlap_signals", "contamination"),)),
    "repetition": (tables.REPETITION, (("overlap_signals", "repetition"),)),
    "selected": (tables.DOCS, (("selected_docs", "docs"),)),
    "corpus": (tables.CORPUS, (("pii_scrubbed_corpus", "corpus"),)),
    "findings": (tables.FINDINGS, (("pii_scrubbed_corpus", "findings"),)),
    "places": (tables.DOCUMENTS, (("token_shards", "documents"),)),
    "rejections": (
        tables.REJECTIONS,
        tuple(
            (asset, "rejections") for asset in ("extracted_text", "filtered_docs", "deduped_docs", "selected_docs", "pii_scrubbed_corpus")
        ),
    ),
}
"""Name in the catalog: its schema, and the tables of assets it unites."""

CRAWLS = pa.schema([("sequence", pa.uint64()), ("crawl", pa.string()), ("source", pa.string()), ("enabled", pa.bool_())])


def collect_parts(root: DataRoot, name: str) -> list[Path]:
    """Parts of a table over all crawls, in order of sequence."""
    parts: list[Path] = []
    for crawl in root.crawls(disabled=True):
        for asset, table in SHELVES[name][1]:
            manifest = root.manifest(asset, crawl.name)
            if manifest is not None:
                parts += open_output(root.place(asset, crawl.name), manifest).table(table)
    return parts


def rebuild_catalog(root: DataRoot) -> None:
    """Makes ``catalog.duckdb`` show what the manifests name now."""
    crawls = [
        {"sequence": crawl.sequence, "crawl": crawl.name, "source": crawl.source, "enabled": crawl.enabled}
        for crawl in root.crawls(disabled=True)
    ]
    shelves = {name: (schema, collect_parts(root, name)) for name, (schema, _) in SHELVES.items()}
    build_catalog(root.catalog, shelves, pa.Table.from_pylist(crawls, schema=CRAWLS))

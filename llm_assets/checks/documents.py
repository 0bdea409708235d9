"""What must hold of documents, from extraction to the corpus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from llm_assets.catalog import bind, connect, fetch_rows
from llm_assets.checks.tables import Table, find_rows
from llm_assets.errors import DataError
from llm_assets.formats import tables
from llm_assets.formats.doc import format_doc
from llm_assets.plan import Snapshot, label
from llm_assets.quality.bounds import bounds_table

Row = Mapping[str, Any]

READ_AND_KEPT: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "quality_signals": (("extracted_text", "texts"), ("quality_signals", "signals")),
    "filtered_docs": (("extracted_text", "texts"), ("filtered_docs", "docs")),
    "minhash_signatures": (("extracted_text", "texts"), ("minhash_signatures", "signatures")),
    "deduped_docs": (("filtered_docs", "docs"), ("deduped_docs", "docs")),
    "selected_docs": (("deduped_docs", "docs"), ("selected_docs", "docs")),
    "pii_scrubbed_corpus": (("selected_docs", "docs"), ("pii_scrubbed_corpus", "corpus")),
}
"""By asset: the table whose documents it takes in, and the one of those it keeps."""

REJECTING = ("filtered_docs", "deduped_docs", "selected_docs", "pii_scrubbed_corpus")
"""The others keep all they take in."""


def nothing_lost(snapshot: Snapshot, asset: str, crawl: str | None) -> list[dict[str, Any]]:
    """Every document that came in is kept or has the reason why not, never both and never twice, and no other is there."""
    if asset == "extracted_text":
        bound: dict[str, Table] = {name: (asset, name) for name in ("records", "texts", "rejections")}
        return find_rows(snapshot.root, crawl, "records_accounted", bound)
    documents, kept = READ_AND_KEPT[asset]
    rejections: Table = (asset, "rejections") if asset in REJECTING else tables.REJECTIONS.empty_table()
    return find_rows(snapshot.root, crawl, "nothing_lost", {"documents": documents, "kept": kept, "rejections": rejections})


def keys_unique(snapshot: Snapshot, asset: str, crawl: str | None) -> list[dict[str, Any]]:
    """No document stands twice in the corpus."""
    return find_rows(snapshot.root, crawl, "keys_unique", {"keys": (asset, "corpus")})


def bounds_held(snapshot: Snapshot, asset: str, crawl: str | None) -> list[dict[str, Any]]:
    """Every document that passed meets every bound of the recipe, and every other one breaks the bound that is told of it.

    Asked of the signals in other words than the filters' own: what a document meets is counted, not what it breaks.
    """
    manifest = snapshot.manifest(asset, crawl)
    if manifest is None or manifest.inputs.get("recipe/filters") != snapshot.fingerprints["filters"]:
        raise DataError(f"the recipe's filters changed while {label(asset, crawl)} was made; run it again", snapshot.root.recipe)
    bound: dict[str, Table] = {
        "signals": ("quality_signals", "signals"),
        "passed": (asset, "docs"),
        "rejections": (asset, "rejections"),
        "bounds": bounds_table(snapshot.recipe.filters),
    }
    return find_rows(snapshot.root, crawl, "bounds_held", bound)


def survivors_passed(snapshot: Snapshot, asset: str, crawl: str | None) -> list[dict[str, Any]]:
    """Whoever survives deduplication passed the filters, and so did the root of its family."""
    assert crawl is not None
    root = snapshot.root
    with connect() as connection:
        bind(connection, "survivors", root.artefact(asset, crawl).table("docs"), tables.DEDUPED)
        bind(connection, "passed", root.artefact("filtered_docs", crawl).table("docs"), tables.DOCS)
        elders = [part for name in snapshot.older(crawl) for part in root.artefact("filtered_docs", name).table("docs")]
        bind(connection, "elders", elders, tables.DOCS)
        return fetch_rows(connection, "checks/survivors_passed")


def no_pii_left(snapshot: Snapshot, asset: str, crawl: str | None) -> Iterator[Row]:
    """No text, URL or title of the corpus still holds what the recipe's kinds find, apart from stand-ins."""
    from llm_assets.pii.leftover import find_leftovers  # Polars, which whoever only looks at the graph need not wait for

    for each in find_leftovers(snapshot.root.artefact(asset, crawl), snapshot.recipe.pii):
        yield {"doc": format_doc(each.doc), "field": each.field, "kind": each.kind}

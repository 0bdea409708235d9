"""Queries of ``sql/checks`` as asset checks: no rows when healthy.

All are blocking, in Dagster and beyond it: the outcome is noted beside the manifest, and the planner holds back whatever reads
an output whose checks have not passed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import pyarrow as pa

from dagster_project.assets import deduped_docs, filtered_docs, pii_scrubbed_corpus, token_shards
from dagster_project.resources import Pipeline
from llm_assets.catalog import bind, connect, fetch_rows
from llm_assets.formats import tables
from llm_assets.formats.doc import format_doc
from llm_assets.formats.manifest import record_check
from llm_assets.plan import Snapshot
from llm_assets.root import DataRoot
from llm_assets.shelves import SHELVES

SHOWN = 20


def _find_rows(root: DataRoot, crawl: str, query: str, bound: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """Rows of a query over tables of a crawl's outputs: name in the query -> (asset, table)."""
    with connect() as connection:
        for name, (asset, table) in bound.items():
            bind(connection, name, root.artefact(asset, crawl).table(table), _schema(asset, table))
        return fetch_rows(connection, f"checks/{query}")


def _conclude(context: dg.AssetCheckExecutionContext, root: DataRoot, rows: Sequence[Mapping[str, Any]]) -> dg.AssetCheckResult:
    """Passed where there are no rows; noted for the planner either way."""
    (spec,), crawl = context.check_specs, context.partition_key
    asset = spec.asset_key.to_user_string()
    manifest = root.manifest(asset, crawl)
    if manifest is not None:
        record_check(root.place(asset, crawl), manifest.folder, spec.name, not rows, root.put_text)
    shown = [{name: str(value) for name, value in row.items()} for row in rows[:SHOWN]]
    return dg.AssetCheckResult(passed=not rows, metadata={"rows": len(rows), "first": shown})


def _schema(asset: str, table: str) -> pa.Schema:
    return next(schema for schema, sources in SHELVES.values() if (asset, table) in sources)


@dg.asset_check(asset=filtered_docs, blocking=True)
def nothing_lost(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> dg.AssetCheckResult:
    """Every extracted document either passed the filters or has the bound it broke, never both."""
    bound = {
        "texts": ("extracted_text", "texts"),
        "passed": ("filtered_docs", "docs"),
        "rejections": ("filtered_docs", "rejections"),
    }
    return _conclude(context, pipeline.root, _find_rows(pipeline.root, context.partition_key, "nothing_lost", bound))


@dg.asset_check(asset=deduped_docs, blocking=True)
def survivors_passed(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> dg.AssetCheckResult:
    """Whoever survives deduplication passed the filters, and so did the root of its family."""
    crawl, root = context.partition_key, pipeline.root
    older = Snapshot.at_hand(root, pipeline.load_recipe()).older(crawl)
    with connect() as connection:
        bind(connection, "survivors", root.artefact("deduped_docs", crawl).table("docs"), tables.DEDUPED)
        bind(connection, "passed", root.artefact("filtered_docs", crawl).table("docs"), tables.DOCS)
        elders = [part for name in older for part in root.artefact("filtered_docs", name).table("docs")]
        bind(connection, "elders", elders, tables.DOCS)
        rows = fetch_rows(connection, "checks/survivors_passed")
    return _conclude(context, root, rows)


@dg.asset_check(asset=pii_scrubbed_corpus, blocking=True)
def keys_unique(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> dg.AssetCheckResult:
    """No document stands twice in the corpus."""
    rows = _find_rows(pipeline.root, context.partition_key, "keys_unique", {"keys": ("pii_scrubbed_corpus", "corpus")})
    return _conclude(context, pipeline.root, rows)


@dg.asset_check(asset=pii_scrubbed_corpus, blocking=True)
def no_pii_left(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> dg.AssetCheckResult:
    """No text, URL or title of the corpus still holds what the recipe's kinds find, apart from stand-ins."""
    from llm_assets.pii.leftover import find_leftovers

    corpus = pipeline.root.artefact("pii_scrubbed_corpus", context.partition_key)
    left = find_leftovers(corpus, pipeline.load_recipe().pii)
    rows = [{"doc": format_doc(each.doc), "field": each.field, "kind": each.kind} for each in left]
    return _conclude(context, pipeline.root, rows)


@dg.asset_check(asset=token_shards, blocking=True)
def splits_disjoint(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> dg.AssetCheckResult:
    """No family of copies stands in both training and validation."""
    bound = {"places": ("token_shards", "documents"), "survivors": ("deduped_docs", "docs")}
    return _conclude(context, pipeline.root, _find_rows(pipeline.root, context.partition_key, "splits_disjoint", bound))


@dg.asset_check(asset=token_shards, blocking=True)
def shards_complete(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> dg.AssetCheckResult:
    """Every document of the corpus has its place in the shards, and no other has one."""
    bound = {"corpus": ("pii_scrubbed_corpus", "corpus"), "places": ("token_shards", "documents")}
    return _conclude(context, pipeline.root, _find_rows(pipeline.root, context.partition_key, "shards_complete", bound))


CHECKS = [nothing_lost, survivors_passed, keys_unique, no_pii_left, splits_disjoint, shards_complete]

"""Queries of ``sql/checks`` as asset checks: no rows when healthy. Blocking where bad data must not pass on."""

import dagster as dg
import pyarrow as pa

from dagster_project.assets import deduped_docs, filtered_docs, pii_scrubbed_corpus, token_shards
from dagster_project.resources import Pipeline
from llm_assets.catalog import bind, connect, fetch_rows
from llm_assets.formats import tables
from llm_assets.formats.doc import format_doc
from llm_assets.plan import Snapshot
from llm_assets.root import DataRoot
from llm_assets.shelves import SHELVES

SHOWN = 20


def _run_check(root: DataRoot, query: str, bound: dict[str, tuple[str, str, str | None]]) -> dg.AssetCheckResult:
    """Runs a query over tables of outputs: name in the query -> (asset, table, crawl)."""
    with connect() as connection:
        for name, (asset, table, crawl) in bound.items():
            bind(connection, name, root.artefact(asset, crawl).table(table), _schema(asset, table))
        rows = fetch_rows(connection, f"checks/{query}")
    shown = [{name: str(value) for name, value in row.items()} for row in rows[:SHOWN]]
    return dg.AssetCheckResult(passed=not rows, metadata={"rows": len(rows), "first": shown})


def _schema(asset: str, table: str) -> pa.Schema:
    return next(schema for schema, sources in SHELVES.values() if (asset, table) in sources)


@dg.asset_check(asset=filtered_docs, blocking=True)
def nothing_lost(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> dg.AssetCheckResult:
    """Every extracted document either passed the filters or has the bound it broke, never both."""
    crawl = context.partition_key
    bound = {
        "texts": ("extracted_text", "texts", crawl),
        "passed": ("filtered_docs", "docs", crawl),
        "rejections": ("filtered_docs", "rejections", crawl),
    }
    return _run_check(pipeline.root, "nothing_lost", bound)


@dg.asset_check(asset=deduped_docs, blocking=True)
def survivors_passed(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> dg.AssetCheckResult:
    """Whoever survives deduplication passed the filters, and so did the root of its family."""
    crawl, root = context.partition_key, pipeline.root
    older = Snapshot(root, pipeline.load_recipe()).older(crawl)
    with connect() as connection:
        bind(connection, "survivors", root.artefact("deduped_docs", crawl).table("docs"), tables.DEDUPED)
        bind(connection, "passed", root.artefact("filtered_docs", crawl).table("docs"), tables.DOCS)
        elders = [part for name in older for part in root.artefact("filtered_docs", name).table("docs")]
        bind(connection, "elders", elders, tables.DOCS)
        rows = fetch_rows(connection, "checks/survivors_passed")
    return dg.AssetCheckResult(passed=not rows, metadata={"rows": len(rows)})


@dg.asset_check(asset=pii_scrubbed_corpus, blocking=True)
def keys_unique(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> dg.AssetCheckResult:
    """No document stands twice in the corpus."""
    return _run_check(pipeline.root, "keys_unique", {"keys": ("pii_scrubbed_corpus", "corpus", context.partition_key)})


@dg.asset_check(asset=pii_scrubbed_corpus, blocking=True)
def no_pii_left(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> dg.AssetCheckResult:
    """No text, URL or title of the corpus still holds what the recipe's kinds find, apart from stand-ins."""
    from llm_assets.pii.leftover import find_leftovers

    corpus = pipeline.root.artefact("pii_scrubbed_corpus", context.partition_key)
    left = list(find_leftovers(corpus, pipeline.load_recipe().pii))
    shown = [{"doc": format_doc(each.doc), "field": each.field, "kind": each.kind} for each in left[:SHOWN]]
    return dg.AssetCheckResult(passed=not left, metadata={"rows": len(left), "first": shown})


@dg.asset_check(asset=token_shards, blocking=True)
def splits_disjoint(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> dg.AssetCheckResult:
    """No family of copies stands in both training and validation."""
    crawl = context.partition_key
    bound = {"places": ("token_shards", "documents", crawl), "survivors": ("deduped_docs", "docs", crawl)}
    return _run_check(pipeline.root, "splits_disjoint", bound)


@dg.asset_check(asset=token_shards, blocking=True)
def shards_complete(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> dg.AssetCheckResult:
    """Every document of the corpus has its place in the shards, and no other has one."""
    crawl = context.partition_key
    bound = {"corpus": ("pii_scrubbed_corpus", "corpus", crawl), "places": ("token_shards", "documents", crawl)}
    return _run_check(pipeline.root, "shards_complete", bound)


CHECKS = [nothing_lost, survivors_passed, keys_unique, no_pii_left, splits_disjoint, shards_complete]

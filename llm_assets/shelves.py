"""Which tables the catalog shows, and where their parts lie in a root."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
from filelock import FileLock

from llm_assets.catalog import build_catalog, open_catalog
from llm_assets.crawl.declaration import Declaration
from llm_assets.formats import tables
from llm_assets.formats.manifest import hash_file, put_text
from llm_assets.freshness import list_freshness
from llm_assets.plan import Snapshot, list_outputs
from llm_assets.quality.signals import SIGNALS
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot
from llm_assets.section import fingerprint
from llm_assets.store.home import FRESH_SECONDS

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

FRESHNESS = pa.schema(
    [
        ("asset", pa.string()),
        ("crawl", pa.string()),
        ("state", pa.string()),
        ("because", pa.list_(pa.string())),
        ("waits_for", pa.list_(pa.string())),
        ("since", pa.timestamp("s", "UTC")),
        ("seconds", pa.float64()),
        ("judged", pa.timestamp("s", "UTC")),
    ]
)
"""How each output stood when the catalog was built (``judged``). ``crawl`` is null for what is of all crawls, ``seconds`` those of its
last run."""

BUILT = "catalog.txt"
"""Beside the catalog of a root in a store: the digest of the declarations and manifests that it was built from."""


def collect_parts(root: DataRoot, name: str, crawls: Sequence[Declaration] | None = None) -> list[Path]:
    """Parts of a table over all crawls, or some, in order of sequence."""
    parts: list[Path] = []
    for crawl in root.crawls(disabled=True) if crawls is None else crawls:
        for asset, table in SHELVES[name][1]:
            manifest = root.manifest(asset, crawl.name)
            if manifest is not None:
                parts += root.open(manifest).table(table)
    return parts


def rebuild_catalog(root: DataRoot) -> None:
    """Makes ``catalog.duckdb`` show what the manifests name now, and how fresh it is."""
    _build(root, root.catalog, root.crawls(disabled=True, sound=True), _tabulate_freshness(root))


def update_catalog(root: DataRoot) -> None:
    """Rebuilds the catalog after outputs have changed, one process at a time, so that what stays shows what all of them have made.

    In a store whoever reads the catalog does so, since it wants every table here.
    """
    if root.mirror is None:
        with FileLock(root.state / "catalog.lock"):
            rebuild_catalog(root)


def settle_catalog(root: DataRoot) -> None:
    """Before the catalog is read: in a store, rebuilds it where it is not of the outputs that are there now."""
    if root.mirror is None:
        return
    root.refresh(FRESH_SECONDS)
    built, today = root.home / BUILT, _digest_shown(root)
    if not root.catalog.is_file() or not built.is_file() or built.read_text(encoding="utf-8") != today:
        rebuild_catalog(root)
        put_text(built, today)


@contextmanager
def catalog_of(root: DataRoot, crawl: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """For what is shown in the middle of a run: the catalog of one crawl alone, without freshness, or the one of all as of now."""
    if crawl is None:
        update_catalog(root)
        settle_catalog(root)
        with open_catalog(root.catalog) as connection:
            yield connection
        return
    with TemporaryDirectory(prefix="catalog-") as scratch:
        path = Path(scratch) / root.catalog.name
        _build(root, path, [root.crawl(crawl)], FRESHNESS.empty_table())
        with open_catalog(path) as connection:
            yield connection


def _build(root: DataRoot, path: Path, crawls: Sequence[Declaration], freshness: pa.Table) -> None:
    rows = [{"sequence": crawl.sequence, "crawl": crawl.name, "source": crawl.source, "enabled": crawl.enabled} for crawl in crawls]
    shelves = {name: (schema, collect_parts(root, name, crawls)) for name, (schema, _) in SHELVES.items()}
    build_catalog(path, shelves, {"crawls": pa.Table.from_pylist(rows, schema=CRAWLS), "freshness": freshness})


def _tabulate_freshness(root: DataRoot) -> pa.Table:
    judged = datetime.now(UTC).replace(microsecond=0)
    rows = list_freshness(Snapshot.unattended(root, read_recipe(root.recipe))) if root.recipe.is_file() else []
    return pa.Table.from_pylist([{**row, "judged": judged} for row in rows], schema=FRESHNESS)


def _digest_shown(root: DataRoot) -> str:
    """Of all that the catalog is built from: recipe, declarations, side inputs in use, and what stands beside each output."""
    crawls = [each.name for each in root.crawls(disabled=True, sound=True)]
    beside = [path for output in list_outputs(crawls) for path in sorted(root.place(*output).glob("*.json"))]
    files = [root.recipe, *map(root.declaration_path, crawls), *beside]
    return fingerprint({root.address_of(path): hash_file(path) for path in files if path.is_file()} | root.inputs())

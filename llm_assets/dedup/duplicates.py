"""Signatures in, survivors out: asset ``deduped_docs``. First seen wins.

For each band, the elder of a document is the smallest ``doc`` in its bucket among the documents that passed the filters, of
this crawl and the older ones, itself removed or not; likewise for the exact hash. An elder counts when the similarity
meets ``verify``. With scope ``crawl``, the smallest of the bucket within the document's own crawl is an elder too, so that
a copy in an older crawl shields nobody.

A document is removed when one of its elders counts and is in scope. Its ``elder``, as ``duplicates`` tells, is the smallest of
those, or, where it stays, the smallest that counts in an older crawl; ``family`` is where the chain of ``elder`` ends,
through removed documents and older crawls. Nothing younger than a document decides its fate, so a later crawl never
changes an earlier one.

With strategy ``cluster`` a document is removed when a chain of such pairs, each in scope, leads to an older one; its elder is
the oldest of its cluster. What an older crawl kept stays kept even where a later one joins two of its clusters.

A document whose normalised text is empty has no bands: it is an exact copy of the first such one, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from llm_assets.catalog import bind, connect, execute_query, fetch_rows, run_query
from llm_assets.dedup.clusters import PAIRS, join_pairs
from llm_assets.dedup.config import Dedup
from llm_assets.dedup.scheme import read_scheme
from llm_assets.engine import Engine
from llm_assets.errors import DataError
from llm_assets.formats.doc import format_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_table
from llm_assets.formats.tables import DEDUPED, DOCS, DUPLICATES, REJECTIONS, SIGNATURES
from llm_assets.report import Report


def remove_duplicates(
    filtered: Artefact,
    signatures: Artefact,
    older: Sequence[tuple[Artefact, Artefact]],
    target: Path,
    config: Dedup,
    engine: Engine,
) -> Report:
    """Removes the documents of a crawl that an elder is enough for.

    Reads tables ``docs`` of ``filtered`` and ``signatures``; ``older`` are the same two of every older crawl. Writes ``docs``,
    ``duplicates`` (removed or not) and ``rejections``, whose rule is ``exact`` or ``near``, value the similarity, low what
    the recipe asked, and detail the elder. DataError where a document that passed has no signature, or where signatures
    of two schemes meet.
    """
    with connect(engine.memory, engine.threads, engine.spill) as connection:
        bands = _bind_sources(connection, filtered, signatures, older)
        execute_query(connection, "dedup/exact_candidates", exact=config.exact, scope=config.scope)
        execute_query(connection, "dedup/members")
        for band in range(1, bands + 1):
            execute_query(connection, "dedup/band_candidates", band=band, scope=config.scope)
            engine.progress("finding near duplicates", band, bands, "bands")
        execute_query(connection, "dedup/forget_members")
        execute_query(connection, "dedup/pairs")
        execute_query(connection, "dedup/share_of_equals")
        execute_query(connection, "dedup/compared", verify=config.verify, scope=config.scope)
        edges = pa.Table.from_batches(run_query(connection, "dedup/edges", strategy=config.strategy), PAIRS)
        bind(connection, "clusters", join_pairs(edges))
        execute_query(connection, "dedup/elders")
        kept = write_table(target / "docs.parquet", run_query(connection, "dedup/survivors"), DEDUPED)
        write_table(target / "duplicates.parquet", run_query(connection, "dedup/duplicates"), DUPLICATES)
        write_table(target / "rejections.parquet", run_query(connection, "dedup/rejections", verify=config.verify), REJECTIONS)
        (counts,) = fetch_rows(connection, "dedup/counts")
    rejected = {rule: counts[rule] for rule in ("exact", "near") if counts[rule]}
    return Report("deduped_docs", counts["read"], kept, rejected, {"copies of older crawls kept": counts["kept_copies"]})


def _bind_sources(
    connection: duckdb.DuckDBPyConnection, filtered: Artefact, signatures: Artefact, older: Sequence[tuple[Artefact, Artefact]]
) -> int:
    """Binds ``filtered`` (this crawl's), ``passed`` and ``signatures`` (every crawl's); gives the bands of a signature."""
    parts = [part for artefact in (*(signed for _, signed in older), signatures) for part in artefact.table("signatures")]
    passed = [part for artefact in (*(kept for kept, _ in older), filtered) for part in artefact.table("docs")]
    scheme = read_scheme(parts)
    bind(connection, "filtered", filtered.table("docs"), DOCS)
    bind(connection, "passed", passed, DOCS)
    bind(connection, "signatures", parts, SIGNATURES)
    (unsigned,) = fetch_rows(connection, "dedup/unsigned")
    if unsigned["docs"]:
        raise DataError(
            f"{unsigned['docs']:,} documents that passed the filters have no signature, {format_doc(unsigned['first'])} the first: "
            "make the signatures again",
            signatures.folder,
        )
    return int(scheme["bands"]) if scheme else 0

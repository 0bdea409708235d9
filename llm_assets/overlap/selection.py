"""Asset ``selected_docs``: the documents of the corpus, and those that what they share keeps out of it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from llm_assets.catalog import bind, connect, execute_query, fetch_rows, run_query
from llm_assets.engine import Engine
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_table
from llm_assets.formats.tables import CONTAMINATION, DOCS, REJECTIONS, REPETITION
from llm_assets.overlap.config import Selection
from llm_assets.report import Report
from llm_assets.takedown.matching import FORGOTTEN

STAGE = "selected_docs"
RULES = ("forgotten", "contamination", "repeated_lines", "repeated_passages")


def select_documents(
    deduped: Artefact, overlaps: Artefact, target: Path, selection: Selection, engine: Engine, forgotten: pa.Table | None = None
) -> Report:
    """Writes ``docs.parquet`` and ``rejections.parquet``; reads no text. ``forgotten`` are rows of ``takedown.matching.FORGOTTEN``.

    A rejection by ``forgotten`` names the entry that asks for it, and has no value. One by ``contamination`` has as its value at how
    many places of the document n-grams of one item begin (the most of any item), and names that item; one by ``repeated_lines`` the
    share of characters, by ``repeated_passages`` of bytes. Figure ``contaminated``: documents that share more than the bound, rejected
    or not.
    """
    with connect(engine.memory, engine.threads, engine.spill) as connection:
        bind(connection, "survivors", deduped.table("docs"), DOCS)
        bind(connection, "forgotten", forgotten if forgotten is not None else FORGOTTEN.empty_table())
        bind(connection, "contamination", overlaps.table("contamination"), CONTAMINATION)
        bind(connection, "repetition", overlaps.table("repetition"), REPETITION)
        execute_query(connection, "overlap/contaminated", most=selection.max_shared_ngrams)
        execute_query(
            connection,
            "overlap/unwanted",
            rejecting=selection.contamination == "reject",
            most=selection.max_shared_ngrams,
            line_fraction=selection.max_repeated_line_fraction,
            passage_fraction=selection.max_repeated_passage_fraction,
        )
        kept = write_table(target / "docs.parquet", run_query(connection, "overlap/selected"), DOCS)
        write_table(target / "rejections.parquet", run_query(connection, "overlap/rejections", stage=STAGE), REJECTIONS)
        (counts,) = fetch_rows(connection, "overlap/counts")
    rejected = {rule: counts[rule] for rule in RULES if counts[rule]}
    return Report(STAGE, counts["read"], kept, rejected, {"contaminated": counts["contaminated"]})

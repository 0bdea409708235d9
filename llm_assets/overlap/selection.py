"""Asset ``selected_docs``: the documents of the corpus, and those that what they share keeps out of it."""

from __future__ import annotations

from pathlib import Path

from llm_assets.catalog import bind, connect, execute_query, fetch_rows, run_query
from llm_assets.engine import Engine
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_table
from llm_assets.formats.tables import CONTAMINATION, DEDUPED, DOCS, REJECTIONS
from llm_assets.overlap.config import Selection
from llm_assets.report import Report

STAGE = "selected_docs"
CONTAMINATION_RULE = "contamination"


def select_documents(deduped: Artefact, overlaps: Artefact, target: Path, selection: Selection, engine: Engine) -> Report:
    """Writes ``docs.parquet`` and ``rejections.parquet``; reads no text.

    A rejection's value is at how many places of the document n-grams of one item begin (the most of any item); its detail names that
    item. Figure ``contaminated``: documents above the bound, rejected or not.
    """
    rejecting = selection.contamination == "reject"
    with connect(engine.memory, engine.workers, engine.spill) as connection:
        bind(connection, "survivors", deduped.table("docs"), DEDUPED)
        bind(connection, "contamination", overlaps.table("contamination"), CONTAMINATION)
        execute_query(connection, "overlap/contaminated", most=selection.max_shared_ngrams)
        kept = write_table(target / "docs.parquet", run_query(connection, "overlap/selected", rejecting=rejecting), DOCS)
        reasons = run_query(
            connection, "overlap/rejections", rejecting=rejecting, stage=STAGE, rule=CONTAMINATION_RULE, most=selection.max_shared_ngrams
        )
        write_table(target / "rejections.parquet", reasons, REJECTIONS)
        (counts,) = fetch_rows(connection, "overlap/counts")
    rejected = {CONTAMINATION_RULE: counts["contaminated"]} if rejecting and counts["contaminated"] else {}
    return Report(STAGE, counts["read"], kept, rejected, {"contaminated": counts["contaminated"]})

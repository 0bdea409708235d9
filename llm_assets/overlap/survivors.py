"""Texts of the documents that deduplication left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from llm_assets.engine import read_documents
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import DOCS

BATCH_DOCUMENTS = 1_024


def read_survivors(part: Path, docs: tuple[Path, ...]) -> Iterator[pl.DataFrame]:
    """Columns ``doc`` and ``text`` of the documents of a part of table ``texts`` that are in ``docs``, batch by batch."""
    own = read_table([part], DOCS)["doc"]
    within = [("doc", ">=", own[0]), ("doc", "<=", own[-1])] if len(own) else None
    kept = pl.DataFrame(pa.concat_tables(pq.read_table(path, schema=DOCS, filters=within) for path in docs)) if docs else pl.DataFrame(DOCS)
    for batch in read_documents(part, ["doc", "text"], BATCH_DOCUMENTS):
        yield pl.DataFrame(batch).join(kept, on="doc", how="semi", maintain_order="left")

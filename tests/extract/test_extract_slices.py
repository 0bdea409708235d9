"""Slices join into the table of the whole, in order, whatever their sizes."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.extract.slices import merge_sorted
from llm_assets.formats.tables import DOCS


@settings(deadline=None)  # the machine may be busy
@given(st.sets(st.integers(0, 60)), st.integers(1, 4), st.integers(1, 9))
def test_merging_gives_every_row_once_and_in_order(docs: set[int], parts: int, rows: int) -> None:
    tables = [pa.table([sorted(doc for doc in docs if doc % parts == part)], schema=DOCS) for part in range(parts)]
    streams = [iter(table.to_batches(rows)) for table in tables]
    merged = [doc for table in merge_sorted(streams, DOCS) for doc in table["doc"].to_pylist()]
    assert merged == sorted(docs)


def test_merging_holds_no_more_than_a_batch_of_each() -> None:
    streams = [iter(pa.table([list(range(part, 100, 2))], schema=DOCS).to_batches(10)) for part in range(2)]
    assert max(table.num_rows for table in merge_sorted(streams, DOCS)) <= 20

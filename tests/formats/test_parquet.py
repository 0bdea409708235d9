"""The one Parquet writer."""

import itertools
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.errors import DataError
from llm_assets.formats.parquet import ROW_GROUP_ROWS, read_batches, read_table, rebatch, write_rows, write_table
from llm_assets.formats.tables import REJECTIONS

SCHEMA = pa.schema([("doc", pa.uint64()), ("text", pa.large_string())])
ROWS = pa.table({"doc": range(10_000), "text": [f"text {n % 977} " * (n % 7) for n in range(10_000)]}, schema=SCHEMA)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=6))
def test_the_bytes_do_not_depend_on_how_the_rows_arrive(tmp_path_factory: pytest.TempPathFactory, cuts: list[int]) -> None:
    folder = tmp_path_factory.mktemp("parquet")
    edges = [0, *sorted(cuts), 10_000]
    pieces = [ROWS.slice(start, end - start) for start, end in itertools.pairwise(edges)]
    write_table(folder / "pieces.parquet", pieces, SCHEMA)
    write_table(folder / "whole.parquet", [ROWS], SCHEMA)
    assert (folder / "pieces.parquet").read_bytes() == (folder / "whole.parquet").read_bytes()


def test_row_groups_have_the_pinned_size(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    assert write_table(tmp_path / "t.parquet", [ROWS], SCHEMA) == 10_000
    metadata = pq.ParquetFile(tmp_path / "t.parquet").metadata
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [
        ROW_GROUP_ROWS,
        ROW_GROUP_ROWS,
        10_000 - 2 * ROW_GROUP_ROWS,
    ]


@given(st.lists(st.integers(0, 30), max_size=40), st.lists(st.integers(0, 40), max_size=6))
def test_a_row_group_ends_at_the_row_that_fills_it_however_rows_arrive(sizes: list[int], cuts: list[int]) -> None:
    table = pa.table({"doc": range(len(sizes)), "text": ["x" * size for size in sizes]}, schema=SCHEMA)
    edges = [0, *sorted(min(cut, len(sizes)) for cut in cuts), len(sizes)]
    pieces = [table.slice(start, end - start) for start, end in itertools.pairwise(edges)]
    groups: list[list[int]] = [[]]
    for size in sizes:  # one row after the other, as slow as it is plain
        groups[-1].append(size)
        if len(groups[-1]) == 7 or sum(groups[-1]) >= 50:
            groups.append([])
    got = [[len(text) for text in group["text"].to_pylist()] for group in rebatch(pieces, SCHEMA, rows=7, size=50)]
    assert got == [group for group in groups if group]


def test_no_batch_is_of_two_row_groups(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", [ROWS], SCHEMA)
    assert [batch.num_rows for batch in read_batches(tmp_path / "t.parquet", rows=3_000)] == [3_000, 1_096, 3_000, 1_096, 1_808]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", [ROWS], SCHEMA)
    assert read_table([tmp_path / "t.parquet"], SCHEMA).equals(ROWS)


def test_an_empty_table_is_a_table(tmp_path: Path) -> None:
    assert write_rows(tmp_path / "t.parquet", [], REJECTIONS) == 0
    assert read_table([tmp_path / "t.parquet"], REJECTIONS).num_rows == 0
    assert read_table([], REJECTIONS).schema == REJECTIONS


def test_a_damaged_table_is_a_data_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1 this is none PAR1")
    with pytest.raises(DataError, match=r"t\.parquet"):
        list(read_batches(path))
    with pytest.raises(DataError, match="missing"):
        list(read_batches(tmp_path / "none.parquet"))

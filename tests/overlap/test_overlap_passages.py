"""Repeated passages are what the definition says, whatever lies where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.doc import make_doc
from llm_assets.formats.parquet import read_table, write_rows
from llm_assets.formats.tables import DOCS, PASSAGES, TEXTS
from llm_assets.overlap.config import Repetition, Selection
from llm_assets.overlap.passages import measure_passages
from llm_assets.overlap.suffixes import find_passages
from llm_assets.quality.cleaning import Cleaning
from llm_assets.recipe import Recipe
from llm_assets.utf8 import Utf8

BORROWED = "it was the lamp that they had carried up the whole of the hill"


def find_by_definition(text: bytes, others: Sequence[bytes], length: int) -> tuple[int, int]:
    """Passages of a text that others have, and their bytes: every string of the length looked for in every other text."""
    decoded = text.decode()
    begins = [len(decoded[:index].encode()) for index in range(len(decoded) + 1)]
    spans: list[list[int]] = []
    for begin in begins:
        if begin + length <= len(text) and any(text[begin : begin + length] in other for other in others):
            if spans and begin <= spans[-1][1]:
                spans[-1][1] = begin + length
            else:
                spans.append([begin, begin + length])
    sizes = [max(each for each in begins if each <= end) - begin for begin, end in spans]
    return sum(size > 0 for size in sizes), sum(sizes)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("ab é", max_size=12), max_size=5), st.integers(1, 6))
@example(["aé", "aà"], 2)  # what they share ends within a character
@example(["ab", "cd", "abcd"], 3)  # no passage reaches from a text into the next one
@example(["", "", "aaaa", "aaa"], 3)
@example(["é", "è"], 1)
def test_passages_are_what_the_definition_says(texts: list[str], length: int) -> None:
    written = [text.encode() for text in texts]
    expected = [
        [
            *find_by_definition(text, written[:number], length),
            *find_by_definition(text, written[:number] + written[number + 1 :], length),
        ]
        for number, text in enumerate(written)
    ]
    assert find_passages(Utf8.of(pl.Series(texts, dtype=pl.String)), length).tolist() == expected


def measure(folder: Path, pages: Sequence[Sequence[str]], memory: str = "4GB", workers: int = 1, **keys: int) -> list[tuple[int, ...]]:
    """Documents (file, record) with repeated passages, and those passages and bytes."""
    rows = [
        {"doc": make_doc(0, file, record), "url": "https://a.example", "text": text}
        for file, texts in enumerate(pages)
        for record, text in enumerate(texts)
    ]
    parts = []
    for file in range(len(pages)):
        parts.append(folder / f"texts/{file}.parquet")
        write_rows(parts[-1], [row for row in rows if row["doc"] in {make_doc(0, file, record) for record in range(9)}], TEXTS)
    write_rows(folder / "docs.parquet", [{"doc": row["doc"], "family": row["doc"], "cluster_size": 1} for row in rows], DOCS)
    engine = LocalEngine(workers=workers, memory=memory)
    measure_passages(parts, (folder / "docs.parquet",), folder, Cleaning(), Repetition(passages=True, **keys), engine)
    found = read_table(sorted((folder / "passages").glob("*.parquet")), PASSAGES).to_pylist()
    assert [row["doc"] for row in found] == [row["doc"] for row in rows]
    return [(number, row["repeated_passages"], row["repeated_passage_bytes"]) for number, row in enumerate(found) if row["shared_passages"]]


def test_a_planted_passage_is_found_within_a_line_and_the_first_text_is_not_blamed(tmp_path: Path) -> None:
    pages = [[f"By day {BORROWED}.", "Of this there is nothing."], [f"The men said\nthat {BORROWED}, or so: {BORROWED}!"]]
    assert measure(tmp_path, pages, passage_bytes=40) == [(0, 0, 0), (2, 2, 2 * len(BORROWED) + 2)]


def test_how_documents_lie_in_files_changes_nothing_found(tmp_path: Path) -> None:
    pages = [f"One {BORROWED}", "Two", f"Three {BORROWED}", f"Four {BORROWED}"]
    found = [measure(tmp_path / str(len(parts)), parts, passage_bytes=30) for parts in ([pages], [[page] for page in pages])]
    assert found[0] == found[1]


def test_blocks_are_the_recipes_and_what_two_of_them_share_is_not_found(tmp_path: Path) -> None:
    pages = [[f"One {BORROWED}", f"Two {BORROWED}"], [f"Three {BORROWED}"]]
    assert [row[0] for row in measure(tmp_path / "whole", pages, passage_bytes=30)] == [0, 1, 2]
    cut = measure(tmp_path / "cut", pages, passage_bytes=30, passage_block_bytes=len(BORROWED) * 2)
    assert [row[0] for row in cut] == [0, 1]
    assert len(list((tmp_path / "cut/passages").iterdir())) == 2


def test_a_block_that_memory_cannot_hold_is_refused_with_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"of 2 documents need 1\.5KB of memory, and may take 1KB"):
        measure(tmp_path, [[BORROWED, BORROWED]], memory="1KB")


def test_a_share_of_memory_is_no_size(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="such as 4GB, not '80%'"):
        measure(tmp_path, [[BORROWED]], memory="80%")


def test_a_bound_wants_what_is_measured() -> None:
    selection = Selection(max_repeated_passage_fraction=0.5)
    with pytest.raises(ValueError, match=r"a bound on what repetition\.passages = true measures"):
        Recipe(selection=selection)
    assert Recipe(selection=selection, repetition=Repetition(passages=True)).selection == selection

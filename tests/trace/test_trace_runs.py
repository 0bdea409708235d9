"""Verbatim runs of tokens, held against a search that tries every stretch at every place."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trace_corpus import END, Documents, build_index

from llm_assets.trace.runs import Run, trace_tokens

PLANTED = [11, 12, 13, 14, 15, 16, 17, 18, 19]


def stands(stretch: Sequence[int], document: Sequence[int]) -> list[int]:
    """Where a stretch begins in a document."""
    return [place for place in range(len(document) - len(stretch) + 1) if list(document[place : place + len(stretch)]) == list(stretch)]


def search_all(documents: Documents, query: Sequence[int], least: int, most_docs: int) -> tuple[Run, ...]:
    """Every stretch of a query at every place of every document."""
    found = {}
    for start in range(len(query)):
        for end in range(start + 1, len(query) + 1):
            places = {doc: where for doc, document in enumerate(documents) if (where := stands(query[start:end], document))}
            if places and END not in query[start:end]:
                found[start, end] = places
    return tuple(
        Run(start, end, sum(map(len, places.values())), len(places), tuple(sorted(places))[:most_docs])
        for (start, end), places in sorted(found.items())
        if end - start >= least and not any(other != (start, end) and other[0] <= start and end <= other[1] for other in found)
    )


tokens = st.lists(st.integers(1, 3), max_size=12)


@settings(max_examples=40)
@given(
    st.lists(tokens, min_size=1, max_size=6),
    st.lists(st.integers(0, 4), max_size=14),
    st.integers(1, 4),
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([300, 70_000]),
)
def test_runs_are_those_of_a_search_that_tries_everything_however_the_corpus_is_cut(
    documents: Documents, query: list[int], least: int, shard_tokens: int, part_tokens: int, vocabulary: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        index = build_index(Path(folder), documents, shard_tokens, part_tokens, vocabulary)
        assert trace_tokens(index, query, least, most_docs=2) == search_all(documents, query, least, most_docs=2)


def test_a_planted_run_is_found_in_every_document_it_stands_in(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    documents = [random.integers(20, 200, 50).tolist() for _ in range(300)]
    for doc in range(0, 300, 3):
        documents[doc][doc % 40 : doc % 40] = PLANTED
    index = build_index(tmp_path, documents, part_tokens=1_000)
    (run,) = trace_tokens(index, [250, *PLANTED, 251], least=8, most_docs=1_000)
    assert (run.start, run.end, run.occurrences, run.documents) == (1, 10, 100, 100)
    assert run.docs == tuple(range(0, 300, 3))


def test_a_run_that_stands_in_no_document_is_not_found(tmp_path: Path) -> None:
    documents = [PLANTED[:5], PLANTED[5:], [*PLANTED[:4], 99, *PLANTED[5:]]]
    assert trace_tokens(build_index(tmp_path, documents), PLANTED, least=6) == ()


def test_every_place_counts_and_a_document_once(tmp_path: Path) -> None:
    index = build_index(tmp_path, [[*PLANTED, 5, *PLANTED], PLANTED])
    assert trace_tokens(index, PLANTED) == (Run(0, 9, 3, 2, (0, 1)),)


def test_no_run_crosses_from_one_document_into_the_next(tmp_path: Path) -> None:
    index = build_index(tmp_path, [PLANTED, PLANTED])
    runs = trace_tokens(index, [*PLANTED, END, *PLANTED], least=2)
    assert [(run.start, run.end) for run in runs] == [(0, 9), (10, 19)]


def test_ids_that_no_shard_can_hold_are_found_nowhere(tmp_path: Path) -> None:
    assert trace_tokens(build_index(tmp_path, [PLANTED]), [-1, 1 << 40], least=1) == ()


def test_an_empty_query_has_no_run(tmp_path: Path) -> None:
    assert trace_tokens(build_index(tmp_path, [PLANTED]), [], least=1) == ()


def test_a_run_of_no_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        trace_tokens(build_index(tmp_path, [PLANTED]), PLANTED, least=0)

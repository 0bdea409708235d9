"""N-grams shared with items: against a plain Python reading of the definition."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_assets.overlap.ngrams import find_shared, index_items

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f"]), max_size=14).map(" ".join)
ITEMS = st.lists(st.lists(WORDS, min_size=1, max_size=2), max_size=6)


def sought_by_definition(items: list[list[str]], ngram: int, min_words: int, max_items: int) -> dict[tuple[str, ...], set[int]]:
    owners: dict[tuple[str, ...], set[int]] = {}
    for item, texts in enumerate(items):
        for text in texts:
            words = text.split()
            width = min(ngram, len(words))
            for start in range(len(words) - width + 1) if len(words) >= min_words else ():
                owners.setdefault(tuple(words[start : start + width]), set()).add(item)
    return {gram: of for gram, of in owners.items() if len(of) <= max_items}


def shared_by_definition(texts: list[str], owners: dict[tuple[str, ...], set[int]]) -> list[tuple[int, int, int]]:
    counts: Counter[tuple[int, int]] = Counter()
    for number, text in enumerate(texts):
        words = text.split()
        for width in {len(gram) for gram in owners}:
            for start in range(len(words) - width + 1):
                counts.update((number, item) for item in owners.get(tuple(words[start : start + width]), ()))
    return [(text, item, count) for (text, item), count in sorted(counts.items())]


@given(ITEMS, st.lists(WORDS, max_size=5), st.integers(1, 6), st.integers(1, 6), st.integers(1, 3))
def test_what_is_shared_is_what_the_definition_says(
    items: list[list[str]], texts: list[str], ngram: int, min_words: int, max_items: int
) -> None:
    owners = sought_by_definition(items, ngram, min(min_words, ngram), max_items)
    index = index_items(items, ngram, min(min_words, ngram), max_items)
    assert find_shared(pl.Series(texts, dtype=pl.String), index).rows() == shared_by_definition(texts, owners)
    assert set(index.missed) == set(range(len(items))) - {item for of in owners.values() for item in of}


@given(st.lists(WORDS, min_size=1, max_size=5), st.integers(0, 4))
def test_a_text_shares_the_same_whatever_stands_beside_it(texts: list[str], cut: int) -> None:
    index = index_items([["a b c"], ["c d e f"]], 3, 2, 10)
    whole = find_shared(pl.Series(texts), index).rows()
    parts = [(start, pl.Series(texts[start:stop], dtype=pl.String)) for start, stop in ((0, cut), (cut, len(texts)))]
    assert whole == [(text + start, item, count) for start, part in parts for text, item, count in find_shared(part, index).rows()]


@pytest.mark.parametrize("text", ["THE CAT, sat!", "the  cat\nsat", "Thé cät “sat”"])
def test_case_punctuation_accents_and_space_make_no_difference(text: str) -> None:
    assert find_shared(pl.Series([text]), index_items([["The cat sat."]], 3, 3, 10)).rows() == [(0, 0, 1)]


def test_an_n_gram_of_a_template_is_not_sought() -> None:
    items = [[f"answer the question {word}"] for word in ["one", "two", "three"]]
    index = index_items(items, 3, 3, 2)
    assert find_shared(pl.Series(["answer the question", "the question two"]), index).rows() == [(1, 1, 1)]


def test_an_item_that_is_too_short_is_missed() -> None:
    assert list(index_items([["a cup of tea"], ["tea"]], 3, 2, 10).missed) == [1]

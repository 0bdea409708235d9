import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_assets.tokenizer.sample import draw_numbers, find_cutoff

DOCS = np.arange(20_000, dtype=np.uint64) + np.uint64(5 << 48)


def test_a_draw_belongs_to_the_document_and_not_to_its_place():
    shuffled = np.random.default_rng(0).permutation(DOCS)
    np.testing.assert_array_equal(draw_numbers(shuffled, "p", 0)[np.argsort(shuffled)], draw_numbers(DOCS, "p", 0))


def test_draws_of_neighbouring_documents_are_uniform():
    counts, _ = np.histogram(draw_numbers(DOCS, "p", 0) / 2.0**64, bins=20, range=(0, 1))
    assert ((counts - 1_000) ** 2 / 1_000).sum() < 43.8  # chi-square, 19 degrees of freedom, p = .001


@pytest.mark.parametrize(("purpose", "seed"), [("q", 0), ("p", 1)])
def test_another_purpose_or_seed_is_another_draw(purpose: str, seed: int):
    one, other = draw_numbers(DOCS, "p", 0) / 2.0**64, draw_numbers(DOCS, purpose, seed) / 2.0**64
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.03


def test_no_two_documents_tie():
    assert np.unique(draw_numbers(DOCS, "p", 0)).size == DOCS.size


@given(sizes=st.lists(st.integers(0, 50), min_size=1, max_size=40), budget=st.integers(1, 300))
def test_the_documents_up_to_the_cutoff_reach_the_budget_and_no_fewer_would(sizes: list[int], budget: int):
    numbers = draw_numbers(np.arange(len(sizes), dtype=np.uint64), "p", 3)
    counts = np.array(sizes)
    cutoff = find_cutoff(numbers, counts, budget)
    assert counts[numbers <= cutoff].sum() >= min(budget, counts.sum())
    assert counts[numbers < cutoff].sum() < budget


def test_no_documents_no_cutoff():
    assert find_cutoff(np.empty(0, np.uint64), np.empty(0, np.int64), 5) == -1

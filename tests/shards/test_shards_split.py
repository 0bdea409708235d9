import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_assets.shards.split import hold_out


def keys(values: list[int] | range, crawl: int = 1) -> np.ndarray:
    return np.array(values, np.uint64) + np.uint64(crawl << 48)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.sampled_from([1e-6, 0.3, 0.999999]), st.integers(0, 3))
def test_no_family_straddles_and_two_families_leave_no_split_empty(roots: list[int], fraction: float, seed: int):
    families = keys(roots)
    held = hold_out(keys(range(len(roots))), families, fraction, seed)
    assert not set(families[held]) & set(families[~held])
    assert held.any() == (len(set(roots)) > 1)
    assert not held.all()


def test_the_share_held_out_is_the_one_told():
    docs = keys(range(100_000))
    assert hold_out(docs, docs, 0.05, 0).mean() == pytest.approx(0.05, abs=0.003)


def test_a_larger_share_holds_out_all_of_a_smaller_one_and_more():
    docs = keys(range(1_000))
    small, large = hold_out(docs, docs, 0.1, 0), hold_out(docs, docs, 0.2, 0)
    assert (small <= large).all()
    assert small.sum() < large.sum()


def test_another_seed_holds_out_others():
    docs = keys(range(1_000))
    assert (hold_out(docs, docs, 0.1, 0) != hold_out(docs, docs, 0.1, 1)).any()


def test_nothing_is_held_out_where_none_is_asked_for():
    docs = keys(range(1_000))
    assert not hold_out(docs, docs, 0, 0).any()


@pytest.mark.parametrize("seed", range(5))
def test_a_family_of_an_elder_crawl_is_not_moved_while_one_began_here(seed: int):
    docs = keys(range(4), crawl=2)
    families = np.concatenate([keys(range(3), crawl=1), docs[3:]])
    assert hold_out(docs, families, 1e-9, seed).tolist() == [False, False, False, True]


@pytest.mark.parametrize("fraction", [1e-9, 1 - 1e-9])
def test_families_of_elder_crawls_stay_where_the_elder_crawls_have_them(fraction: float):
    docs, families = keys(range(4), crawl=2), keys(range(4), crawl=1)
    assert set(hold_out(docs, families, fraction, 0)) == {fraction > 0.5}


def test_a_lone_family_is_for_training():
    docs = keys([7])
    assert not hold_out(docs, docs, 1 - 1e-9, 0).any()


def test_no_documents_no_split():
    assert hold_out(keys([]), keys([]), 0.5, 0).size == 0

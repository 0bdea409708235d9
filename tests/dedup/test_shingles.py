"""Shingle hashes against plain Python."""

import doctest

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.dedup import shingles
from llm_assets.dedup.normalisation import normalise_texts
from llm_assets.dedup.shingles import hash_shingle, hash_shingles

WORDS = st.lists(st.text("abcé한", min_size=1, max_size=4), max_size=12)


def fnv1a_plainly(data):
    state = 0xCBF29CE484222325
    for byte in data:
        state = (state ^ byte) * 0x100000001B3 % 2**64
    return state


def hash_plainly(shingle):
    state = 0xCBF29CE484222325
    for word in shingle.split(b" "):
        state = (state ^ fnv1a_plainly(word)) * 0x100000001B3 % 2**64
    return state >> 32 ^ state & 0xFFFFFFFF


def shingles_plainly(words, ngram):
    if not words:
        return []
    return [" ".join(words[start : start + ngram]).encode() for start in range(max(1, len(words) - ngram + 1))]


@given(st.lists(WORDS, max_size=5), st.integers(1, 7))
@settings(max_examples=200, deadline=None)
def test_shingle_hashes_are_those_of_plain_python(texts, ngram):
    accentless = [[word.replace("é", "e") for word in words] for words in texts]
    hashes, offsets = hash_shingles(normalise_texts(pl.Series([" ".join(words) for words in texts], dtype=pl.String)), ngram)
    for row, words in enumerate(accentless):
        assert hashes[offsets[row] : offsets[row + 1]].tolist() == list(map(hash_plainly, shingles_plainly(words, ngram)))


@pytest.mark.parametrize(("data", "state"), [(b"", 0xCBF29CE484222325), (b"a", 0xAF63DC4C8601EC8C), (b"foobar", 0x85944171F73967E8)])
def test_the_hash_gives_the_values_fnvs_authors_publish(data, state):
    assert int(shingles.fnv1a(np.frombuffer(data, np.uint8), 0, len(data))) == state


@pytest.mark.parametrize("shingle", [b"one", b"one two three four five", "né 한국".encode()])
def test_one_shingle_hashes_as_it_does_in_a_text(shingle):
    assert hash_shingle(shingle) == hash_plainly(shingle)


def test_examples_in_the_docstring_hold():
    assert doctest.testmod(shingles).failed == 0

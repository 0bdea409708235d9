"""Normalisation and shingles against plain Python."""

import doctest
import unicodedata

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.dedup import shingles
from llm_assets.dedup.shingles import hash_shingle, hash_shingles, normalise_texts

TEXTS = st.lists(st.text(st.characters(codec="utf-8"), max_size=60) | st.text("ab 1\n,éß한", max_size=80), max_size=6)


def normalise_plainly(text):
    characters = []
    for character in text:
        category = unicodedata.category(character)
        lower = character.lower()
        bases = "".join(part for part in unicodedata.normalize("NFD", lower) if unicodedata.category(part) != "Mn")
        if character.isspace():
            characters.append(" ")
        elif category == "Nd":
            characters.append("0")
        elif ord(character) >= 0x20000:
            characters.append(character)
        elif category[0] not in "PS" and category not in ("Cc", "Cf", "Mn", "Me"):
            characters.append(bases if len(bases) == 1 else lower[0])
    words = "".join(characters).split()
    for _ in range(8):  # halves any run of zeros, and more often than there are digits in these texts
        words = [word.replace("00", "0") for word in words]
    return " ".join(words)


def fnv1a_plainly(data):
    state = 0xCBF29CE484222325
    for byte in data:
        state = (state ^ byte) * 0x100000001B3 % 2**64
    return state


def shingles_plainly(text, ngram):
    words = text.split(" ") if text else []
    if 0 < len(words) < ngram:
        return [text.encode()]
    return [" ".join(words[start : start + ngram]).encode() for start in range(len(words) - ngram + 1)]


def text_of(normalised, row):
    return normalised.data[normalised.offsets[row] : normalised.offsets[row + 1]].tobytes().decode()


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_normalised_texts_are_those_of_plain_python(texts):
    normalised = normalise_texts(pl.Series(texts, dtype=pl.String))
    expected = [normalise_plainly(text) for text in texts]
    assert [text_of(normalised, row) for row in range(len(texts))] == expected
    assert normalised.words.tolist() == [len(text.split()) for text in expected]


@given(TEXTS, st.integers(1, 7))
@settings(max_examples=200, deadline=None)
def test_shingle_hashes_are_folded_fnv1a_of_neighbouring_words(texts, ngram):
    normalised = normalise_texts(pl.Series(texts, dtype=pl.String))
    hashes, offsets = hash_shingles(normalised, ngram)
    for row in range(len(texts)):
        states = [fnv1a_plainly(shingle) for shingle in shingles_plainly(text_of(normalised, row), ngram)]
        assert hashes[offsets[row] : offsets[row + 1]].tolist() == [state >> 32 ^ state & 0xFFFFFFFF for state in states]


@pytest.mark.parametrize(("data", "state"), [(b"", 0xCBF29CE484222325), (b"a", 0xAF63DC4C8601EC8C), (b"foobar", 0x85944171F73967E8)])
def test_the_hash_gives_the_values_fnvs_authors_publish(data, state):
    assert int(shingles.fnv1a(np.frombuffer(data, np.uint8), 0, len(data))) == state
    assert hash_shingle(data) == state >> 32 ^ state & 0xFFFFFFFF


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("The  CAFÉ\n\nis open.", "the cafe is open"),
        ("cafe\u0301", "cafe"),
        ("1,000,000 in 2024 — v2.10b", "0 in 0 v0b"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("non\u00a0breaking\u3000space", "non breaking space"),
        ("٣٤ ４２", "0 0"),
        ("한국어 日本語 עברית", "한국어 日本語 עברית"),
        ("!!! … 🙂", ""),
        ("Ⱥ" * 9, "ⱥ" * 9),
    ],
)
def test_text_is_normalised(text, normalised):
    assert text_of(normalise_texts(pl.Series([text])), 0) == normalised


def test_a_slice_of_a_series_is_read_from_its_own_start():
    assert text_of(normalise_texts(pl.Series(["one", "two", "three"])[1:]), 1) == "three"


def test_damaged_utf8_is_read_within_its_bounds():
    for clipped in (b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xff", b"\x80"):
        data = np.frombuffer(b"a " + clipped, np.uint8)
        out = np.zeros(16, np.uint8)
        ends, _ = shingles._normalise(data, np.array([0, len(data)]), shingles._folding_table(), out)
        assert ends[-1] <= len(data) * 2


def test_examples_in_the_docstring_hold():
    assert doctest.testmod(shingles).failed == 0

"""Normalised texts against plain Python."""

import doctest
import unicodedata

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.dedup import normalisation
from llm_assets.dedup.normalisation import normalise_texts

TEXTS = st.lists(st.text(st.characters(codec="utf-8"), max_size=60) | st.text("ab 1\n,éß한一カȺ", max_size=80), max_size=6)


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
            characters.append(f" {character} ")
        elif category[0] not in "PS" and category not in ("Cc", "Cf", "Mn", "Me"):
            folded = bases if len(bases) == 1 else lower[0]
            alone = any(first <= ord(character) <= last for first, last in normalisation._UNSPACED)
            characters.append(f" {folded} " if alone else folded)
    words = "".join(characters).split()
    for _ in range(8):  # halves any run of zeros, and more often than there are digits in these texts
        words = [word.replace("00", "0") for word in words]
    return " ".join(words)


def text_of(normalised, row=0):
    return normalised.data[normalised.offsets[row] : normalised.offsets[row + 1]].tobytes().decode()


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_normalised_texts_are_those_of_plain_python(texts):
    normalised = normalise_texts(pl.Series(texts, dtype=pl.String))
    expected = [normalise_plainly(text) for text in texts]
    assert [text_of(normalised, row) for row in range(len(texts))] == expected
    assert normalised.words.tolist() == [len(text.split()) for text in expected]


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("The  CAFÉ\n\nis open.", "the cafe is open"),
        ("cafe\u0301", "cafe"),
        ("1,000,000 in 2024 — v2.10b", "0 in 0 v0b"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("non\u00a0breaking\u3000space", "non breaking space"),
        ("٣٤ ４２", "0 0"),
        ("한국어 עברית", "한국어 עברית"),
        ("日本語、10個 ok", "日 本 語 0 個 ok"),
        ("カタカナ𠀀x", "カ タ カ ナ 𠀀 x"),
        ("ภาษาไทย", "ภ า ษ า ไ ท ย"),
        ("!!! … 🙂", ""),
        ("Ⱥ" * 9, "ⱥ" * 9),
    ],
)
def test_text_is_normalised(text, normalised):
    assert text_of(normalise_texts(pl.Series([text]))) == normalised


def test_no_text_grows_to_more_than_twice_its_bytes():
    every = map(chr, [*range(1, 0xD800), *range(0xE000, 0x20000)])
    # In the worst of texts, every other character is a word of its own, and the ones between grow.
    assert all(len(normalise_plainly(f"一{one}一").encode()) <= 2 * len(f"一{one}".encode()) + len("一".encode()) for one in every)


def test_a_slice_of_a_series_is_read_from_its_own_start():
    assert text_of(normalise_texts(pl.Series(["one", "two", "three"])[1:]), 1) == "three"


@pytest.mark.parametrize("damaged", [b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xff", b"\x80" * 40])
def test_damaged_utf8_is_dropped_within_its_bounds(damaged):
    class Damaged:
        """Stands for a series that was read from a file with such bytes in it."""

        def to_arrow(self, compat_level):
            return pa.array([b"word " + damaged], pa.large_binary())

    assert text_of(normalise_texts(Damaged())) == "word"


def test_examples_in_the_docstring_hold():
    assert doctest.testmod(normalisation).failed == 0

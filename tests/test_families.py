"""How two texts differ, word by word."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.errors import ConfigError
from llm_assets.families import MOST_WORDS, Family, compare_texts

TEXTS = st.text(st.sampled_from("ab \n"), max_size=40)
FAMILY = Family(
    2,
    (
        {"doc": 1, "elder": None},
        {"doc": 2, "elder": 1},
        {"doc": 3, "elder": 2},
        {"doc": 4, "elder": 2},
    ),
)


@given(TEXTS, TEXTS)
@settings(max_examples=150, deadline=None)
def test_the_passages_of_a_side_are_its_text(one: str, other: str) -> None:
    passages = list(compare_texts(one, other))
    assert "".join(passage.text for passage in passages if passage.side != "second") == one
    assert [word for passage in passages if passage.side != "first" for word in passage.text.split()] == other.split()


def test_a_changed_word_is_a_passage_of_each_side() -> None:
    assert [(passage.side, passage.text) for passage in compare_texts("the old red house", "the old blue house")] == [
        ("both", "the old"),
        ("first", " red"),
        ("second", " blue"),
        ("both", " house"),
    ]


def test_a_long_text_is_compared_by_its_beginning() -> None:
    (passage,) = compare_texts("word " * (MOST_WORDS + 9), "word " * (2 * MOST_WORDS))
    assert len(passage.text.split()) == MOST_WORDS


def test_a_document_is_held_against_its_elder_or_its_first_copy() -> None:
    assert [Family(doc, FAMILY.members).counterpart() for doc in (1, 2, 3, 4)] == [2, 1, 2, 2]
    assert Family(9, ({"doc": 9, "elder": None},)).counterpart() is None


def test_a_document_of_another_family_is_named() -> None:
    with pytest.raises(ConfigError, match="0-0-9 is no copy of 0-0-2"):
        FAMILY.find(9)

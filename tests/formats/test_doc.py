"""Document keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_assets.errors import ConfigError
from llm_assets.formats.doc import MAX_CRAWL, MAX_FILE, MAX_RECORD, format_doc, make_doc, parse_doc, split_doc

PLACES = st.tuples(st.integers(0, MAX_CRAWL), st.integers(0, MAX_FILE), st.integers(0, MAX_RECORD))


@given(PLACES)
def test_a_key_gives_its_place_back_and_its_text_gives_the_key_back(place: tuple[int, int, int]) -> None:
    doc = make_doc(*place)
    assert split_doc(doc) == place
    assert parse_doc(format_doc(doc)) == doc


@given(PLACES, PLACES)
def test_keys_sort_by_seniority(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    assert (make_doc(*one) < make_doc(*other)) == (one < other)


@pytest.mark.parametrize("place", [(MAX_CRAWL + 1, 0, 0), (0, MAX_FILE + 1, 0), (0, 0, MAX_RECORD + 1), (-1, 0, 0)])
def test_a_place_past_the_limits_is_a_config_error(place: tuple[int, int, int]) -> None:
    with pytest.raises(ConfigError, match="outside"):
        make_doc(*place)


@pytest.mark.parametrize("text", ["", "1-2", "1-2-3-4", "a-b-c", "1-2--3", "99999-0-0", "../../x"])
def test_a_text_that_is_no_key_is_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_doc(text)

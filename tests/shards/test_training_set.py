import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_assets.shards.training_set import choose_training_set

TOKENS = {"a": 100, "b": 50, "c": 15}


@pytest.mark.parametrize(
    ("previous", "growth", "chosen"),
    [
        ((), 0.1, ("a", "b", "c")),
        (("a", "b"), 0.1, ("a", "b", "c")),
        (("a", "b"), 0.11, ("a", "b")),
        (("b", "a"), 0.5, ("a", "b")),
        (("a", "b"), 0, ("a", "b", "c")),
        (("a", "b", "gone"), 0.2, ("a", "b")),
        (("gone",), 0.5, ("a", "b", "c")),
        (("c",), 9.0, ("a", "b", "c")),
        (("c",), 11.0, ("c",)),
    ],
)
def test_the_choice_stands_until_the_corpus_has_grown_by_the_share(previous: tuple[str, ...], growth: float, chosen: tuple[str, ...]):
    assert choose_training_set(TOKENS, previous, growth) == chosen


@pytest.mark.parametrize("previous", [(), ("gone",)])
def test_no_crawls_no_choice(previous: tuple[str, ...]):
    assert choose_training_set({}, previous, 0.1) == ()


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(0, 1_000)), st.floats(0, 2))
def test_a_choice_made_again_from_itself_stands(tokens: dict[str, int], growth: float):
    chosen = choose_training_set(tokens, (), growth)
    assert choose_training_set(tokens, chosen, growth) == chosen

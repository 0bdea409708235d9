import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.quality.cleaning import POLICY_PHRASES, Cleaning, clean_texts

NOTHING = Cleaning(min_words_per_line=0, max_word_length=0, remove_citations=False, drop_javascript=False, drop_policies=False)


def clean(text: str, cleaning: Cleaning) -> str:
    (cleaned,) = clean_texts(pl.Series([text]), cleaning).to_list()
    return cleaned


@pytest.mark.parametrize(
    ("text", "change", "cleaned"),
    [
        ("one two three\none two", {"min_words_per_line": 3}, "one two three"),
        ("one - two - three", {"min_words_per_line": 3}, "one - two - three"),
        ("one - two", {"min_words_per_line": 3}, ""),
        ("😀 😀 😀", {"min_words_per_line": 1}, ""),
        ("天气好。\n好。", {"min_words_per_line": 3}, "天气好。"),
        ("อากาศดี\nดี", {"min_words_per_line": 3}, "อากาศดี"),
        ("a\n" + "x" * 6, {"max_word_length": 5}, "a"),
        ("a\n" + "é" * 5, {"max_word_length": 5}, "a\n" + "é" * 5),
        ("As told.[1] Later.[23][edit] Why?[citation needed][]", {"remove_citations": True}, "As told. Later. Why?"),
        ("See [12a] and [note 1].", {"remove_citations": True}, "See [12a] and [note 1]."),
        ("Turn on JavaScript!\nReady.", {"drop_javascript": True}, "Ready."),
        ("javascript:void(0)\njava script", {"drop_javascript": True}, "java script"),
        ("OUR TERMS OF USE\nterms of us", {"drop_policies": True}, "terms of us"),
        ("We use cookies.\nRead our Privacy Policy.\nCookies are baked.", {"drop_policies": True}, "Cookies are baked."),
        ("Home\nIt rained.\nDid it? “Yes.”\nRead more...\nAnd so on…", {"terminal_punctuation": True}, "It rained.\nDid it? “Yes.”"),
    ],
)
def test_each_rule_does_what_it_says_and_nothing_else(text, change, cleaned):
    assert clean(text, NOTHING.model_copy(update=change)) == cleaned
    assert clean(text, NOTHING) == text


@pytest.mark.parametrize("phrase", ["javascript", *POLICY_PHRASES])
def test_a_line_with_a_phrase_goes(phrase):
    line = f"Here is {phrase.upper()} again"
    assert clean(f"{line}\nA line that stays", Cleaning()) == "A line that stays"


def test_citations_go_before_a_line_is_judged():
    assert clean("[1] [2] [3]\nIt ended.[4]", Cleaning(min_words_per_line=2, terminal_punctuation=True)) == "It ended."


def test_with_every_rule_off_only_the_whitespace_around_lines_goes():
    assert clean("  a\t\n\n b\r\n", NOTHING) == "a\n\nb"


def test_the_result_keeps_length_and_name_and_nulls_become_empty():
    texts = pl.Series("text", ["", None, "one two three", "\n\n", "x"])
    cleaned = clean_texts(texts, Cleaning())
    assert cleaned.name == "text"
    assert cleaned.dtype == pl.String
    assert cleaned.to_list() == ["", "", "one two three", "", ""]
    assert clean_texts(texts.clear(), Cleaning()).to_list() == []


def first_letter(word: str) -> str:
    return next(character for character in word if character.isalnum())


def reference(text: str, cleaning: Cleaning) -> str:
    phrases = ["javascript"] if cleaning.drop_javascript else []
    kept = []
    for raw in text.split("\n"):
        line = raw.strip(" \t\r")
        if cleaning.remove_citations:
            line = line.replace("[1]", "").replace("[edit]", "").strip(" \t\r")
        words = [piece for piece in line.split() if any(character.isalnum() for character in piece)]
        # A word of a script without spaces may be one letter, so each counts; a word begun before them goes on no further.
        count = sum(sum("一" <= letter <= "鿿" for letter in word) + (not "一" <= first_letter(word) <= "鿿") for word in words)
        if count < cleaning.min_words_per_line or any(phrase in line.lower() for phrase in phrases):
            continue
        if cleaning.max_word_length and any(len(piece) > cleaning.max_word_length for piece in line.split()):
            continue
        kept.append(line)
    return "\n".join(kept).strip()


PIECES = st.sampled_from(
    ["a", "bc", "-", "\n", " ", "\t", "\n\n", "éé", "[1]", "[edit]", "javascript", "JavaScript", "😀", "x" * 9, "你好"]
)


@settings(deadline=None)
@given(
    st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=4),
    st.integers(0, 3),
    st.sampled_from([0, 8, 1000]),
    st.booleans(),
    st.booleans(),
)
def test_the_columns_agree_with_a_plain_loop(texts, min_words, max_length, citations, javascript):
    cleaning = Cleaning(min_words_per_line=min_words, max_word_length=max_length, remove_citations=citations, drop_javascript=javascript)
    assert clean_texts(pl.Series(texts, dtype=pl.String), cleaning).to_list() == [reference(text, cleaning) for text in texts]

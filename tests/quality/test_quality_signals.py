import math

import numpy as np
import polars as pl
import pytest

from llm_assets.quality.cleaning import Cleaning
from llm_assets.quality.config import Signals
from llm_assets.quality.language import Language
from llm_assets.quality.signals import DESCRIPTIONS, SIGNALS, measure_columns, measure_texts


def measure(*texts: str) -> pl.DataFrame:
    return measure_texts(pl.Series(texts), Cleaning(), Language(), Signals())


LINES = "- Red apples\n\n- Red apples\n\n- Green pears...\n"
VERSE = "row the boat and row the boat and row the boat and"


@pytest.mark.parametrize(
    ("text", "signal", "value"),
    [
        ("été 12", "bytes", 8),
        ("été 12", "characters", 6),
        ("one -- two, 3!", "words", 3),
        ("one -- two, 3!", "mean_word_length", 7 / 3),
        ("one -- two, 3!", "alpha_word_fraction", 2 / 3),
        ("#one ## two", "hash_word_ratio", 3 / 2),
        ("so... well… yes", "ellipsis_word_ratio", 2 / 3),
        ("The cat, the dog AND that's it to be", "stop_words", 4),
        (LINES, "bullet_line_fraction", 1),
        (LINES, "ellipsis_line_fraction", 1 / 3),
        (LINES, "duplicate_line_fraction", 1 / 3),
        (LINES, "duplicate_paragraph_fraction", 1 / 3),
        (LINES, "duplicate_line_character_fraction", 12 / 45),
        (LINES, "duplicate_paragraph_character_fraction", 12 / 45),
        ("a b\nc\n\na b\nc\n\nd", "duplicate_paragraph_character_fraction", 5 / 15),
        (VERSE, "top_2_gram_character_fraction", 3 * len("row the") / 50),
        (VERSE, "top_3_gram_character_fraction", 3 * len("row the boat") / 50),
        (VERSE, "top_4_gram_character_fraction", 3 * len("row the boat and") / 50),
        (VERSE, "duplicate_5_gram_character_fraction", len("rowtheboatandrow") / 50),
        (VERSE, "duplicate_6_gram_character_fraction", len("rowtheboatandrowthe") / 50),
        (VERSE, "duplicate_7_gram_character_fraction", len("rowtheboatandrowtheboat") / 50),
        (VERSE, "duplicate_8_gram_character_fraction", len("rowtheboatandrowtheboatand") / 50),
        (VERSE, "duplicate_9_gram_character_fraction", 0),
        (VERSE, "duplicate_10_gram_character_fraction", 0),
        ("Home\nIt rained all day. We stayed in.\nNo mark on this", "sentences", 3),
        ("Lorem ipsum dolor, LOREM IPSUM", "lorem_ipsum", 2),
        ("Home {\nif (x) { return; }", "curly_brackets", 1),
        ("Home\nIt rained all day.[1]", "cleaned_characters", 18),
        ("Home\nIt rained all day.\nHe said “go on”\nNo mark on this", "line_punctuation_fraction", 2 / 3),
        (f"{'thirty characters on this line'}\n{'and thirty-one on the other one'}", "short_line_fraction", 1 / 2),
        ("the same line\nthe other line\nthe same line", "cleaned_duplicate_line_character_fraction", 13 / 40),
        ("one two three\n\nfour five six", "newlines_per_word", 1 / 6),
    ],
)
def test_a_signal_is_what_its_definition_says(text, signal, value):
    assert measure(text)[signal][0] == value


def test_every_signal_has_a_worked_example():
    (mark,) = test_a_signal_is_what_its_definition_says.pytestmark
    assert {signal for _, signal, _ in mark.args[1]} == {signal.name for signal in DESCRIPTIONS}


def test_the_table_has_a_described_column_for_each_signal():
    assert SIGNALS.names == ["doc", "language", "language_score", *(signal.name for signal in DESCRIPTIONS)]
    assert len(set(SIGNALS.names)) == len(SIGNALS)
    assert all(signal.definition and signal.unit in {"count", "characters", "bytes", "fraction", "ratio"} for signal in DESCRIPTIONS)


MENU = "+ Tea\n+ Cake [...]\n+ A rather long line [...]"


@pytest.mark.parametrize(
    ("section", "text", "signal", "value"),
    [
        ({"bullets": "+"}, MENU, "bullet_line_fraction", 1),
        ({"ellipses": ("[...]",)}, MENU, "ellipsis_line_fraction", 2 / 3),
        ({"ellipses": ("[...]",)}, MENU, "ellipsis_word_ratio", 2 / 6),
        ({"short_line_characters": 5}, "a b c\na b cd", "short_line_fraction", 1 / 2),
        ({"stop_words": ("Über", "tea")}, "ÜBER TEA über tEA", "stop_words", 2),
        ({"stop_words": ("tea",)}, "tEA", "stop_words", 0),
        ({"stop_words": ()}, "the tea", "stop_words", 0),
        ({"stop_words": ("a word of many letters",)}, "a word", "stop_words", 0),
    ],
)
def test_what_is_measured_is_what_the_recipe_says(section, text, signal, value):
    assert measure_columns(pl.Series([text]), pl.Series(["en"]), Cleaning(), Signals(**section))[signal][0] == value


def test_stop_words_are_those_of_the_language():
    signals = Signals(stop_words=("the", "of"), by_language={"de": {"stop_words": ("der", "die", "und")}, "zh": {"stop_words": ("的",)}})
    texts = pl.Series(["Der Tee und the Kuchen"] * 2 + ["红色的茶"] * 2)
    columns = measure_columns(texts, pl.Series(["de", "fr", "zh", "en"]), Cleaning(), signals)
    assert columns["stop_words"].to_list() == [2, 1, 1, 0]


@pytest.mark.parametrize("given", [{"stop_words": ("the", "")}, {"ellipses": ()}, {"ellipses": ("",)}])
def test_what_would_be_in_every_text_is_refused(given):
    with pytest.raises(ValueError, match=next(iter(given))):
        Signals(**given)


DEGENERATE = {
    "empty": "",
    "one word": "word",
    "one letter": "a",
    "whitespace": " \n\t\n ",
    "one long line": "lorem " * 20_000,
    "one long word": "x" * 200_000,
    "emoji": "😀👩‍👩‍👧 🎉\n😀",
    "nul": "\0\0 \0a\0 \0",
    "zalgo": "h\u0335\u0321\u0322e\u0334" + "\u0335" * 20_000 + " c\u0321omes",
    "half a surrogate pair, as it was replaced": "\ufffd\ufffd text \ufffd",
    "one long line without spaces": "天气很好" * 20_000,
    "one long run of digits": "1" * 100_000,
    "right to left": "مرحبا بالعالم.\n\u202eabc\u202c",
    "punctuation": "... --- !!!",
    "last code point": "\U0010ffff \U000e0100",
    "newlines": "\n" * 5_000,
}


@pytest.mark.parametrize("language", ["en", "zh", "th"])
@pytest.mark.parametrize("text", DEGENERATE.values(), ids=DEGENERATE)
def test_a_degenerate_text_has_a_number_or_nan_for_every_signal(text, language):
    row = measure_columns(pl.Series([text]), pl.Series([language]), Cleaning(), Signals()).row(0, named=True)
    for signal in DESCRIPTIONS:
        value = row[signal.name]
        assert isinstance(value, float)
        assert math.isnan(value) or value >= 0
        assert signal.unit != "fraction" or not value > 1


def test_an_empty_text_has_no_language_no_words_and_no_ratios():
    row = measure("").row(0, named=True)
    assert (row["language"], row["language_score"]) == ("und", 0.0)
    assert row["words"] == row["sentences"] == 0
    assert all(math.isnan(row[signal.name]) for signal in DESCRIPTIONS if signal.unit in {"fraction", "ratio"})


def test_a_document_measures_the_same_whatever_stands_beside_it():
    texts = [*DEGENERATE.values(), VERSE, LINES, VERSE]
    together = measure(*texts)
    for place, text in enumerate(texts):
        np.testing.assert_equal(together.row(place), measure(text).row(0))


def test_an_empty_batch_has_the_columns_and_no_rows():
    frame = measure_texts(pl.Series([], dtype=pl.String), Cleaning(), Language(), Signals())
    assert frame.columns == SIGNALS.names[1:]
    assert frame.height == 0

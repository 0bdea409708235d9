"""The picture of a prediction: a PNG, whatever the texts are."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from llm_assets.sampling.picture import draw_predictions, show_token
from llm_assets.sampling.prediction import Candidate, Prediction, Table, read_table

CANDIDATES = (Candidate(1, " a", 0.5), Candidate(2, "$x_", 0.25))
TABLE = Table(
    window=("Once", " upon"), candidates=CANDIDATES, correct=Candidate(7, " time", 0.01), rank=9, shard=0, position=3, text="Once upon"
)


@pytest.mark.parametrize("predictions", [[], [TABLE], [TABLE, Prediction(window=(), candidates=CANDIDATES)]])
def test_it_is_a_png(predictions: list[Prediction]) -> None:
    assert draw_predictions(predictions).startswith(b"\x89PNG")


@pytest.mark.parametrize("text", ["$\\frac$", "\x1b[31m", "漢字 😀 \u202e", "%", "", "\n" * 50, "a" * 500])
def test_no_text_is_markup_or_breaks_it(text: str) -> None:
    assert draw_predictions([Prediction(window=(text,) * 3, candidates=(Candidate(0, text, 1.0),))]).startswith(b"\x89PNG")


def test_the_same_prediction_gives_the_same_bytes() -> None:
    assert draw_predictions([TABLE]) == draw_predictions([TABLE])


def test_what_cannot_be_seen_is_made_visible() -> None:
    assert show_token(" a\n\t\x07") == "·a⏎⇥"


def test_the_correct_token_has_a_bar_of_its_own_where_it_is_no_candidate() -> None:
    assert [bar.token for bar in TABLE.bars] == [1, 2, 7]


def test_a_table_is_read_back_as_it_was_written() -> None:
    assert read_table(asdict(TABLE)) == TABLE

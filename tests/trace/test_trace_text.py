"""Verbatim runs of texts, by a real tokenizer: what is promised of their edges, their characters, their counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import tokenizers
from trace_corpus import END, build_index

from llm_assets.tokenizer.bpe import encode_text, end_of_text, train_bpe
from llm_assets.tokenizer.config import Tokenizer
from llm_assets.trace import text as text_module
from llm_assets.trace.shown import show_pieces
from llm_assets.trace.text import Tracer

SENTENCE = "The quiet harbour wakes before any of the gulls do, and its boats leave long before sunrise."
PROSE = [
    f"Number {n} of these pages is about a boat, its harbour and the {word} gulls above it.\nNobody has counted them before today."
    for n in range(120)
    for word in ("loud", "white", "hungry")
]
Trace = Callable[[list[str]], Tracer]


@pytest.fixture(scope="session")
def tokenizer() -> tokenizers.Tokenizer:
    return train_bpe([*PROSE, SENTENCE, "日本語の文章です。港は静かです。", "naïve café"], Tokenizer(vocabulary=700))


@pytest.fixture
def open_tracer(tokenizer: tokenizers.Tokenizer, tmp_path: Path) -> Trace:
    """Traces texts in these documents; their keys are their numbers."""
    assert end_of_text(tokenizer) == END

    def open_over(documents: list[str]) -> Tracer:
        ids = [encode_text(tokenizer, document) for document in documents]
        return Tracer(build_index(tmp_path, ids, part_tokens=2_000, vocabulary=700), tokenizer)

    return open_over


SURROUNDINGS = ("{}", "{}\n", "\n{}\n\n", "“{}”", "He said: {} Then he left.", "xyz{}xyz", "({})", "\t{}\t")
"""In which a sentence has other tokens at its edges, each time."""


@pytest.mark.parametrize("asked", ["{}", " {}", "Elephants wrote {} Elephants too.", "\n{}\n", "Quite, {}\n\nElephants"])
def test_a_sentence_is_found_in_all_documents_it_was_planted_in_whatever_stands_around_it(asked: str, open_tracer: Trace) -> None:
    documents = list(PROSE)
    planted = range(0, 300, 3)
    for number, doc in enumerate(planted):
        documents[doc] += f" {SURROUNDINGS[number % len(SURROUNDINGS)].format(SENTENCE)}{documents[doc]}"
    trace = open_tracer(documents).trace(asked.format(SENTENCE), least=8, most_docs=1_000)
    (run,) = trace.runs
    assert (trace.spell(run), run.occurrences, run.documents, run.docs) == (SENTENCE, 100, 100, tuple(planted))


def test_a_sentence_that_stands_nowhere_has_no_run(open_tracer: Trace) -> None:
    assert open_tracer(PROSE).trace("Forty purple elephants danced upon our kitchen table, quite unasked.").runs == ()


def test_every_named_document_has_the_very_characters_of_the_run_and_every_other_lacks_them(open_tracer: Trace) -> None:
    documents = [*PROSE, f"{SENTENCE} {PROSE[5]}", f"{PROSE[7]} {SENTENCE}"]
    text = f"{PROSE[5][:60]} … {SENTENCE[10:]} {PROSE[9][30:]}"
    trace = open_tracer(documents).trace(text, least=6, most_docs=1_000)
    assert len(trace.runs) > 2
    for run in trace.runs:
        assert list(run.docs) == [number for number, document in enumerate(documents) if trace.spell(run) in document]
        assert run.occurrences == sum(document.count(trace.spell(run)) for document in documents)


def test_a_phrase_that_stands_everywhere_is_counted_by_its_own_tokens(open_tracer: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    tracer = open_tracer([f"{SENTENCE} Then {number}." for number in range(40)])
    monkeypatch.setattr(text_module, "MOST_PLACES", 39)
    (run,) = tracer.trace(SENTENCE).runs
    assert (tracer.trace(SENTENCE).spell(run), run.documents) == (SENTENCE, 40)


def test_a_text_that_is_cut_within_a_word_is_found_up_to_its_last_character(open_tracer: Trace) -> None:
    cut = SENTENCE[4:-10]
    trace = open_tracer([*PROSE, SENTENCE]).trace(cut)
    assert [trace.spell(run) for run in trace.runs] == [cut]


def test_runs_are_told_in_characters_also_where_these_have_several_bytes(open_tracer: Trace) -> None:
    japanese = "日本語の文章です。港は静かです。"
    trace = open_tracer([f"naïve café: {japanese}"]).trace(f"é? {japanese}!", least=4)
    assert [trace.spell(run) for run in trace.runs] == [japanese]


def test_no_run_begins_or_ends_within_a_character(open_tracer: Trace) -> None:
    # The two characters share the first two of their three bytes.
    trace = open_tracer(["港" * 3 + "渮"]).trace("港" * 3 + "渰", least=1)
    assert all(0 <= run.start < run.end <= 4 for run in trace.runs)
    assert "渰" not in "".join(map(trace.spell, trace.runs))


def test_pieces_are_the_text_and_tell_which_runs_hold_them(open_tracer: Trace) -> None:
    trace = open_tracer([*PROSE, SENTENCE]).trace(f"Well. {SENTENCE} Quite, purple elephants.")
    pieces = list(trace.pieces())
    assert "".join(text for text, _ in pieces) == trace.text
    for number, run in enumerate(trace.runs):
        assert "".join(text for text, runs in pieces if number in runs) == trace.spell(run)


def test_an_empty_text_and_an_empty_corpus_have_no_runs(open_tracer: Trace) -> None:
    tracer = open_tracer([])
    assert tracer.trace("").runs == ()
    assert tracer.trace(SENTENCE).runs == ()
    assert list(tracer.trace("").pieces()) == []


def test_what_is_shown_is_redacted_even_where_a_run_ends_within_an_address(open_tracer: Trace) -> None:
    trace = open_tracer([*PROSE, f"{SENTENCE} Write to ada.lovel"]).trace(f"{SENTENCE} Write to ada.lovelace@mail7.edu now.\n{SENTENCE}")
    assert any(trace.spell(run).endswith("lovel") for run in trace.runs)
    shown = show_pieces(trace)
    assert "<EMAIL>" in "".join(text for text, _ in shown)
    assert not [text for text, _ in shown if "ada" in text or "mail7" in text]
    assert any(runs for _, runs in shown), "the line without an address is still cut"

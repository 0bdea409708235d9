"""``llm-assets trace``, over a root whose stages were run."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
from traced_root import change_recipe, index_training_set, make_traced_root

from llm_assets.root import DataRoot

SENTENCE = "The quiet harbour wakes before any of the gulls do, and its boats leave long before sunrise."
HOSTILE = "https://evil.test/\x1b[31m[red]<script>/ada.lovelace@mail7.edu"
PAGES = [
    *((f"https://example.test/{number}", f"Page {number} is of no interest. {SENTENCE} There are {number} more.") for number in range(7)),
    (HOSTILE, "Nobody has counted the white gulls above this old harbour, but everybody has an opinion of them."),
]


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> DataRoot:
    return make_traced_root(tmp_path_factory.mktemp("traced") / "home", PAGES)


@pytest.fixture
def own(traced: DataRoot, tmp_path: Path) -> DataRoot:
    return DataRoot.at(shutil.copytree(traced.home, tmp_path / "home"))


def test_a_run_is_told_with_its_count_and_its_pages(call, traced: DataRoot) -> None:
    out = call("trace", f"Zebras! {SENTENCE} Zebras?", "--documents", "2", home=traced).out
    lines = out.splitlines()
    assert lines[0] == f"Zebras! {SENTENCE} Zebras?"
    assert f"{len(SENTENCE)} of {len(SENTENCE) + 16} characters" in lines[1]
    first, second = lines[3:]
    assert first.split()[0] == "1"
    assert first.split()[2:4] == ["7", "7"]
    assert first.split()[-3:] == ["0-0-0", "pages", "https://example.test/0"]
    assert second.split() == ["0-0-1", "pages", "https://example.test/1"]


def test_json_tells_the_characters_of_each_run_and_its_sources(call, traced: DataRoot) -> None:
    told = json.loads(call("trace", f"Zebras! {SENTENCE}", "--json", home=traced).out)
    (run,) = told["runs"]
    assert (run["text"], run["start"], run["end"]) == (SENTENCE, 8, 8 + len(SENTENCE))
    assert (run["occurrences"], run["documents"], run["tokens"] < told["tokens"]) == (7, 7, True)
    assert run["sources"][0] == {"id": "0-0-0", "crawl": "pages", "url": "https://example.test/0", "title": None}
    assert [source["id"] for source in run["sources"]] == ["0-0-0", "0-0-1", "0-0-2"]


def test_the_shortest_run_told_is_as_long_as_asked(call, traced: DataRoot) -> None:
    runs = {least: json.loads(call("trace", SENTENCE[:24], "--least", str(least), "--json", home=traced).out)["runs"] for least in (2, 90)}
    assert runs[2]
    assert runs[90] == []


def test_a_text_that_stands_nowhere_has_no_run(call, traced: DataRoot) -> None:
    assert "no run was found" in call("trace", "Zebras quiz jovial vixens, why?", home=traced).out


def test_a_text_comes_from_a_file_or_through_standard_input(call, traced: DataRoot, tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "text.txt"
    file.write_text(SENTENCE, encoding="utf-8")
    by_word, by_file = call("trace", SENTENCE, home=traced).out, call("trace", "--file", str(file), home=traced).out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SENTENCE.encode())))
    assert by_word == by_file == call("trace", home=traced).out


def test_what_a_hostile_page_says_of_itself_is_harmless(call, traced: DataRoot) -> None:
    for words in ((), ("--json",)):
        out = call("trace", PAGES[-1][1], *words, home=traced).out
        assert "evil.test" in out
        assert "\x1b" not in out
        assert "ada.lovelace" not in out


def test_an_address_in_the_text_is_shown_nowhere(call, traced: DataRoot) -> None:
    for words in ((), ("--json",)):
        out = call("trace", f"{SENTENCE} Write to ada.lovelace@mail7.edu.", *words, home=traced).out
        assert SENTENCE in out
        assert "ada.lovelace" not in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("a text", "--file", "x"), "either a text or --file"),
        (("--file", "/nowhere/at/all"), "no file at /nowhere/at/all"),
        (("\udcff",), "not UTF-8"),
        (("a text", "--least", "0"), "greater than or equal to 1"),
    ],
)
def test_words_that_make_no_sense_are_refused_in_a_line(call, traced: DataRoot, words: tuple[str, ...], says: str) -> None:
    ended = call("trace", *words, home=traced)
    assert ended.status == 1
    assert says in ended.err


def test_a_root_without_an_index_says_what_makes_one(call, pages: DataRoot) -> None:
    ended = call("trace", SENTENCE, home=pages)
    assert ended.status == 1
    assert "trace_index" in ended.err
    assert "llm-assets run" in ended.err


def test_an_index_of_another_training_set_is_refused(call, own: DataRoot) -> None:
    manifest = own.place("trace_index") / "manifest.json"
    told = json.loads(manifest.read_text())
    told["inputs"]["training_set"] = "0" * 64
    manifest.write_text(json.dumps(told))
    assert "has changed since it was indexed: `llm-assets run`" in call("trace", SENTENCE, home=own).err


def test_a_recipe_that_indexes_nothing_is_told(call, own: DataRoot) -> None:
    change_recipe(own, "trace_index.splits=[]")
    index_training_set(own)
    ended = call("trace", SENTENCE, home=own)
    assert ended.status == 1
    assert "nothing is indexed" in ended.err

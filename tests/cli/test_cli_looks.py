"""What a person is shown of documents."""

from __future__ import annotations

import io
import json
import unicodedata

import pytest
from cli_pages import COPY, GERMAN, HOSTILE, HOSTILE_URL, PAGES, SHORT

from llm_assets.catalog import open_catalog
from llm_assets.quality.signals import SIGNALS


def explained(call, pages, what: str) -> list[dict]:
    return json.loads(call("explain", what, "--json", home=pages).out)


def test_explain_tells_every_capture_of_a_url(call, pages) -> None:
    lives = explained(call, pages, "https://example.test/kept")
    assert [life["doc"] for life in lives] == ["0-0-1", "0-0-6"]
    assert [life["capture"]["rule"] for life in lives] == ["kept", "http_status"]


def test_explain_tells_the_whole_life_of_a_document(call, pages) -> None:
    (life,) = explained(call, pages, "0-0-1")
    assert life["capture"]["doc"] == "0-0-1"
    assert life["file"] == "pages.warc"
    assert life["place"] == {"split": "train", "shard": 0, "start": 1_234, "length": 56}
    assert life["copies"] == {"copies": 1, "exact": 0, "removed": 1}
    assert life["redactions"] == [{"field": "text", "kind": "email", "start": 5, "end": 22}]
    assert life["broken"] == []
    out = call("explain", "0-0-1", home=pages).out
    for told in ("pages.warc at byte 1,000, 500 bytes", "train shard 0, 56 tokens from 1,234", "email in text, bytes 5 to 22"):
        assert told in out
    assert "redacted     1 email\n" in out
    assert "url rule     none\n" in out
    assert "extraction   18 characters in 1 line\n" in out


def test_explain_tells_every_signal_that_was_measured(call, pages) -> None:
    (life,) = explained(call, pages, "0-0-1")
    told = {each["signal"] for each in life["judged"]} | life["unbounded"].keys()
    assert told == set(SIGNALS.names) - {"doc", "language"}
    assert "· bytes" in call("explain", "0-0-1", home=pages).out


@pytest.mark.parametrize(("doc", "rule"), [("0-0-1", "none"), ("0-0-6", None)])
def test_explain_tells_what_the_url_filter_said(doc: str, rule: str | None, call, pages) -> None:
    assert explained(call, pages, doc)[0]["url_rule"] == rule


def test_explain_tells_the_family_of_a_copy_that_stayed(call, pages) -> None:
    assert explained(call, pages, "0-0-1")[0]["family"] == "0-0-1"
    assert explained(call, pages, f"0-0-{COPY}")[0]["family"] is None


def test_explain_tells_whose_copy_a_document_is(call, pages) -> None:
    out = call("explain", f"0-0-{COPY}", home=pages).out
    assert "copy of      0-0-1 https://example.test/kept (near, 0.97)" in out


def test_explain_tells_every_broken_rule_the_reason_first(call, pages) -> None:
    (life,) = explained(call, pages, f"0-0-{SHORT}")
    assert life["broken"] == ["gopher_quality.words", "gopher_quality.stop_words", "c4.sentences"]
    assert life["broken"][0] == life["capture"]["rule"]
    out = call("explain", f"0-0-{SHORT}", home=pages).out
    assert "by gopher_quality.words: measured 12,345,678, asked 20–100,000" in out
    assert "also broken  gopher_quality.stop_words, measured 0, asked ≥ 2; c4.sentences, measured 1, asked ≥ " in out


def test_explain_tells_which_language_was_wanted(call, pages) -> None:
    (life,) = explained(call, pages, f"0-0-{GERMAN}")
    first = life["judged"][0]
    assert (first["rule"], first["language"], first["wanted"], first["within"]) == ("language.score", "de", ["en"], False)
    assert "the language is de, wanted is en" in call("explain", f"0-0-{GERMAN}", home=pages).out


def test_explain_says_where_the_filters_were_changed_since(call, own_pages) -> None:
    assert not explained(call, own_pages, "0-0-1")[0]["outdated"]
    own_pages.recipe.write_text("[filters.gopher_quality]\nmin_words = 1000\n")
    assert explained(call, own_pages, "0-0-1")[0]["outdated"]
    assert "the filters were changed since" in call("explain", "0-0-1", home=own_pages).out


def test_explain_fits_eighty_columns(call, pages) -> None:
    out = call("explain", f"0-0-{SHORT}", home=pages, width=80).out
    table = [line for line in out.splitlines() if line[:1] in "✓✗"]
    assert table
    assert all(len(line) <= 80 for line in table)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("https://example.test/keep", "near it: https://example.test/kept"),
        ("example.test/kept", "near it: https://example.test/kept"),
        ("kept", "near it: https://example.test/kept"),
        ("0-0-0", "record 0-0-0 is no document: it is of type warcinfo"),
        ("0-0-99", "there is no document 0-0-99"),
        ("99999-0-0", "there is no document of '99999-0-0'"),
        ("1-2", "or a key such as 12-345-6789"),
        ("", "or a key such as 12-345-6789"),
        ("/", "or a key such as 12-345-6789"),
        ("' or 1=1 --", "there is no document of"),
        ("%", "there is no document of"),
        ("https://example.test/\x1b[31m[red]", "there is no document of"),
    ],
)
def test_what_is_not_found_is_told_with_what_is_near(what: str, told: str, call, pages) -> None:
    status, _, err = call("explain", "--", what, home=pages)
    assert status == 1
    assert told in err
    assert "\x1b" not in err


def test_a_url_that_looks_like_a_key_is_found_as_a_url(call, pages) -> None:
    from llm_assets.explain import tell_lives
    from llm_assets.recipe import read_recipe

    with open_catalog(pages.catalog) as connection:
        lives = tell_lives(connection, pages, read_recipe(pages.recipe), HOSTILE_URL)
    assert [life.capture["id"] for life in lives] == [f"0-0-{HOSTILE}"]


SHOWING = (f"explain 0-0-{HOSTILE}", "sql from(documents)", "sql from(texts)", "sql from(texts)@60")


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("command", SHOWING)
def test_a_hostile_page_is_shown_harmlessly(command: str, as_json: bool, call, pages) -> None:
    words, _, width = command.partition("@")
    json_option = ["--json"] if as_json else []
    out = call(*words.split(), *json_option, home=pages, width=int(width or 10_000)).out
    assert not [character for character in out if unicodedata.category(character) in ("Cc", "Cs", "Cf") and character != "\n"]
    assert "ada@mail.test" not in out
    assert "555-0187" not in out
    assert "[red]" in out
    assert "<script>" in out
    assert ":warning:" in out


def test_keys_are_text_in_json_and_every_number_is_exact(call, pages) -> None:
    query = (
        "select doc, elder, 18446744073709551615::ubigint as big, 'nan'::double as nan, sum(2::hugeint) as sum, 1.5::decimal(4, 2) as half"
    )
    (row,) = json.loads(call("sql", f"{query} from duplicates group by all", "--json", home=pages).out)
    assert row == {"doc": "0-0-2", "elder": "0-0-1", "big": "18446744073709551615", "nan": None, "sum": 2, "half": 1.5}


def test_numbers_stand_right_and_words_left(call, pages) -> None:
    lines = call("sql", "select * from (values (null, 'b', 5), (1000, 'aa', 12345)) t(n, word, m) order by n nulls first", home=pages).out
    assert lines.splitlines() == ["    n  word       m", " NULL  b          5", "1,000  aa    12,345"]


def test_rows_that_do_not_fit_are_printed_one_below_the_other(call, pages) -> None:
    out = call("sql", "from documents order by doc limit 2", home=pages, width=80).out
    assert out.startswith("row 1\n")
    assert max(map(len, out.splitlines())) <= 80


def test_a_query_is_read_from_standard_input(call, pages, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"select 7 as n")))
    assert json.loads(call("sql", "-", "--json", home=pages).out) == [{"n": 7}]


def test_sql_lists_the_views_with_their_columns_and_prints_one(call, pages) -> None:
    listed = {row["view"]: row["columns"] for row in json.loads(call("sql", "--json", home=pages).out)}
    assert listed["verdicts"][:4] == ["doc", "id", "crawl", "stage"]
    assert call("sql", "--print", "verdicts", home=pages).out.startswith("-- The fate of every document")
    assert "pages" in call("sql", "--print", "texts", home=pages).out


def test_the_funnel_adds_up(call, pages) -> None:
    rows = json.loads(call("funnel", "--crawl", "pages", "--json", home=pages).out)
    assert sum(row["documents"] for row in rows) == len(PAGES)
    out = call("funnel", home=pages, width=80).out
    assert max(map(len, out.splitlines())) <= 80
    assert "    gopher_quality.words " in out
    assert out.splitlines()[-1].split() == ["kept", "2", "33.3%"]


def test_a_funnel_of_nothing_says_so(call, own_pages) -> None:
    from llm_assets.shelves import rebuild_catalog

    (own_pages.declaration_path("pages")).unlink()
    rebuild_catalog(own_pages)
    assert call("funnel", home=own_pages).out == "no document has met its fate yet\n"

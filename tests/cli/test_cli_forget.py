"""Takedowns and cleaning on the command line."""

from __future__ import annotations

import io
import json

import pytest
from cli_pages import COPY, GONE, KEPT, PAGES, key

from llm_assets.formats import tables
from llm_assets.formats.doc import format_doc
from llm_assets.formats.manifest import describe_output, put_manifest
from llm_assets.formats.parquet import write_rows
from llm_assets.root import DataRoot
from llm_assets.takedown.entries import read_entries

NAME = format_doc(key(KEPT))


@pytest.fixture
def signed(own_pages: DataRoot) -> DataRoot:
    """The root with signatures: the texts of KEPT and COPY are the same."""
    place = own_pages.place("minhash_signatures", "pages")
    rows = [
        {"doc": key(number), "exact": bytes([1 if number in (KEPT, COPY) else number]) * 16} for number in sorted(PAGES) if number != GONE
    ]
    write_rows(place / "1/signatures.parquet", rows, tables.SIGNATURES)
    put_manifest(place, describe_output("minhash_signatures", "pages", place / "1", ("signatures",), "1", {}))
    return own_pages


def test_a_dry_run_tells_what_would_be_hit_and_changes_nothing(call, signed: DataRoot) -> None:
    told = json.loads(call("forget", "--dry-run", "--json", PAGES[KEPT].url, home=signed).out)
    (crawl,) = told["crawls"]
    assert (crawl["crawl"], crawl["in_corpus"], crawl["in_train"]) == ("pages", 1, 1)
    assert crawl["extracted"] >= 1
    assert "nothing was changed" in call("forget", PAGES[KEPT].url, "--dry-run", home=signed).out
    assert signed.forgotten is None


def test_examples_pass_the_redactor(call, signed: DataRoot) -> None:
    write_rows(
        signed.place("extracted_text", "pages") / "1/texts.parquet",
        [{"doc": key(KEPT), "url": "https://site.test/?m=ada@mail.test", "text": "words"}],
        tables.TEXTS,
    )
    place = signed.place("extracted_text", "pages")
    put_manifest(place, describe_output("extracted_text", "pages", place / "1", ("texts",), "1", {}))
    shown = call("forget", NAME, "--dry-run", home=signed).out
    assert NAME in shown
    assert "ada@mail.test" not in shown


def test_what_is_forgotten_is_listed_makes_selected_docs_stale_and_is_undone(call, signed: DataRoot) -> None:
    assert "`llm-assets run` takes them out" in call("forget", NAME, home=signed).out
    (row,) = json.loads(call("forget", "list", "--json", home=signed).out)
    assert (row["entry"], row["documents"], row["models"]) == (f"document {NAME}", 1, [])
    assert "0 left" in call("forget", "undo", NAME, home=signed).out
    assert json.loads(call("forget", "list", "--json", home=signed).out) == []
    assert "is not on the list" in call("forget", "undo", NAME, home=signed).err


def test_the_copies_of_a_document_are_asked_for_by_the_hash_of_its_text(call, signed: DataRoot) -> None:
    told = json.loads(call("forget", NAME, "--copies", "--json", home=signed).out)
    assert told["entries"] == [f"document {NAME}", f"text {'01' * 16}"]
    assert told["crawls"][0]["extracted"] == 2
    assert signed.forgotten is not None
    assert [entry.kind for entry in read_entries(signed.forgotten)] == ["document", "text"]
    assert "given by key" in call("forget", "site.test", "--copies", home=signed).err
    assert "there is no text of document" in call("forget", "9-0-0", "--copies", home=signed).err


def test_the_lists_name_is_no_other_inputs(call, signed: DataRoot) -> None:
    (signed.home / "domains").write_text("a.test\n")
    assert "names the list" in call("blocklist", "add", str(signed.home / "domains"), "--name", "forgotten", home=signed).err


def test_clean_shows_first_asks_and_frees(call, signed: DataRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    call("forget", NAME, home=signed)
    call("forget", "site.test", home=signed)
    shown = call("clean", "--dry-run", home=signed).out
    assert "input/forgotten" in shown
    assert "1 folders" in shown
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert "nothing was done" in call("clean", home=signed).err
    assert "add --yes" in call("clean", "--json", home=signed).err
    (removed,) = json.loads(call("clean", "--json", "--yes", home=signed).out)["removed"]
    assert removed["why"] == "earlier version"
    assert removed["bytes"] > 0
    assert "nothing to delete" in call("clean", home=signed).out

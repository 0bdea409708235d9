"""What a list of takedowns means: which words are understood, which documents they name, and which verdict that is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table, write_rows
from llm_assets.formats.tables import DOCS, REJECTIONS, SIGNATURES, TEXTS
from llm_assets.overlap.config import Selection
from llm_assets.overlap.selection import select_documents
from llm_assets.takedown.entries import parse_entry, read_entries, write_entries
from llm_assets.takedown.matching import find_forgotten, find_hash

PAGES = [
    ("https://www.site.example/a", None),
    ("http://site.example/a/b?c=1", None),
    ("https://site.example/ab", None),
    ("https://deep.site.example/", None),
    ("https://mirror.test/copy", "https://site.example/a"),
    ("https://nosite.example/a", None),
]
TEXT = "0f" * 16


@pytest.fixture
def texts(tmp_path: Path) -> Artefact:
    """PAGES as documents 2-0-0 to 2-0-5; the text of 2-0-2 and that of 2-0-5 are the same."""
    rows = [{"doc": make_doc(2, 0, n), "url": url, "canonical_url": own, "text": "words"} for n, (url, own) in enumerate(PAGES)]
    write_rows(tmp_path / "extracted/texts/00000.parquet", rows, TEXTS)
    signed = [{"doc": row["doc"], "exact": bytes.fromhex(TEXT) if n in (2, 5) else bytes([n]) * 16} for n, row in enumerate(rows)]
    write_rows(tmp_path / "signed/signatures/00000.parquet", signed, SIGNATURES)
    return Artefact.of_folder(tmp_path / "extracted")


def named(texts: Artefact, tmp_path: Path, *words: str) -> dict[int, str]:
    write_entries(tmp_path / "list", map(parse_entry, words))
    found = find_forgotten(texts, Artefact.of_folder(tmp_path / "signed"), tmp_path / "list").to_pylist()
    return {row["doc"] & 0xFFFFFF: row["entry"] for row in found}


@pytest.mark.parametrize(
    ("words", "docs"),
    [
        ("https://SITE.example/a", [0, 1, 4]),
        ("site.example/a/b", [1]),
        ("site.example", [0, 1, 2, 3, 4]),
        ("*.deep.site.example", [3]),
        ("https://site.example/", []),
        ("2-0-3", [3]),
        ("3-0-3", []),
        (TEXT, [2, 5]),
        (TEXT.upper() + "00" * 16, [2, 5]),
    ],
)
def test_an_entry_names_these_documents(texts: Artefact, tmp_path: Path, words: str, docs: list[int]) -> None:
    assert list(named(texts, tmp_path, words)) == docs


def test_of_several_entries_the_widest_is_told(texts: Artefact, tmp_path: Path) -> None:
    found = named(texts, tmp_path, TEXT, "2-0-2", "2-0-5", "site.example/ab", "deep.site.example")
    assert found == {2: "url site.example/ab", 3: "domain deep.site.example", 5: "document 2-0-5"}


def test_the_hash_of_a_documents_text_is_found(texts: Artefact, tmp_path: Path) -> None:
    signed = Artefact.of_folder(tmp_path / "signed")
    assert find_hash(signed, make_doc(2, 0, 5)) == TEXT
    assert find_hash(signed, make_doc(2, 0, 6)) is None


def test_without_a_list_nothing_is_forgotten(texts: Artefact) -> None:
    assert find_forgotten(texts, None, None).num_rows == 0


@pytest.mark.parametrize("words", ["", "two words", "com", "localhost", "https:///a", "99999-0-0", "site.example\nother.example"])
def test_words_that_name_nothing_or_too_much_are_refused(words: str) -> None:
    with pytest.raises(ConfigError):
        parse_entry(words)


@given(st.permutations(["site.example", "b.example/x%0Ay", "1-2-3", TEXT, "https://SITE.example/a"]))
def test_a_list_reads_back_as_it_was_and_its_order_does_not_matter(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    first, second = tmp_path_factory.mktemp("list"), tmp_path_factory.mktemp("list")
    entries = [parse_entry(each) for each in words]
    write_entries(first, entries)
    write_entries(second, sorted(entries))
    assert sorted(read_entries(first)) == sorted(entries)
    assert [path.read_bytes() for path in sorted(first.iterdir())] == [path.read_bytes() for path in sorted(second.iterdir())]


def test_a_damaged_list_is_told_and_not_taken_for_a_shorter_one(tmp_path: Path) -> None:
    write_entries(tmp_path, [parse_entry("site.example")])
    (tmp_path / "documents.txt").unlink()
    with pytest.raises(DataError, match="the list of what is forgotten is damaged"):
        read_entries(tmp_path)


def test_a_forgotten_document_is_a_rejection_and_the_counts_add_up(texts: Artefact, tmp_path: Path) -> None:
    left = [make_doc(2, 0, number) for number in (0, 2, 5)]
    write_rows(tmp_path / "deduped/docs.parquet", [{"doc": doc} for doc in left], DOCS)
    (tmp_path / "overlaps").mkdir()
    write_entries(tmp_path / "list", [parse_entry("site.example")])
    forgotten = find_forgotten(texts, None, tmp_path / "list")
    deduped, overlaps = Artefact.of_folder(tmp_path / "deduped"), Artefact.of_folder(tmp_path / "overlaps")
    report = select_documents(deduped, overlaps, tmp_path / "selected", Selection(), LocalEngine(), forgotten)
    selected = Artefact.of_folder(tmp_path / "selected")
    assert (report.read, report.kept, report.rejected) == (3, 1, {"forgotten": 2})
    assert read_table(selected.table("docs"), DOCS)["doc"].to_pylist() == [left[2]]
    told = [
        (row["doc"], row["rule"], row["value"], row["detail"]) for row in read_table(selected.table("rejections"), REJECTIONS).to_pylist()
    ]
    assert told == [(doc, "forgotten", None, "domain site.example") for doc in left[:2]]

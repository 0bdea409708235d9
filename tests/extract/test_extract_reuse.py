"""A page that has not changed is not read again, and nobody can tell from what was written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from warc_pages import make_page, make_record

from llm_assets.engine import LocalEngine
from llm_assets.extract.config import Extraction, UrlFilter
from llm_assets.extract.page import Page
from llm_assets.extract.reuse import Earlier, digest_page, split_output
from llm_assets.extract.stage import extract_texts
from llm_assets.formats.doc import make_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table, write_table
from llm_assets.formats.tables import RECORDS, REJECTIONS, TEXTS
from llm_assets.report import Report

MakeCrawl = Callable[[Sequence[bytes]], Artefact]
FAST = Extraction(engine="resiliparse")
MIXED = [
    make_record(make_page(0), "http://a.example/0"),
    make_record(b"<p>", "http://a.example/empty"),
    make_record(make_page(1), "http://listed.example/1"),
    make_record(b"GET / HTTP/1.1\r\n\r\n", kind="request", content_type="application/http;msgtype=request"),
    make_record(make_page(2), "http://a.example/2", status="404 Not Found"),
    make_record(make_page(3), "http://a.example/3"),
]


@pytest.fixture
def block_list(tmp_path: Path) -> Path:
    folder = tmp_path / "list/adult"
    folder.mkdir(parents=True)
    (folder / "domains").write_text("listed.example\n")
    return folder.parent


def run(
    raw: Artefact, target: Path, earlier: Artefact | None = None, lists: Path | None = None, workers: int = 1
) -> tuple[Report, Artefact]:
    rules = UrlFilter(block_lists=("mine",) if lists else (), categories=("adult",))
    report = extract_texts(raw, target, 3, rules, FAST, {"mine": lists} if lists else {}, LocalEngine(workers), earlier=earlier)
    return report, Artefact.of_folder(target)


def hashes(made: Artefact) -> dict[str, str]:
    return {entry.path: entry.sha256 for entry in made.files}


def counts(report: Report) -> tuple[Any, Any]:
    return report.figures["pages_read"], report.figures["pages_reused"]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_changed_block_list_reads_only_the_pages_newly_let_in(
    make_crawl: MakeCrawl, tmp_path: Path, block_list: Path, workers: int
) -> None:
    raw = make_crawl([b"".join(MIXED)])
    first, listed = run(raw, tmp_path / "listed", lists=block_list)
    assert counts(first) == (3, 0)
    second, made = run(raw, tmp_path / "unlisted", earlier=listed, workers=workers)
    clean, expected = run(raw, tmp_path / "clean")
    assert (counts(second), counts(clean)) == ((1, 3), (4, 0))
    assert hashes(made) == hashes(expected)


def test_what_a_list_shuts_out_is_gone_though_it_was_read_before(make_crawl: MakeCrawl, tmp_path: Path, block_list: Path) -> None:
    raw = make_crawl([b"".join(MIXED)])
    _, before = run(raw, tmp_path / "unlisted")
    report, made = run(raw, tmp_path / "listed", earlier=before, lists=block_list)
    assert counts(report) == (0, 3)
    assert hashes(made) == hashes(run(raw, tmp_path / "clean", lists=block_list)[1])


def test_a_page_that_broke_its_budget_stays_rejected_without_another_try(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    raw = make_crawl([make_record(make_page())])
    _, before = run(raw, tmp_path / "before")
    broken = [{"doc": make_doc(3, 0, 0), "stage": "extracted_text", "rule": "budget", "high": 60.0, "detail": "cpu"}]
    write_table(before.folder / "texts/00000.parquet", [], TEXTS)
    write_table(before.folder / "rejections/00000.parquet", [REJECTIONS.empty_table().from_pylist(broken, REJECTIONS)], REJECTIONS)
    report, made = run(raw, tmp_path / "after", earlier=Artefact.of_folder(before.folder))
    assert (counts(report), dict(report.rejected)) == ((0, 1), {"budget": 1})
    assert read_table(made.table("rejections"), REJECTIONS).to_pylist() == [{**broken[0], "value": None, "low": None}]


CHANGED = [
    make_record(make_page(7), "http://a.example/0"),
    make_record(make_page(0), "http://a.example/0", content_type="text/html; charset=latin-1"),
    make_record(make_page(0), "http://a.example/0", content_type="text/plain"),
    make_record(make_page(0), "http://a.example/0", http_headers="Content-Language: fr\r\n"),
]


@pytest.mark.parametrize("record", CHANGED, ids=["body", "charset", "mime", "language"])
def test_a_record_that_would_be_read_otherwise_is_read_again(make_crawl: MakeCrawl, tmp_path: Path, record: bytes) -> None:
    raw = make_crawl([make_record(make_page(0), "http://a.example/0")])
    _, before = run(raw, tmp_path / "before")
    (raw.folder / "0.warc").write_bytes(record)
    report, made = run(raw, tmp_path / "after", earlier=before)
    assert counts(report) == (1, 0)
    assert hashes(made) == hashes(run(raw, tmp_path / "clean")[1])


def test_a_page_under_another_url_is_the_same_page(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    raw = make_crawl([make_record(make_page(0), "http://a.example/0")])
    _, before = run(raw, tmp_path / "before")
    (raw.folder / "0.warc").write_bytes(make_record(make_page(0), "http://b.example/moved"))
    report, made = run(raw, tmp_path / "after", earlier=before)
    assert counts(report) == (0, 1)
    assert hashes(made) == hashes(run(raw, tmp_path / "clean")[1])


@pytest.mark.parametrize("table", ["records", "texts", "rejections"])
def test_of_a_file_with_a_damaged_table_nothing_is_taken(make_crawl: MakeCrawl, tmp_path: Path, table: str) -> None:
    raw = make_crawl([b"".join(MIXED), make_record(make_page(9), "http://a.example/9")])
    _, before = run(raw, tmp_path / "before")
    path = before.folder / table / "00000.parquet"
    path.write_bytes(path.read_bytes()[:-9] + b"x" * 9)
    report, made = run(raw, tmp_path / "after", earlier=before)
    assert counts(report) == (4, 1)
    assert hashes(made) == hashes(run(raw, tmp_path / "clean")[1])


def test_a_worker_is_told_of_its_own_file_only(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    _, made = run(make_crawl([make_record(make_page(number)) for number in range(2)]), tmp_path / "out")
    parts = dict(split_output(made))
    assert sorted(parts) == [0, 1]
    assert [entry.path for entry in parts[1].files] == [f"{table}/00001.parquet" for table in ("records", "rejections", "texts")]


def test_documents_are_found_in_order_though_some_are_not_asked_for(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    _, made = run(make_crawl([b"".join(make_record(make_page(number)) for number in range(200))]), tmp_path / "out")
    digests = {row["doc"]: row["digest"] for row in read_table(made.table("records"), RECORDS).to_pylist()}
    earlier = Earlier(made, 0)
    for number in range(0, 200, 7):
        doc = make_doc(3, 0, number)
        found = earlier.find(doc, digests[doc])
        assert found is not None
        assert f"Sentence {number} tells" in repr(found)


def test_nothing_is_known_where_there_was_no_output() -> None:
    assert Earlier(None, 0).find(5, b"") is None


def test_a_digest_tells_an_absent_header_from_one_that_says_none() -> None:
    pages = [Page(b"x", "text/html", None, None), Page(b"x", "text/html", "None", None), Page(b"x", "text/html", None, "None")]
    assert len({digest_page(page) for page in pages}) == 3

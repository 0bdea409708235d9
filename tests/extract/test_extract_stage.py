"""The stage: every record a row, every document kept or rejected, whatever it holds and whoever reads it."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from warc_pages import make_page, make_record

from llm_assets.engine import LocalEngine
from llm_assets.errors import DataError
from llm_assets.extract.config import Extraction, UrlFilter
from llm_assets.extract.page import Page, read_page
from llm_assets.extract.rejection import Rejection
from llm_assets.extract.stage import extract_texts
from llm_assets.formats.doc import split_doc
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.parquet import read_table, write_rows
from llm_assets.formats.tables import FILES, RECORDS, REJECTIONS, TEXTS
from llm_assets.report import Report

MakeCrawl = Callable[[Sequence[bytes]], Artefact]
SMALL = Extraction(max_bytes=100_000, max_nodes=2_000, max_depth=60)


def run(raw: Artefact, target: Path, extraction: Extraction = SMALL, workers: int = 1, **filters: Any) -> tuple[Report, Artefact]:
    report = extract_texts(raw, target, 3, UrlFilter(**filters), extraction, {}, LocalEngine(workers))
    return report, Artefact.of_folder(target)


def rows(made: Artefact, table: str) -> list[dict[str, Any]]:
    schema = {"records": RECORDS, "texts": TEXTS, "rejections": REJECTIONS}[table]
    found: list[dict[str, Any]] = read_table(made.table(table), schema).to_pylist()
    return found


def outcome(make_crawl: MakeCrawl, target: Path, record: bytes, extraction: Extraction = SMALL) -> dict[str, Any]:
    """The only row, of texts or of rejections, that a single record gives."""
    report, made = run(make_crawl([record]), target, extraction)
    found = rows(made, "texts") + rows(made, "rejections")
    assert report.read == len(found) == len(rows(made, "records")) == 1
    return found[0]


def test_a_page_gives_its_text_and_what_it_says_of_itself(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    page = (
        make_page(7)
        .replace(b"<html>", b"<html lang=en-GB>")
        .replace(b"</head>", b"<meta name=date content=2020-02-03><link rel=canonical href=https://site.example/a></head>")
    )
    found = outcome(make_crawl, tmp_path / "out", make_record(page, "http://site.example/a b"))
    assert found.pop("text").startswith("Sentence 7 tells of a river")
    assert found == {
        "doc": 3 << 48,
        "url": "http://site.example/a b",
        "date": "2024-01-02T03:04:05Z",
        "title": "Page 7",
        "published": "2020-02-03",
        "charset": "utf-8",
        "language_hint": "en-gb",
        "canonical_url": "https://site.example/a",
    }


DEEP = b"<div>" * 100 + make_page() + b"</div>" * 100
MANY = b"<p>short</p>" * 1_001

BROKEN_RULES: list[tuple[bytes, str, float | None, float | None, float | None, str | None]] = [
    (make_record(make_page(), "http://www.pornhub.com/"), "url_filter.domain", None, None, None, "builtin/domains: pornhub.com"),
    (make_record(make_page(), "http://a.example/porn"), "url_filter.hard_word", 1, None, 0, "builtin/hard_words: porn"),
    (make_record(make_page(), "http://afreeporn.example/"), "url_filter.sub_word", 1, None, 0, "builtin/sub_words: freeporn"),
    (make_record(make_page(), "http://a.example/bet/bonus"), "url_filter.soft_words", 2, None, 1, "builtin/soft_words: bet, bonus"),
    (make_record(make_page(), status="404 Not Found"), "http_status", 404, 200, 200, None),
    (make_record(make_page(), status="nonsense"), "http_status", None, 200, 200, None),
    (make_record(make_page(), http_headers="Content-Encoding: zip\r\n"), "payload", None, None, None, "content_encoding_unknown"),
    (make_record(make_page(), content_type="image/png"), "mime", None, None, None, "image/png"),
    (make_record(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", content_type=None), "mime", None, None, None, "image/png"),
    (make_record(b"x" * 100_001), "max_bytes", 100_001, None, 100_000, None),
    (make_record(b"\x00\x01\x02abc" * 50), "charset", 0.5, None, 0.05, "utf-8"),
    (make_record(MANY), "max_nodes", 2_002, None, 2_000, None),
    (make_record(DEEP), "max_depth", 104, None, 60, None),
    (make_record(b""), "extraction.empty", 0, 1, None, None),
    (make_record(b"<html><body></body></html>"), "extraction.empty", 0, 1, None, None),
]


@pytest.mark.parametrize("engine", ["trafilatura", "resiliparse"])
@pytest.mark.parametrize(("record", "rule", "value", "low", "high", "detail"), BROKEN_RULES, ids=[str(case[1]) for case in BROKEN_RULES])
def test_a_rejection_tells_rule_measure_bound_and_detail(
    make_crawl: MakeCrawl,
    tmp_path: Path,
    engine: str,
    record: bytes,
    rule: str,
    value: float | None,
    low: float | None,
    high: float | None,
    detail: str | None,
) -> None:
    found = outcome(make_crawl, tmp_path / "out", record, SMALL.model_copy(update={"engine": engine}))
    expected = {"rule": rule, "value": value, "low": low, "high": high, "detail": detail}
    assert found == {"doc": 3 << 48, "stage": "extracted_text", **expected}


def test_an_engine_that_raises_costs_its_page_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(html: str, settings: object) -> str:
        raise RecursionError(html)

    monkeypatch.setattr("llm_assets.extract.page.ENGINES", {"blend": fail})
    assert read_page(Page(make_page(), "text/html", None, None), SMALL) == Rejection("extraction.error", detail="RecursionError")


HOSTILE: Sequence[bytes] = [
    b"<div>" * 20_000,
    b"<table><tr><td>" * 6_000,
    b"</div>" * 10_000,
    b"<" * 90_000,
    b"<!--" * 20_000,
    b"<![CDATA[" * 9_000,
    make_page().replace(b"river", b"ri\x00ver"),
    make_page().replace(b"river", b"&#xD800;\xed\xa0\x80&#0;"),
    make_page().replace(b"<p>", b"<p class='" + b"x " * 40_000 + b"'>"),
    make_page().replace(b"<article>", b"<article " + b"a=b " * 9_000 + b">"),
    make_page().replace(b"bridge", b"\xff\xfe\xc3\x28"),
    make_page().decode().encode("utf-16"),
    b"<html><head><title>" + b"\xf0\x9f" * 1_000,
    b"\x1f\x8b\x08" + bytes(range(256)) * 20,
    b"%PDF-1.4\n" + bytes(range(256)) * 20,
    b"   \n\t ",
    b"\xef\xbb\xbf",
    b"<?xml version='1.0' encoding='bogus'?><!DOCTYPE x [<!ENTITY a 'b'>]><html>&a;</html>",
]


@pytest.mark.parametrize("engine", ["trafilatura", "resiliparse"])
def test_whatever_a_page_holds_it_is_kept_or_rejected_and_can_be_read_back(make_crawl: MakeCrawl, tmp_path: Path, engine: str) -> None:
    records = [make_record(page, f"http://site.example/{number}") for number, page in enumerate(HOSTILE)]
    records += [make_record(page, "http://\udcff[", content_type=None) for page in HOSTILE]
    raw = make_crawl([b"".join(records)])
    report, made = run(raw, tmp_path / "out", Extraction(engine=engine))
    texts, rejections = rows(made, "texts"), rows(made, "rejections")
    assert report.read == len(records) == len(texts) + len(rejections)
    assert sorted(row["doc"] for row in texts + rejections) == [row["doc"] for row in rows(made, "records")]
    assert not [row for row in texts if set(row["text"]) & set("\x00\r\x0b\x7f")]


def test_every_record_is_a_row_and_documents_are_responses_and_what_has_a_payload(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    records = [
        make_record(b"software: x\r\n", kind="warcinfo", content_type="application/warc-fields"),
        make_record(b"GET / HTTP/1.1\r\n\r\n", kind="request", content_type="application/http;msgtype=request"),
        make_record(make_page()),
        make_record(b"plain words, kept as they are\r\nline by line\n", kind="conversion", content_type="text/plain"),
        make_record(make_page(1), kind="resource", content_type="text/html"),
        make_record(b"", kind="resource", content_type="text/html"),
        make_record(b"", kind="revisit", content_type=None),
        make_record(b"x: y", kind="metadata", content_type="application/warc-fields"),
    ]
    report, made = run(make_crawl([b"".join(records)]), tmp_path / "out")
    places = rows(made, "records")
    assert [row["type"] for row in places] == [
        "warcinfo", "request", "response", "conversion", "resource", "resource", "revisit", "metadata",
    ]  # fmt: skip
    assert [(row["offset"], row["length"]) for row in places] == [
        (sum(map(len, records[:place])), len(record)) for place, record in enumerate(records)
    ]
    assert (report.read, report.kept, report.rejected, report.figures["records"]) == (4, 3, {"revisit": 1}, 8)
    assert [split_doc(row["doc"]) for row in rows(made, "texts")] == [(3, 0, 2), (3, 0, 3), (3, 0, 4)]
    assert rows(made, "texts")[1]["text"] == "plain words, kept as they are\nline by line"


def hashes(made: Artefact) -> dict[str, str]:
    return {entry.path: entry.sha256 for entry in made.files}


def test_neither_workers_nor_slices_decide_a_byte(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    pages = [make_record(make_page(number) if number % 3 else b"", f"http://site.example/{number}") for number in range(30)]
    raw = make_crawl([b"".join(pages[:25]), b"".join(pages[25:])])
    fast = SMALL.model_copy(update={"engine": "resiliparse"})
    alone = run(raw, tmp_path / "1", fast)
    for workers in (2, 3):  # a file each, then two slices each
        report, made = run(raw, tmp_path / str(workers), fast, workers)
        assert (report, hashes(made)) == (alone[0], hashes(alone[1]))
    assert sorted(path.name for path in (tmp_path / "3").iterdir()) == ["records", "rejections", "texts"]


def test_a_removed_file_is_passed_over_and_the_others_keep_their_numbers(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    raw = make_crawl([make_record(make_page(0)), make_record(make_page(1))])
    files = read_table(raw.table("files"), FILES).to_pylist()
    (raw.folder / files[0]["location"]).unlink()
    write_rows(raw.folder / "files.parquet", [files[0] | {"removed": True}, files[1]], FILES)
    _, made = run(raw, tmp_path / "out")
    assert [entry.path for entry in made.files] == ["records/00001.parquet", "rejections/00001.parquet", "texts/00001.parquet"]
    assert [split_doc(row["doc"]) for row in rows(made, "texts")] == [(3, 1, 0)]


def test_a_location_may_lie_elsewhere(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    raw = make_crawl([make_record(make_page())])
    place = tmp_path / "elsewhere.warc.gz"
    place.write_bytes(gzip.compress((raw.folder / "0.warc").read_bytes()))
    write_rows(raw.folder / "files.parquet", [{"file": 0, "location": str(place), "bytes": 0, "sha256": "", "removed": False}], FILES)
    assert run(raw, tmp_path / "out")[0].kept == 1


def test_a_crawl_of_no_files_is_whole_and_empty(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    report, made = run(make_crawl([]), tmp_path / "out", workers=4)
    assert (report.read, made.files) == (0, ())


def test_a_damaged_file_ends_the_run_and_leaves_no_table(make_crawl: MakeCrawl, tmp_path: Path) -> None:
    raw = make_crawl([make_record(make_page()) + make_record(make_page())[:-50]])
    with pytest.raises(DataError, match=r"0\.warc at byte"):
        run(raw, tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.parquet"))


@pytest.mark.shared_data
def test_real_pages_are_kept_in_every_language(shared_data: Path, tmp_path: Path) -> None:
    place = shared_data / "web/sites.warc.gz"
    row = {"file": 0, "location": str(place), "bytes": place.stat().st_size, "sha256": hash_file(place), "removed": False}
    write_rows(tmp_path / "raw/files.parquet", [row], FILES)
    report, made = run(Artefact.of_folder(tmp_path / "raw"), tmp_path / "out", Extraction(engine="resiliparse"))
    assert report.kept >= 378
    assert {row["charset"] for row in rows(made, "texts")} >= {"utf-8", "cp1252", "cp949"}
    assert not [row["url"] for row in rows(made, "texts") if "\ufffd" in row["text"]]

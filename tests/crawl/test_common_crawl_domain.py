"""What Common Crawl has of a domain: looked up in an index, fetched record by record, from servers that fail as the real ones do."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from archive_server import ArchiveServer, Fault, Handler, cut, hang_up, refuse, tell_length
from urllib3.util.retry import Retry

from llm_assets.crawl.declaration import Declaration, parse_parameters
from llm_assets.crawl.patience import Patience
from llm_assets.crawl.stage import collect_files
from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.warc import read_records
from llm_assets.formats.warc_writer import WarcWriter
from llm_assets.report import Report

CRAWL = "CC-MAIN-2026-12"
FILE = f"crawl-data/{CRAWL}/segments/1.9/warc/CC-MAIN-00007.warc.gz"
QUERY = f"{CRAWL}-index?url=*.site.example&output=json&filter==status:200"
PAGES = 7
PER_PAGE = 3


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[dict[str, str]]]:
    """A WARC file, and the index's lines for the responses in it."""
    path = tmp_path_factory.mktemp("archive") / "0.warc.gz"
    with WarcWriter(path, "2026-03-01T00:00:00Z", {"software": "test"}) as writer:
        for number in range(PAGES):
            response = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Page {number}</p>".encode()
            writer.write_exchange(f"http://site.example/{number}", b"GET / HTTP/1.1\r\n\r\n", response, False)
    found = [record for record in read_records(path) if record.type == "response"]
    lines = [
        {"url": record.url or "", "status": "200", "filename": FILE, "offset": str(record.offset), "length": str(record.length)}
        for record in found
    ]
    return path.read_bytes(), lines


def garble_part(handler: Handler, content: bytes) -> None:
    """The range asked for, its bytes all wrong."""
    handler.serve(bytes(255 - byte for byte in content))


def answer(lines: list[dict[str, str]]) -> dict[str, bytes]:
    """The index's pages of answers, by path."""
    pages = [lines[place : place + PER_PAGE] for place in range(0, len(lines), PER_PAGE)]
    told = {f"{QUERY}&page={number}": "".join(json.dumps(line) + "\n" for line in page).encode() for number, page in enumerate(pages)}
    return {f"{QUERY}&showNumPages=true": json.dumps({"pages": len(pages), "pageSize": 5, "blocks": 12}).encode(), **told}


@pytest.fixture
def server(archive: tuple[bytes, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch) -> Iterator[ArchiveServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("llm_assets.crawl.common_crawl.Patience", lambda: Patience(Retry(3, backoff_factor=0.001), 0, 5))
    data, lines = archive
    with ArchiveServer({FILE: data, **answer(lines)}) as running:
        yield running


def collect(server: ArchiveServer, folder: Path, name: str = "out", **parameters: Any) -> tuple[Report, Artefact]:
    values = {"crawl": CRAWL, "domain": "site.example", "base_url": server.url, "index_url": server.url, **parameters}
    declaration = Declaration("march", "common_crawl", 0, True, parse_parameters("common_crawl", values))
    report = collect_files(declaration, None, folder / name, folder, LocalEngine())
    return report, Artefact.of_folder(folder / name)


def urls(made: Artefact) -> list[str | None]:
    return [record.url for path in sorted(made.folder.rglob("*.warc.gz")) for record in read_records(path)]


def test_the_records_of_a_domain_come_in_the_order_of_the_index(server: ArchiveServer, tmp_path: Path) -> None:
    _, made = collect(server, tmp_path)
    assert urls(made) == [f"http://site.example/{number}" for number in range(PAGES)]


def test_only_their_bytes_are_asked_for(server: ArchiveServer, archive: tuple[bytes, list[dict[str, str]]], tmp_path: Path) -> None:
    collect(server, tmp_path)
    ranges = {asked for path, asked in server.asked if path == FILE}
    assert ranges == {f"bytes={line['offset']}-{int(line['offset']) + int(line['length']) - 1}" for line in archive[1]}


@pytest.mark.parametrize(("limit", "pages"), [(2, 1), (3, 1), (4, 2), (100, 3)])
def test_no_more_records_than_told_and_no_page_of_the_index_too_many(server: ArchiveServer, tmp_path: Path, limit: int, pages: int) -> None:
    _, made = collect(server, tmp_path, limit=limit)
    assert len(urls(made)) == min(limit, PAGES)
    assert len([path for path, _ in server.asked if "&page=" in path]) == pages


def test_a_busy_index_and_a_server_that_cuts_and_errs_give_the_same_bytes(server: ArchiveServer, tmp_path: Path) -> None:
    _, well = collect(server, tmp_path / "a")
    server.faults[f"{QUERY}&showNumPages=true"] = [refuse(503), refuse(429, Retry_After="0"), cut(5)]
    server.faults[f"{QUERY}&page=0"] = [hang_up, cut(30), tell_length(10)]
    server.faults[FILE] = [refuse(503), cut(50), hang_up, refuse(429), garble_part]
    _, badly = collect(server, tmp_path / "b")
    assert badly.files == well.files


def test_a_run_that_failed_asks_only_for_the_rest(server: ArchiveServer, tmp_path: Path) -> None:
    server.faults[FILE] = [refuse(403)]
    with pytest.raises(DataError, match=r"403.*What came is kept"):
        collect(server, tmp_path, "one")
    server.asked.clear()
    _, made = collect(server, tmp_path, "two")
    assert len(server.asked) == 1
    assert len(urls(made)) == PAGES


def test_what_is_published_is_not_asked_for_twice(server: ArchiveServer, tmp_path: Path) -> None:
    _, first = collect(server, tmp_path, "one")
    server.asked.clear()
    _, second = collect(server, tmp_path, "two")
    assert server.asked == []
    assert second.files == first.files


@pytest.mark.parametrize("gone", ["file", "place"])
def test_records_that_are_not_where_the_index_says_are_missing_and_counted(
    server: ArchiveServer, archive: tuple[bytes, list[dict[str, str]]], tmp_path: Path, gone: str
) -> None:
    data, lines = archive
    wrong = {"filename": FILE.replace("7", "8")} if gone == "file" else {"offset": str(int(lines[2]["offset"]) + 1)}
    server.files = {FILE: data, **answer([*lines[:2], {**lines[2], **wrong}])}
    with pytest.raises(DataError, match="max_missing allows 0"):
        collect(server, tmp_path / "none")
    report, made = collect(server, tmp_path / "one", max_missing=1)
    assert len(urls(made)) == 2
    assert report.rejected == {"missing": 1}


def test_a_domain_of_which_the_index_knows_nothing_is_an_empty_crawl_that_warns(server: ArchiveServer, tmp_path: Path) -> None:
    report, made = collect(server, tmp_path, domain="other.example")
    assert (report.read, urls(made)) == (0, [])
    assert "no page of other.example" in report.warnings[0]


def test_answers_with_another_status_are_left_out(
    server: ArchiveServer, archive: tuple[bytes, list[dict[str, str]]], tmp_path: Path
) -> None:
    data, lines = archive
    server.files = {FILE: data, **answer([{**lines[0], "status": "301"}, {**lines[1]}])}
    assert urls(collect(server, tmp_path)[1]) == ["http://site.example/1"]


@pytest.mark.parametrize(
    "line",
    [
        {"filename": "/etc/passwd"},
        {"filename": "../../x.warc.gz"},
        {"offset": "-1"},
        {"offset": "x"},
        {"length": ""},
        {"length": "9999999999"},
        {"length": "0"},
    ],
)
def test_an_index_that_leads_elsewhere_is_refused(
    server: ArchiveServer, archive: tuple[bytes, list[dict[str, str]]], tmp_path: Path, line: dict[str, str]
) -> None:
    data, lines = archive
    server.files = {FILE: data, **answer([{**lines[0], **line}])}
    with pytest.raises(DataError, match="the index"):
        collect(server, tmp_path)
    assert FILE not in [path for path, _ in server.asked]


@pytest.mark.parametrize(
    "fault", [refuse(503), cut(40), lambda handler, _: handler.answer(200, b"<html>busy</html>")], ids=["busy", "cut", "html"]
)
def test_an_index_that_never_answers_is_named(server: ArchiveServer, tmp_path: Path, fault: Fault) -> None:
    server.faults[f"{QUERY}&page=1"] = [fault] * 10
    with pytest.raises(DataError, match=r"index.*the file does not arrive"):
        collect(server, tmp_path)


def test_a_server_without_ranges_is_not_made_to_send_whole_files(server: ArchiveServer, tmp_path: Path) -> None:
    server.faults[FILE] = [lambda handler, content: handler.answer(200, content)] * 20
    with pytest.raises(DataError, match="whole files only"):
        collect(server, tmp_path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "either warcs .* or domain"),
        ({"warcs": ":", "domain": "a.example"}, "either warcs .* or domain"),
        ({"domain": "http://a.example/"}, "without http:// and path"),
        ({"domain": "*.a.example"}, "such as example.org"),
        ({"domain": "localhost"}, "such as example.org"),
        ({"domain": "a.example", "stream": "true"}, "stream is for warcs"),
        ({"domain": "a.example", "limit": "0"}, "limit"),
        ({"warcs": "800"}, "FROM:TO, such as 0:800"),
        ({"crawl": "CC-MAIN-2026-54", "warcs": ":"}, "CC-MAIN-2026-12"),
        ({"crawl": "CC-MAIN-26-12", "warcs": ":"}, "CC-MAIN-2026-12"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_an_example(values: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_parameters("common_crawl", {"crawl": CRAWL, **values})


@pytest.mark.parametrize("name", ["bücher.example", "Site.Example.", "a.b.c.example"])
def test_a_domain_is_taken_in_any_spelling(name: str) -> None:
    assert (
        parse_parameters("common_crawl", {"crawl": CRAWL, "domain": name}).model_dump()["domain"]
        == name.rstrip(".").lower().encode("idna").decode()
    )


@pytest.mark.shared_data
def test_records_of_a_real_archive_come_out_as_they_went_in(server: ArchiveServer, shared_data: Path, tmp_path: Path) -> None:
    index = map(json.loads, gzip.decompress((shared_data / "web/pages.index.jsonl.gz").read_bytes()).splitlines())
    lines = [{"status": "200", "filename": FILE, "offset": str(each["offset"]), "length": str(each["length"])} for each in index][:12]
    data = (shared_data / "web/pages.warc.gz").read_bytes()
    server.files = {FILE: data, **answer(lines)}
    _, made = collect(server, tmp_path)
    joined = b"".join(data[int(line["offset"]) : int(line["offset"]) + int(line["length"])] for line in lines)
    (path,) = made.folder.rglob("*.warc.gz")
    assert path.read_bytes() == joined
    assert hash_file(path)

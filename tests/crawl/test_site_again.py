"""A site crawled twice: what did not change is recorded as a revisit, and told to be one all the way to the text."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator

from llm_assets.crawl.declaration import Declaration, parse_parameters
from llm_assets.crawl.site.older import read_originals
from llm_assets.crawl.site.retry import MAX_PAUSE_SECONDS, find_pause
from llm_assets.crawl.stage import collect_files
from llm_assets.engine import LocalEngine, Progress, no_progress
from llm_assets.errors import ConfigError
from llm_assets.extract.config import Extraction, UrlFilter
from llm_assets.extract.stage import extract_texts
from llm_assets.formats.manifest import Artefact, describe_output, put_manifest
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import REJECTIONS, TEXTS
from llm_assets.formats.warc import read_headers, read_records
from llm_assets.report import Report

PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"


def make_text(word: str) -> str:
    return f"This page tells of a {word}, a bridge and the people who walk across it in the evening. " * 10


class Site(ThreadingHTTPServer):
    """Pages that a test changes between crawls; ``busy`` are the answers of a path before it serves."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        links = "".join(f"<a href='/{word}'>{word}</a>" for word in ("river", "town", "empty", "moved"))
        self.pages = {"/": f"<p>{links}</p>", "/empty": "", **{f"/{word}": f"<p>{make_text(word)}</p>" for word in ("river", "town")}}
        self.busy: dict[str, list[tuple[int, str | None]]] = {}
        self.asked: list[tuple[str, float]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Site:
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append((self.path, monotonic()))
        if busy := self.server.busy.get(self.path, []):
            status, wait = busy.pop(0)
            self.answer(status, b"", {"Retry-After": wait} if wait else {})
        elif self.path == "/moved":
            self.answer(302, b"", {"Location": "/river"})
        elif self.path in self.server.pages:
            self.answer(200, self.server.pages[self.path].encode(), {"X-Served": str(len(self.server.asked))})
        else:
            self.answer(404, b"not here")

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def crawl(site: Site, home: Path, name: str, progress: Progress = no_progress, **more: Any) -> tuple[Report, Artefact]:
    """A crawl as its step makes it: an output's folder in the crawl's place, and its manifest."""
    values = {"seeds": f"{site.url}/", "allow_private_addresses": True, "delay_seconds": 0, "sitemaps": False, **more}
    declaration = Declaration(name, "site", int(name[-1]), True, parse_parameters("site", values))
    target = home / name / "20260101T000000-00000000"
    report = collect_files(declaration, None, target, home / name, LocalEngine(progress=progress))
    put_manifest(home / name, describe_output("raw_crawl", name, target, ["files"], "1", {}))
    return report, Artefact.of_folder(target)


class Twice:
    """Two crawls of a site of which one page changed between them, and the third, of which none did."""

    def __init__(self, home: Path) -> None:
        with Site() as site:
            self.url = site.url
            self.first_report, self.first = crawl(site, home, "docs1")
            site.pages["/town"] = f"<p>{make_text('village')}</p>"
            self.second_report, self.second = crawl(site, home, "docs2", since="docs1")
            self.third_report, self.third = crawl(site, home, "docs3", since="docs2")

    def records(self, made: Artefact) -> dict[str, Any]:
        return {
            (record.url or "").removeprefix(self.url): record
            for record in read_records(made.folder / "warc/00000.warc.gz")
            if record.type in {"response", "revisit"}
        }

    def headers(self, made: Artefact, path: str, kind: str) -> dict[str, str]:
        fields = read_headers(made.folder / "warc/00000.warc.gz")
        return next(dict(each) for each in fields if each["warc-type"] == kind and each.get("warc-target-uri") == self.url + path)


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    return Twice(tmp_path_factory.mktemp("home"))


def test_pages_that_came_again_as_they_were_are_revisits_and_the_others_responses(twice: Twice) -> None:
    kinds = {path: record.type for path, record in twice.records(twice.second).items()}
    assert {path for path, kind in kinds.items() if kind == "revisit"} == {"/", "/river"}
    assert kinds["/town"] == "response"
    assert twice.second_report.figures["unchanged"] == 2


def test_what_has_no_body_or_is_no_page_is_never_a_revisit(twice: Twice) -> None:
    records = twice.records(twice.second)
    assert [records[path].type for path in ("/empty", "/moved", "/robots.txt")] == ["response"] * 3


def test_a_revisit_names_the_record_it_refers_to(twice: Twice) -> None:
    original, revisit = twice.headers(twice.first, "/river", "response"), twice.headers(twice.second, "/river", "revisit")
    assert revisit["warc-profile"] == PROFILE
    assert revisit["warc-payload-digest"] == original["warc-payload-digest"]
    assert revisit["warc-refers-to"] == original["warc-record-id"]
    assert (revisit["warc-refers-to-target-uri"], revisit["warc-refers-to-date"]) == (f"{twice.url}/river", original["warc-date"])


def test_a_revisit_holds_its_own_head_and_no_body(twice: Twice) -> None:
    with (twice.second.folder / "warc/00000.warc.gz").open("rb") as stream:
        (block,) = (
            record.reader.read()
            for record in ArchiveIterator(stream, parse_http=False)
            if record.headers["WARC-Type"] == "revisit" and record.headers["WARC-Target-URI"] == f"{twice.url}/river"
        )
    assert block.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"X-Served: " in block
    assert block.endswith(b"\r\n\r\n")


def test_links_of_an_unchanged_page_are_followed_all_the_same(twice: Twice) -> None:
    assert set(twice.records(twice.second)) == set(twice.records(twice.first))


def test_a_third_crawl_refers_to_what_the_first_one_holds(twice: Twice) -> None:
    original, revisit = twice.headers(twice.first, "/river", "response"), twice.headers(twice.third, "/river", "revisit")
    assert revisit["warc-refers-to"] == original["warc-record-id"]
    changed, again = twice.headers(twice.second, "/town", "response"), twice.headers(twice.third, "/town", "revisit")
    assert again["warc-refers-to"] == changed["warc-record-id"]


def test_the_log_says_what_was_unchanged(twice: Twice) -> None:
    lines = [json.loads(line) for line in (twice.second.folder / "crawl_log.jsonl").read_text().splitlines()]
    assert {line["url"].removeprefix(twice.url) for line in lines if line.get("unchanged")} == {"/", "/river"}


def test_the_text_of_a_revisit_is_counted_as_one_and_stands_in_the_older_crawl(twice: Twice, tmp_path: Path) -> None:
    report = extract_texts(twice.second, tmp_path / "out", 2, UrlFilter(), Extraction(engine="resiliparse"), {}, LocalEngine())
    made = Artefact.of_folder(tmp_path / "out")
    revisits = [row for row in read_table(made.table("rejections"), REJECTIONS).to_pylist() if row["rule"] == "revisit"]
    assert [row["detail"] for row in revisits] == [twice.headers(twice.first, path, "response")["warc-date"] for path in ("/", "/river")]
    assert [row["url"] for row in read_table(made.table("texts"), TEXTS).to_pylist()] == [f"{twice.url}/town"]
    assert report.read == report.kept + sum(report.rejected.values())


def test_originals_that_were_cut_are_not_referred_to(tmp_path: Path) -> None:
    with Site() as site:
        site.pages["/river"] *= 100
        crawl(site, tmp_path, "docs1", max_bytes_per_page=5_000)
    (path,) = tmp_path.rglob("*.warc.gz")
    assert f"{site.url}/river" not in read_originals([path])
    assert f"{site.url}/town" in read_originals([path])


def test_a_crawl_to_compare_with_that_is_not_there_is_named(tmp_path: Path) -> None:
    with Site() as site, pytest.raises(ConfigError, match="since: crawl 'docs1' is not materialized"):
        crawl(site, tmp_path, "docs2", since="docs1")
    assert site.asked == []


@pytest.mark.parametrize("since", ["../x", "a/b", ".hidden"])
def test_a_name_that_leads_elsewhere_is_refused(since: str) -> None:
    with pytest.raises(ConfigError, match="since"):
        parse_parameters("site", {"seeds": "http://a.example/", "since": since})


def test_a_busy_host_is_left_alone_for_as_long_as_it_says(tmp_path: Path) -> None:
    with Site() as site:
        site.busy = {"/river": [(503, "1")]}
        _, made = crawl(site, tmp_path, "docs1", delay_seconds=0.01)
    times = [when for _, when in site.asked]
    busy = [path for path, _ in site.asked].index("/river")
    assert times[busy + 1] - times[busy] > 0.9
    answers = [record.status for record in read_records(made.folder / "warc/00000.warc.gz") if record.url == f"{site.url}/river"]
    assert 200 in answers


@pytest.mark.parametrize(
    ("told", "attempts", "seconds"),
    [("7", 0, 7), ("99999", 0, MAX_PAUSE_SECONDS), ("", 0, 2), ("", 3, 16), ("soon", 1, 4), ("Thu, 01 Jan 1970 00:00:00 GMT", 0, 0)],
)
def test_how_long_a_busy_host_is_left_alone(told: str, attempts: int, seconds: float) -> None:
    assert find_pause(told, attempts) == seconds


def test_progress_is_told_in_pages_and_ends_whole(tmp_path: Path) -> None:
    told: list[tuple[Any, ...]] = []
    with Site() as site:
        crawl(site, tmp_path, "docs1", progress=lambda *step: told.append(step), delay_seconds=0.3)
    steps = [step for step in told if step[0] == "crawling"]
    assert all(step[3] == "pages" for step in steps)
    assert [step[1] for step in steps] == sorted(step[1] for step in steps)
    assert steps[0][1:3] == (0, None)
    assert steps[-1][1] == steps[-1][2] > 0
    assert any("pages a second" in step[4] for step in steps[1:-1])

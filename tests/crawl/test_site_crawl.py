"""A site full of traps on loopback, crawled for real: what the crawler asks for, what it writes, and that it ends."""

import base64
import gzip
import hashlib
import json
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest
from fastwarc.warc import ArchiveIterator

from llm_assets.crawl.declaration import Declaration, parse_parameters
from llm_assets.crawl.stage import collect_files
from llm_assets.engine import LocalEngine
from llm_assets.errors import DataError
from llm_assets.formats.warc import read_records

PAGE_BYTES = 100_000
HTML = "text/html; charset=utf-8"
BOMB = gzip.compress(b"<a href='/in-bomb'>x</a>" + b"\0" * 20_000_000)
LINKED = (
    *("good", "base/", "latin", "packed", "canonical?sid=1", "gone", "loop/a", "loop/self", "away", "outside", "private/x"),
    *("calendar/1", "huge", "bomb", "slow", "broken", "many"),
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together

    def do_GET(self):
        self.server.asked.append((self.path, time.time(), dict(self.headers)))
        path = self.path
        if path == "/slow":
            self.drip()
        elif path == "/huge":
            self.answer(b"", length=50_000_000)
            self.pour(50_000_000)
        elif path == "/broken":
            self.answer(b"half", length=100)
            self.close_connection = True
        elif path.startswith("/calendar/"):
            self.answer(f"<p>a day</p><a href='/calendar/{int(path[10:]) + 1}'>next</a>".encode())
        elif path in self.server.redirects:
            self.answer(b"", status=302, location=self.server.redirects[path])
        elif path in self.server.pages:
            self.answer(*self.server.pages[path])
        elif path.startswith("/m/"):
            self.answer(b"one of many")
        else:
            self.answer(b"not here", status=404)

    def answer(self, body, mime=HTML, encoding=None, *, status=200, location=None, length=None):
        self.send_response(status)
        self.send_header("Content-Type", mime)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Set-Cookie", "me=1")
        for name, value in (("Content-Encoding", encoding), ("Location", location)):
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def pour(self, size):
        try:
            for _ in range(size // 10_000):
                self.wfile.write(b"x" * 10_000)
        except OSError:
            self.close_connection = True

    def drip(self):
        self.answer(b"", length=1_000)
        try:
            for _ in range(100):
                self.wfile.write(b".")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


class TrapSite(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, elsewhere=""):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.redirects = {"/loop/a": "/loop/b", "/loop/b": "/loop/a", "/loop/self": "/loop/self", "/away": f"{elsewhere}/stolen"}
        links = "".join(f"<a href='/{path}'>x</a>" for path in LINKED)
        index = "<sitemapindex xmlns='x'><sitemap><loc>/maps/pages.xml.gz</loc></sitemap></sitemapindex>"
        pages = f"<urlset><url><loc>/only-mapped</loc></url><url><loc>{elsewhere}/mapped</loc></url></urlset>"
        self.pages = {
            "/": (f"{links}<a href='{elsewhere}/linked'>out</a><a href='http://[bad'>bad</a><a href='mailto:a@b.example'>m</a>".encode(),),
            "/robots.txt": (f"User-agent: *\nDisallow: /private/\nSitemap: {self.url}/maps/index.xml\n".encode(), "text/plain"),
            "/maps/index.xml": (index.encode(), "application/xml"),
            "/maps/pages.xml.gz": (gzip.compress(pages.encode()), "application/gzip"),
            "/good": (b"<p>good</p><a href='/?'>home</a><a href='/good#part'>here</a>",),
            "/base/": (b"<base href='/deep/'><a href='er'>x</a>",),
            "/latin": ("<a href='/süß'>ü</a>".encode("latin-1"),),
            "/packed": (gzip.compress(b"<a href='/from-packed'>x</a>"), HTML, "gzip"),
            "/canonical?sid=1": (b"<link rel='canonical' href='/canonical'>",),
            "/outside": (f"<meta http-equiv='refresh' content='0;url={elsewhere}/refreshed'><iframe src='{elsewhere}/framed'>".encode(),),
            "/bomb": (BOMB, HTML, "gzip"),
            "/many": ("".join(f"<a href='/m/{number}'>x</a>" for number in range(1_000)).encode(),),
        }

    def paths(self):
        return [path for path, _, _ in self.asked]

    def handle_error(self, *_):
        """Nothing to tell: the crawler hangs up on bodies that are too long."""

    def __enter__(self):
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def crawl(url, target, **more):
    values = {"seeds": f"{url}/", "allow_private_addresses": True, "delay_seconds": 0, "timeout_seconds": 1.5, **more}
    return collect_files(Declaration("site", "site", 0, True, parse_parameters("site", values)), None, target, target.parent, LocalEngine())


class Crawled:
    def __init__(self, target):
        with TrapSite() as self.elsewhere, TrapSite(self.elsewhere.url) as self.site:
            began = time.monotonic()
            self.report = crawl(self.site.url, target, max_pages=80, max_depth=6, max_bytes_per_page=PAGE_BYTES)
            self.seconds = time.monotonic() - began
        self.file = target / "warc/00000.warc.gz"
        self.records = list(read_records(self.file))
        self.answers = {record.url.removeprefix(self.site.url): record for record in self.records if record.type == "response"}
        self.log = [json.loads(line) for line in (target / "crawl_log.jsonl").read_text().splitlines()]
        self.fates = {line["url"].removeprefix(self.site.url): line for line in self.log}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    return Crawled(tmp_path_factory.mktemp("crawl"))


def test_a_site_full_of_traps_has_an_end(crawled):
    assert crawled.seconds < 60


def test_no_other_server_is_ever_asked(crawled):
    assert crawled.elsewhere.asked == []
    assert f"{crawled.elsewhere.url}/stolen" in crawled.fates
    assert crawled.answers["/away"].status == 302


def test_robots_txt_comes_first_and_is_obeyed(crawled):
    assert crawled.site.paths()[0] == "/robots.txt"
    assert crawled.fates["/private/x"]["fate"] == "forbidden"
    assert not [path for path in crawled.site.paths() if path.startswith("/private")]


def test_pages_are_asked_for_breadth_first(crawled):
    paths = crawled.site.paths()
    first = [path for path in paths if path.removeprefix("/") in LINKED]
    assert first == [f"/{path}" for path in LINKED if path != "private/x"]
    assert paths.index("/many") < paths.index("/calendar/2") < paths.index("/m/0")


def test_sitemaps_are_read_packed_ones_too(crawled):
    assert {"/maps/index.xml", "/maps/pages.xml.gz", "/only-mapped"} <= set(crawled.answers)


def test_nothing_is_asked_for_twice_unless_its_server_failed(crawled):
    paths = [path for path in crawled.site.paths() if path != "/broken"]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("path", ["/deep/er", "/s%EF%BF%BD%EF%BF%BD", "/from-packed", "/canonical"])
def test_links_are_found_through_base_wrong_charset_gzip_and_canonical(crawled, path):
    assert path in crawled.answers


def test_an_endless_calendar_ends_at_the_depth_told(crawled):
    days = [int(path[10:]) for path in crawled.answers if path.startswith("/calendar/")]
    assert days == sorted(days)
    assert days[-1] <= 6


def test_redirects_in_a_circle_are_recorded_and_end(crawled):
    assert {path for path in crawled.answers if path.startswith("/loop")} == {"/loop/a", "/loop/b", "/loop/self"}


def test_pages_are_as_many_as_told_and_the_rest_is_counted(crawled):
    hops = len(crawled.site.redirects)
    pages = [line for line in crawled.log if line["fate"] in ("page", "failed")]
    assert 80 <= len(pages) <= 80 + hops
    assert any("max_pages" in warning for warning in crawled.report.warnings)


@pytest.mark.parametrize("path", ["/huge", "/bomb"])
def test_a_body_too_large_as_sent_or_as_decoded_is_cut_and_says_so(crawled, path):
    assert crawled.answers[path].problem == "warc_truncated"
    assert len(crawled.answers[path].payload) <= PAGE_BYTES + 4_096
    assert crawled.fates[path]["cut"]


def test_a_slow_body_is_given_up(crawled):
    assert (crawled.fates["/slow"]["fate"], "/slow" in crawled.answers) == ("failed", False)
    assert "Timeout" in crawled.fates["/slow"]["detail"]
    assert any("no answer: 1" in warning for warning in crawled.report.warnings)


def test_a_page_in_a_wrong_charset_is_kept_as_sent(crawled):
    assert crawled.answers["/latin"].payload == crawled.site.pages["/latin"][0]


def test_what_is_missing_is_recorded_too(crawled):
    assert crawled.answers["/gone"].status == 404


def test_what_a_connection_broke_off_is_kept_and_says_so(crawled):
    assert (crawled.answers["/broken"].payload, crawled.answers["/broken"].problem) == (b"half", "warc_truncated")


def digest(data):
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def test_requests_and_responses_come_in_pairs_with_true_digests(crawled):
    with crawled.file.open("rb") as stream:
        records = [(record.headers, record.reader.read()) for record in ArchiveIterator(stream, parse_http=False)]
    for headers, block in records:
        assert headers["WARC-Block-Digest"] == digest(block)
    for headers, block in records[1:]:
        assert headers["WARC-Payload-Digest"] == digest(block.partition(b"\r\n\r\n")[2])
    kinds = [headers["WARC-Type"] for headers, _ in records]
    assert kinds == ["warcinfo"] + ["request", "response"] * (len(kinds) // 2)
    for (asked, _), (answered, _) in zip(records[1::2], records[2::2], strict=True):
        assert asked["WARC-Concurrent-To"] == answered["WARC-Record-ID"]


def test_a_record_bears_the_time_of_its_fetch(crawled):
    dates = [record.date for record in crawled.records if record.type == "response"]
    assert len(set(dates)) > 1
    assert {line["date"] for line in crawled.log if "date" in line} == set(dates)


def test_every_request_says_who_asks_and_bears_no_cookie(crawled):
    for _, _, headers in crawled.site.asked:
        assert headers["User-Agent"].startswith("llm-assets/")
        assert not {"Cookie", "Referer"} & set(headers)


def test_the_log_tells_the_fate_of_all_that_was_asked_for(crawled):
    assert set(crawled.site.paths()) <= set(crawled.fates)


def test_the_file_is_in_the_table_of_files(crawled):
    assert (crawled.report.read, crawled.report.kept, crawled.report.unit) == (1, 1, "files")


def test_a_private_address_is_refused_unless_told_otherwise_by_whatever_name(tmp_path):
    with TrapSite() as site, pytest.raises(DataError, match=r"no public address.*allow_private_addresses = true"):
        port = site.server_port
        seeds = [f"http://{host}:{port}/" for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0")]
        crawl(site.url, tmp_path, allow_private_addresses=False, seeds=seeds)
    assert site.asked == []
    assert (tmp_path / "crawl_log.jsonl").read_text().count("no public address") == len(seeds)


def test_a_crawl_ends_at_its_bytes_and_pauses_as_robots_txt_asks(tmp_path):
    with TrapSite() as site:
        site.pages["/robots.txt"] = (b"User-agent: llm-assets\nCrawl-delay: 0.3\n", "text/plain")
        report = crawl(site.url, tmp_path, delay_seconds=0.01, max_total_bytes=500, sitemaps=False)
    times = [when for _, when, _ in site.asked]
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.2
    assert len(times) <= 4
    assert any("max_total_bytes" in warning for warning in report.warnings)


def test_the_crawler_ends_with_whoever_started_it(tmp_path):
    with TrapSite() as site:
        values = {"seeds": f"{site.url}/slow", "allow_private_addresses": True, "timeout_seconds": 60}
        order = json.dumps({"site": values, "target": str(tmp_path), "older": []})
        command = [sys.executable, "-P", "-m", "llm_assets.crawl.site"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=Path(tmp_path)) as process:
            process.stdin.write(order.encode() + b"\n")
            process.stdin.flush()
            while "/robots.txt" not in site.paths() and process.poll() is None:
                time.sleep(0.05)
            process.stdin.close()
            assert process.wait(5) == 1

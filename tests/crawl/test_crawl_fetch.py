import pytest

from llm_assets.crawl.fetch import Exchange, crawl_hosts, find_links
from llm_assets.crawl.pages import Page
from llm_assets.crawl.recorder import record_crawl
from llm_assets.crawl.server import PageServer
from llm_assets.errors import DataError
from llm_assets.formats.warc import read_records

A, B = "http://a.invalid", "http://b.invalid"
LINKS = b"""<a href="/two#part">2</a> <a href="three">3</a> <a href="http://elsewhere.invalid/">out</a> <a href="/gone">gone</a>
<a href="mailto:x@a.invalid">mail</a> <a href="http://[broken">broken</a> <a href="/private/x">private</a> <a href="/moved">moved</a>"""
PAGES = {
    f"{A}/": Page(f"{A}/", LINKS),
    f"{A}/robots.txt": Page(f"{A}/robots.txt", b"User-agent: *\nDisallow: /private/\n", "text/plain"),
    f"{A}/two": Page(f"{A}/two", b'<a href="/four">4</a>'),
    f"{A}/three": Page(f"{A}/three", b'<a href="http://b.invalid/five">5</a>'),
    f"{A}/four": Page(f"{A}/four", b"four"),
    f"{A}/private/x": Page(f"{A}/private/x", b"secret"),
    f"{A}/moved": Page(f"{A}/moved", b"", status=301, headers=(("Location", f"{B}/five"),)),
    f"{B}/five": Page(f"{B}/five", b"", "image/png"),
}


def crawl(seeds=(f"{A}/",), max_requests=100):
    with PageServer(PAGES) as server:
        return list(crawl_hosts(seeds, max_requests, proxy=server.proxy))


def urls(exchanges):
    return [exchange.url.removeprefix("http://") for exchange in exchanges if not exchange.url.endswith("robots.txt")]


def test_pages_come_breadth_first_and_once():
    assert urls(crawl()) == ["a.invalid/", "a.invalid/two", "a.invalid/three", "a.invalid/gone", "a.invalid/moved", "a.invalid/four"]


def test_links_and_redirects_to_the_host_of_another_seed_are_followed():
    found = crawl(seeds=(f"{A}/", f"{B}/"))
    assert "b.invalid/five" in urls(found)
    assert [exchange.status for exchange in found if exchange.url == f"{A}/moved"] == [301]


def test_robots_txt_is_the_first_request_to_a_host_and_is_heeded():
    found = crawl(seeds=(f"{A}/", f"{B}/"))
    for host in (A, B):
        assert next(exchange.url for exchange in found if exchange.url.startswith(host)) == f"{host}/robots.txt"
    assert not [exchange for exchange in found if "/private/" in exchange.url]


def test_what_is_missing_is_an_exchange_too():
    assert [exchange.status for exchange in crawl() if exchange.url.endswith("/gone")] == [404]


def test_a_site_that_is_larger_than_told_is_refused_and_not_cut_short():
    with pytest.raises(DataError, match="more than 3 requests"):
        crawl(max_requests=3)


def test_a_server_that_is_not_there_is_named():
    with pytest.raises(DataError, match=r"a\.invalid"):
        list(crawl_hosts([f"{A}/"], 5, proxy="http://127.0.0.1:9"))


def test_nothing_of_the_machine_is_in_what_goes_over_the_wire():
    for exchange in crawl():
        wire = (exchange.request + exchange.response).lower()
        assert not [word for word in (b"127.0.0.1", b"date:", b"server:", b"python") if word in wire]
        assert exchange.request.startswith(b"GET /")
        assert b"Host: a.invalid\r\n" in exchange.request


@pytest.mark.parametrize("body", [b"", b"\x00", b"<a href>", b"<!-- ", b"\xff\xfe<a href='/x'>", b"<a href='http://[1/'>x</a>"])
def test_no_page_however_broken_stops_the_search_for_links(body):
    find_links(Exchange(f"{A}/", b"", b"", 200, "text/html", None, body, False))


def test_a_recorded_crawl_reads_back_and_is_split_by_size(tmp_path):
    exchanges = crawl()
    paths = record_crawl(exchanges, tmp_path, "2026-01-01T00:00:00Z", 2_000)
    assert [path.name for path in paths] == [f"{number:05d}.warc.gz" for number in range(len(paths))]
    assert len(paths) > 1
    records = [record for path in paths for record in read_records(path) if record.type == "response"]
    assert [(record.url, record.status, record.payload) for record in records] == [(ex.url, ex.status, ex.body) for ex in exchanges]

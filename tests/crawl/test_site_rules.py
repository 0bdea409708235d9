"""What a live crawl may ask for, told without a network: URLs, scope, addresses, robots.txt, links, bodies, the frontier."""

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address, IPv6Address

from llm_assets.crawl.declaration import Declaration, declared_version, parse_parameters
from llm_assets.crawl.site.addresses import PublicResolver, is_public
from llm_assets.crawl.site.body import cut_body, gunzip
from llm_assets.crawl.site.frontier import MAX_REDIRECTS, Frontier, Target
from llm_assets.crawl.site.links import find_links, find_sitemap_entries
from llm_assets.crawl.site.robots import CLOSED, MAX_CRAWL_DELAY_SECONDS, Robots, read_robots
from llm_assets.crawl.site.source import Site
from llm_assets.crawl.site.urls import Scope, clean_url, url_key
from llm_assets.errors import ConfigError

A = "http://a.example"


@pytest.mark.parametrize(
    "url, clean",
    [
        ("HTTP://A.Example:80/x#part", f"{A}/x"),
        (A, f"{A}/"),
        ("https://a.example:443/", "https://a.example/"),
        ("https://a.example:80/", "https://a.example:80/"),
        ("http://bücher.example/ä", "http://xn--bcher-kva.example/%C3%A4"),
        ("http://a.example./x", f"{A}/x"),
        (" http://a.example/a b ", f"{A}/a%20b"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
    ],
)
def test_a_url_has_one_clean_form(url, clean):
    assert clean_url(url) == clean
    assert clean_url(clean) == clean


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "ftp://a.example/", "file:///etc/passwd", "javascript:x", "data:text/html,x", "http://", "http:///x", "http://[::1"),
        *("http://a:b/", "http://me:secret@a.example/", "http://me@a.example/", "http://a.example:99999/", "http://%31%32/", "http://a b/"),
        f"{A}/{'x' * 3_000}",
    ],
)
def test_what_is_no_url_of_a_host_is_none(url):
    assert clean_url(url) is None


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text(max_size=40).map("http://a.example/".__add__), st.text(max_size=40).map("http://".__add__)))
def test_cleaning_never_raises_and_is_idempotent(text):
    clean = clean_url(text)
    assert clean is None or clean_url(clean) == clean


@pytest.mark.parametrize("one, other", [("/?b=1&a=2", "/?a=2&b=1"), ("/%7Ex", "/~x"), ("/a%2fb", "/a%2Fb")])
def test_two_spellings_of_a_url_are_one(one, other):
    assert url_key(clean_url(A + one)) == url_key(clean_url(A + other))


@pytest.mark.parametrize("one, other", [("/a", "/a/"), ("/?a=1", "/?a=2"), ("/a", "/A"), ("/a%2Fb", "/a/b")])
def test_two_urls_are_two(one, other):
    assert url_key(clean_url(A + one)) != url_key(clean_url(A + other))


@pytest.mark.parametrize(
    "url, within",
    [
        ("http://a.example/", True),
        ("https://a.example/", True),
        ("http://a.example:8080/", False),
        ("http://b.example:8080/", True),
        ("http://b.example/", False),
        ("http://sub.a.example/", False),
        ("http://a.example.evil/", False),
        ("http://evila.example/", False),
        ("http://example/", False),
    ],
)
def test_scope_is_hosts_at_their_ports(url, within):
    assert Scope(["a.example", "b.example:8080"], subdomains=False).holds(url) is within


@pytest.mark.parametrize("url, within", [("http://x.y.a.example/", True), ("http://a.example/", True), ("http://xa.example/", False)])
def test_subdomains_join_where_told(url, within):
    assert Scope(["A.example"], subdomains=True).holds(url) is within


PRIVATE = (
    *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200"),
    *("168.63.129.16", "192.0.0.192", "224.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1"),
    *("fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("2002:7f00:1::", "2001:db8::1", "64:ff9b:1::1", "fec0::1"),
)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_of_the_open_internet_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_an_address_of_the_open_internet_is_public(address):
    assert is_public(address)


class Receiver:
    def __init__(self):
        self.found, self.complete = [], False

    def resolutionBegan(self, resolution):  # noqa: N802 - Twisted's interface
        self.began = resolution

    def addressResolved(self, address):  # noqa: N802 - Twisted's interface
        self.found.append(address.host)

    def resolutionComplete(self):  # noqa: N802 - Twisted's interface
        self.complete = True


class Names:
    """A reactor, as far as its names go: every name has an address of each kind."""

    def __init__(self):
        self.nameResolver = self

    def installNameResolver(self, resolver):  # noqa: N802 - Twisted's interface
        self.nameResolver = resolver

    def resolveHostName(self, receiver, name, *_):  # noqa: N802 - Twisted's interface
        receiver.resolutionBegan(name)
        for address in ("10.0.0.1", "1.1.1.1", "169.254.169.254"):
            receiver.addressResolved(IPv4Address("TCP", address, 80))
        receiver.addressResolved(IPv6Address("TCP", "::1", 80))
        receiver.resolutionComplete()
        return name


def test_a_name_leads_to_its_public_addresses_only():
    reactor, receiver = Names(), Receiver()
    PublicResolver.from_crawler(None, reactor).install_on_reactor()
    assert reactor.nameResolver.resolveHostName(receiver, "rebound.example", 80) == "rebound.example"
    assert (receiver.found, receiver.complete, receiver.began) == (["1.1.1.1"], True, "rebound.example")


@pytest.mark.parametrize("status, allowed", [(200, False), (404, True), (403, True), (301, True), (500, False), (503, False), (429, False)])
def test_robots_txt_means_what_the_standard_says_at_each_status(status, allowed):
    assert read_robots(status, b"User-agent: *\nDisallow: /", "me").allows(f"{A}/x", "me") is allowed


def test_robots_txt_gives_rules_delay_and_sitemaps():
    text = b"\xef\xbb\xbfUser-agent: me\nCrawl-delay: 3\nDisallow: /no\n\nUser-agent: *\nDisallow: /\nSitemap: http://a.example/map.xml\n"
    robots = read_robots(200, text, "me")
    assert [robots.allows(A + path, "me") for path in ("/", "/no/x")] == [True, False]
    assert (robots.delay_seconds, robots.sitemaps) == (3.0, (f"{A}/map.xml",))


@pytest.mark.parametrize(
    "text", [b"Crawl-delay: 999999999", b"Crawl-delay: x", b"Crawl-delay: -5", b"\x00\xff", b"Disallow\n:::\n" * 1_000]
)
def test_no_robots_txt_breaks_or_holds_up_a_crawl(text):
    assert 0 <= read_robots(200, b"User-agent: *\n" + text, "me").delay_seconds <= MAX_CRAWL_DELAY_SECONDS


def links(html, content_type="text/html", obey_nofollow=True):
    return find_links(html.encode() if isinstance(html, str) else html, content_type, f"{A}/dir/page", obey_nofollow)


@pytest.mark.parametrize(
    "html, expected",
    [
        ("<a href='x#y'>x</a>", [f"{A}/dir/x"]),
        ("<base href='/b/'><a href=x>x</a>", [f"{A}/b/x"]),
        ("<a href=/1>1</a><link rel=canonical href=/c><a href=/1>1</a>", [f"{A}/c", f"{A}/1"]),
        ("<iframe src=/f></iframe><area href=/a>", [f"{A}/f", f"{A}/a"]),
        ("<meta http-equiv=refresh content='0; url=/r'><a href=/1>1</a>", [f"{A}/r", f"{A}/1"]),
        ("<a href='http://[x'>1</a><a href='mailto:a@b'>2</a><a href='javascript:x'>3</a><a>4</a><a href=/p.PDF>5</a>", []),
        ("<link rel=stylesheet href=/s><img src=/i>", []),
        ("<a rel='nofollow x' href=/1>1</a><a href=/2>2</a>", [f"{A}/2"]),
        ("<meta name=Robots content='noindex, NoFollow'><a href=/2>2</a>", []),
        ("<?xml version='1.0' encoding='latin-1'?><html><a href='/x'>x</a></html>", [f"{A}/x"]),
        ("", []),
        ("\x00", []),
        ("<!-- ", []),
        ("<a href", []),
        ("<div>" * 20_000, []),
    ],
)
def test_links_of_a_page(html, expected):
    assert links(html) == expected


def test_nofollow_is_for_who_obeys():
    assert links("<meta name=robots content=none><a rel=nofollow href=/1>1</a>", obey_nofollow=False) == [f"{A}/1"]


def test_a_page_in_a_wrong_charset_gives_its_links():
    page = "<a href='/über?q=ü'>ü</a>".encode("latin-1")
    assert links(page, "text/html; charset=latin-1") == [f"{A}/%C3%BCber?q=%FC"]
    assert len(links(page, "text/html; charset=utf-8")) == len(links(page, "text/html; charset=no-such")) == 1


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["text/html", "text/html; charset=utf-16", "", "\x00;;charset=utf-7"]))
def test_no_bytes_stop_the_search_for_links(content, content_type):
    links(content, content_type)
    find_sitemap_entries(content, f"{A}/sitemap.xml")


def test_a_sitemap_names_pages_and_an_index_names_sitemaps():
    pages = b"<urlset xmlns='http://x'><url><loc> /a </loc></url><url><loc>http://b.example/</loc></url><url><loc>/a"
    index = b"<?xml version='1.0'?><sitemapindex><sitemap><loc>/two.xml.gz</loc></sitemap></sitemapindex>"
    assert find_sitemap_entries(pages, f"{A}/m/s.xml")[0][:2] == [f"{A}/a", "http://b.example/"]
    assert find_sitemap_entries(index, f"{A}/s.xml") == ([], [f"{A}/two.xml.gz"])
    assert find_sitemap_entries(b"http://a.example/1\n\nhttp://a.example/2\n", f"{A}/s.txt") == ([f"{A}/1", f"{A}/2"], [])


def test_entities_of_a_sitemap_are_not_unfolded():
    bomb = (
        b"<!DOCTYPE x [<!ENTITY a 'http://a.example/'><!ENTITY b SYSTEM 'file:///etc/passwd'>]><urlset><url><loc>&b;</loc></url></urlset>"
    )
    assert all("root" not in url for url in find_sitemap_entries(bomb, f"{A}/s.xml")[0])


def test_a_body_is_cut_by_bytes_sent_and_by_bytes_decoded():
    text = bytes(range(256)) * 40
    bomb = gzip.compress(b"\0" * 10_000_000)
    assert cut_body(text, "", 100) == (text[:100], text[:100], True)
    assert cut_body(text, "", len(text)) == (text, text, False)
    assert cut_body(gzip.compress(text), "GZIP", len(text)) == (gzip.compress(text), text, False)
    body = cut_body(bomb, "gzip", 5_000)
    assert (body.content, body.cut) == (b"\0" * 5_000, True)
    assert len(zlib.decompressobj(31).decompress(body.sent)) < 50_000, "what is recorded is no bomb any more"


@pytest.mark.parametrize("pack", [zlib.compress, lambda text: zlib.compress(text)[2:-4]])
def test_both_kinds_of_deflate_are_read(pack):
    assert cut_body(pack(b"hello" * 50), "deflate", 1_000).content == b"hello" * 50


@pytest.mark.parametrize("encoding, body", [("br", b"x"), ("gzip", b"no gzip"), ("gzip, gzip", b"x"), ("gzip", b"\x1f\x8b\x08")])
def test_a_body_that_cannot_be_decoded_is_kept_and_not_read(encoding, body):
    assert cut_body(body, encoding, 100)[::2] == (body, False)
    assert not cut_body(body, encoding, 100).content


def test_a_gzip_file_is_unpacked_to_a_limit():
    assert gunzip(gzip.compress(b"x" * 1_000), 10) == b"x" * 10
    assert gunzip(b"plain", 2) == b"plain"


OPEN = Robots()


class Walk:
    """A frontier whose hosts all have the same robots.txt, and what it wanted."""

    def __init__(self, rules=OPEN, **limits):
        self.notes = []
        self.frontier = Frontier(Site(seeds=(A,), **limits), lambda *note: self.notes.append(note[1]))
        self.rules = rules

    def offer(self, path, **more):
        return self.follow(self.frontier.offer(Target(A + path, **more)))

    def follow(self, targets):
        wanted = []
        for target in targets:
            wanted.append(target.url.removeprefix(A))
            if target.kind == "robots":
                wanted += self.follow(self.frontier.open_origin(target.origin, self.rules))
        return wanted


def test_robots_txt_comes_first_then_the_sitemap_then_what_waited():
    assert Walk().offer("/") == ["/robots.txt", "/sitemap.xml", "/"]
    assert Walk(sitemaps=False).offer("/") == ["/robots.txt", "/"]
    assert Walk(rules=Robots(sitemaps=(f"{A}/m.xml", "http://elsewhere.example/m.xml"))).offer("/") == ["/robots.txt", "/m.xml", "/"]


def test_a_url_is_asked_for_once():
    walk = Walk(sitemaps=False)
    assert walk.offer("/?a=1&b=2") and not walk.offer("/?b=2&a=1")


def test_everything_that_waits_for_robots_txt_is_judged_by_it():
    walk = Walk(sitemaps=False)
    (robots,) = walk.frontier.offer(Target(f"{A}/x"))
    assert list(walk.frontier.offer(Target(f"{A}/no/y"))) == []
    rules = read_robots(200, b"User-agent: *\nDisallow: /no/", "llm-assets")
    assert [target.url for target in walk.frontier.open_origin(robots.origin, rules)] == [f"{A}/x"]
    assert walk.notes == ["forbidden"]
    assert walk.offer("/no/z") == []
    assert walk.notes == ["forbidden", "forbidden"]


def test_a_host_whose_robots_txt_cannot_be_read_is_closed():
    walk = Walk(rules=CLOSED)
    assert walk.offer("/") == ["/robots.txt"]
    assert walk.notes == ["closed"]


def test_who_does_not_obey_asks_all_the_same():
    assert Walk(rules=CLOSED, obey_robots=False, sitemaps=False).offer("/") == ["/robots.txt", "/"]


def test_pages_are_counted_and_those_forbidden_do_not_count():
    rules = read_robots(200, b"User-agent: *\nDisallow: /no/", "llm-assets")
    walk = Walk(rules=rules, max_pages=2, sitemaps=False)
    asked = [walk.offer(path) for path in ("/no/a", "/a", "/no/b", "/b", "/c", "/d")]
    assert asked == [["/robots.txt"], ["/a"], [], ["/b"], [], []]
    assert walk.frontier.left_out == {"max_pages": 2}


def test_depth_is_bounded_and_a_page_too_deep_may_be_found_nearer():
    walk = Walk(max_depth=1, sitemaps=False)
    walk.offer("/")
    assert (walk.offer("/a", depth=2), walk.offer("/a", depth=1)) == ([], ["/a"])
    assert walk.frontier.left_out == {"max_depth": 1}


@pytest.mark.parametrize(
    "location", ["http://elsewhere.example/", "//elsewhere.example/", "http://a.example:8080/", "ftp://a.example/", "http://[x"]
)
def test_a_redirect_never_leaves_the_scope(location):
    walk = Walk(sitemaps=False)
    assert walk.follow(walk.frontier.redirect(Target(f"{A}/from"), location)) == []
    assert walk.notes == ["not_followed"]


def test_redirects_end():
    walk = Walk(sitemaps=False)
    assert walk.follow(walk.frontier.redirect(Target(f"{A}/", hops=MAX_REDIRECTS - 1), "/x")) == ["/robots.txt", "/x"]
    assert walk.follow(walk.frontier.redirect(Target(f"{A}/", hops=MAX_REDIRECTS), "/y")) == []


def test_the_way_of_a_redirect_costs_no_page():
    walk = Walk(max_pages=1, sitemaps=False)
    walk.offer("/")
    assert walk.follow(walk.frontier.redirect(Target(f"{A}/"), "/real")) == ["/real"]
    assert walk.offer("/more") == []


def test_robots_txt_elsewhere_is_not_fetched_out_of_scope_and_closes_its_host():
    walk = Walk(sitemaps=False)
    (robots,) = walk.frontier.offer(Target(f"{A}/"))
    assert [target.url for target in walk.frontier.redirect(robots, "/r.txt")] == [f"{A}/r.txt"]
    assert list(walk.frontier.redirect(robots, "http://elsewhere.example/robots.txt")) == []
    assert walk.notes == ["not_followed", "closed"]


def test_seeds_and_scope_are_lists_or_one_text():
    site = parse_parameters("site", {"seeds": "http://a.example/, http://b.example:8080/x", "delay_seconds": "0.5"})
    assert site.seeds == ("http://a.example/", "http://b.example:8080/x")
    assert site.hosts == ("a.example", "b.example:8080")
    assert parse_parameters("site", {"seeds": ["http://a.example/"], "scope": "c.example, d.example:81"}).hosts == (
        "c.example",
        "d.example:81",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            {"seeds": ""},
            {"seeds": "a.example"},
            {"seeds": "ftp://a.example/"},
            {"seeds": A, "scope": "http://a/"},
            {"seeds": A, "max_pages": 0},
        ),
        *({"seeds": A, "user_agent": "x\r\nCookie: y"}, {"seeds": A, "user_agent": ""}, {"seeds": A, "depth": 1}, {}),
    ],
)
def test_parameters_that_cannot_be_followed_are_refused(wrong):
    with pytest.raises(ConfigError, match="site"):
        parse_parameters("site", wrong)


def test_the_default_obeys_robots_txt_and_refuses_private_addresses():
    site = Site(seeds=(A,))
    assert (site.obey_robots, site.allow_private_addresses, site.robots_name) == (True, False, "llm-assets")


def test_what_was_crawled_is_kept_until_the_declaration_changes():
    def version(**more):
        return declared_version(Declaration("s", "site", 0, True, parse_parameters("site", {"seeds": A, **more})))

    assert version() == version()
    assert version(max_pages=5) != version()

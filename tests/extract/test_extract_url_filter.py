"""The URL filter: what it lists, and what it sees through."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_assets.errors import ConfigError
from llm_assets.extract.block_lists import spell_domain
from llm_assets.extract.config import UrlFilter
from llm_assets.extract.url_filter import BUILTIN, UrlJudge, check_lists, read_words
from llm_assets.extract.urls import space_words, split_url

FILTER = UrlFilter(builtin=False, block_lists=("ut1",), categories=("gambling", "malware"))
BUILTIN_JUDGE = UrlJudge(UrlFilter(), {})


@pytest.fixture(scope="module")
def ut1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ut1")
    for category, kind, lines in (
        ("gambling", "domains", "# a comment\nLucky.Example\nbücher.example\n.dotted.example.\n192.0.2.7\n"),
        ("gambling", "urls", "site.example/casino/\nhttps://www.other.example/a?b=c\n"),
        ("malware", "domains", "lucky.example\nbad.example\r\n\r\n"),
        ("press", "domains", "news.example\n"),
    ):
        (folder / category).mkdir(exist_ok=True)
        (folder / category / kind).write_text(lines, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def judge(ut1: Path) -> UrlJudge:
    return UrlJudge(FILTER, {"ut1": ut1})


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("http://lucky.example/", "ut1/gambling/domains: lucky.example"),
        ("HTTPS://WWW.LUCKY.EXAMPLE./x", "ut1/gambling/domains: lucky.example"),
        ("//a.b.lucky.example:8080/x", "ut1/gambling/domains: lucky.example"),
        ("http://user:pass@lucky.example/x", "ut1/gambling/domains: lucky.example"),
        ("http://l%75cky.example/", "ut1/gambling/domains: lucky.example"),
        ("http://ｌｕｃｋｙ.example/", "ut1/gambling/domains: lucky.example"),
        ("http://BÜCHER.example/", "ut1/gambling/domains: xn--bcher-kva.example"),
        ("http://xn--bcher-kva.example/", "ut1/gambling/domains: xn--bcher-kva.example"),
        ("http://shop.dotted.example/", "ut1/gambling/domains: dotted.example"),
        ("http://192.0.2.7/x", "ut1/gambling/domains: 192.0.2.7"),
        ("bad.example/x", "ut1/malware/domains: bad.example"),
        ("http:\\\\bad.example\\x", "ut1/malware/domains: bad.example"),
    ],
)
def test_a_listed_domain_is_seen_in_any_spelling(judge: UrlJudge, url: str, detail: str) -> None:
    found = judge.judge(url)
    assert found is not None
    assert (found.rule, found.detail) == ("url_filter.domain", detail)


@pytest.mark.parametrize(
    "url",
    [
        "http://unlucky.example/",
        "http://lucky.example.org/",
        "http://example/",
        "http://fine.example/lucky.example",
        "http://fine.example/?u=http://lucky.example/",
        "http://news.example/",
        "http://site.example/casinos",
        "http://other.example/a",
        "http://other.example/a?b=cc",
    ],
)
def test_what_merely_resembles_an_entry_passes(judge: UrlJudge, url: str) -> None:
    assert judge.judge(url) is None


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("http://site.example/casino", "site.example/casino"),
        ("http://www.site.example/casino/deep/page?x=1#y", "site.example/casino"),
        ("http://SITE.example/c%61sino/", "site.example/casino"),
        ("http://other.example/a?b=c", "other.example/a?b=c"),
    ],
)
def test_a_listed_url_covers_the_pages_below_it(judge: UrlJudge, url: str, entry: str) -> None:
    found = judge.judge(url)
    assert found is not None
    assert (found.rule, found.detail) == ("url_filter.url", f"ut1/gambling/urls: {entry}")


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://site.example/free-PORN.html", "url_filter.hard_word"),
        ("http://site.example/p%6Frn/", "url_filter.hard_word"),
        ("http://site.example/p%256Frn/", "url_filter.hard_word"),
        ("http://site.example/ｐｏｒｎ/", "url_filter.hard_word"),
        ("http://xn--m1abbbg.example/", "url_filter.hard_word"),
        ("http://site.example/порно/", "url_filter.hard_word"),
        ("http://site.example/my_porn_list", "url_filter.hard_word"),
        ("http://bestfreeporntube.example/", "url_filter.sub_word"),
        ("http://any.xxx/", "url_filter.domain"),
        ("http://site.example/casino/poker", "url_filter.soft_words"),
        ("http://site.example/poker/poker", None),
        ("http://site.example/history-of-the-casino", None),
        ("http://site.example/super-bowl-xxx", None),
        ("http://when-taiwan.example/essex-campus/lives-examined", None),
        ("http://sussex.example/cockburn/scunthorpe", None),
        ("http://man.example/ssh-keygen.1.html", None),
    ],
)
def test_words_count_only_where_they_stand_alone(url: str, rule: str | None) -> None:
    found = BUILTIN_JUDGE.judge(url)
    assert (found and found.rule) == rule


def test_soft_words_tell_how_many_and_which() -> None:
    assert BUILTIN_JUDGE.judge("http://site.example/poker-casino-slots") == (
        "url_filter.soft_words", 3, None, 1, "builtin/soft_words: casino, poker, slots",
    )  # fmt: skip


def test_more_soft_words_pass_where_the_recipe_says_so() -> None:
    assert UrlJudge(UrlFilter(max_soft_words=3), {}).judge("http://site.example/poker-casino-slots") is None


def test_with_no_list_at_all_every_url_passes() -> None:
    assert UrlJudge(UrlFilter(builtin=False), {}).judge("http://pornhub.com/porn") is None


@given(st.one_of(st.text(), st.from_regex(r"https?://[^ ]{0,30}[/?#:@\[\]%].{0,30}"), st.binary().map(lambda raw: raw.decode("latin-1"))))
def test_no_url_makes_the_filter_raise(url: str) -> None:
    BUILTIN_JUDGE.judge(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://",
        "http://[",
        "http://[::1",
        "http://[::1]:80/x",
        "http://" + "a" * 70 + ".é.example/",
        "http://xn--\x00/",
        "urn:x:y",
        "http://\ud800.example/\udfff",
        "http://" + "a." * 9_000,
        "/" * 9_000,
        "%" * 9_000,
    ],
)
def test_malformed_urls_are_judged_by_what_is_left_of_them(url: str) -> None:
    assert BUILTIN_JUDGE.judge(url) is None


@pytest.mark.parametrize("name", ["hard_words", "soft_words", "sub_words"])
def test_the_words_shipped_are_in_the_form_urls_are_split_into(name: str) -> None:
    for word in read_words(name):
        assert space_words(*split_url(f"http://site.example/{word.decode()}")).split() == [b"site", b"example", word]


def test_the_domains_shipped_are_in_the_form_urls_are_split_into() -> None:
    domains = [line for line in (BUILTIN / "domains.txt").read_text().splitlines() if not line.startswith("#")]
    assert [spell_domain(domain) for domain in domains] == domains


def test_a_list_that_is_not_given_is_a_config_error_naming_those_that_are(ut1: Path) -> None:
    with pytest.raises(ConfigError, match=r"ut1 is not among the inputs given: other"):
        check_lists(FILTER, {"other": ut1})


def test_a_folder_without_any_category_is_a_config_error_naming_those_it_has(ut1: Path) -> None:
    with pytest.raises(ConfigError, match=r"none of adult; it has: gambling, malware, press"):
        check_lists(UrlFilter(block_lists=("ut1",), categories=("adult",)), {"ut1": ut1})


def test_a_category_that_a_folder_lacks_is_a_warning(ut1: Path) -> None:
    config = UrlFilter(block_lists=("ut1",), categories=("adult", "press"))
    assert check_lists(config, {"ut1": ut1}) == ("block list ut1 has no category adult",)


def test_a_list_without_categories_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "domains").write_text("bad.example\n")
    config = UrlFilter(block_lists=("own",))
    assert check_lists(config, {"own": tmp_path}) == ()
    assert UrlJudge(config, {"own": tmp_path}).judge("http://bad.example/") == (
        "url_filter.domain",
        None,
        None,
        None,
        "own/domains: bad.example",
    )

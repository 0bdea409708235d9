"""What a page says of itself."""

from __future__ import annotations

import time

import pytest

from llm_assets.extract.head import MAX_TITLE_CHARACTERS, read_head


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title>\n A &amp; B &#8212; C\n</title>", "A & B — C"),
        ("<TITLE lang=en>Shout</TITLE>", "Shout"),
        ("<title>Page | Site</title><meta property='og:title' content='Page'>", "Page"),
        ('<meta content="Two > one" property="og:title">', "Two > one"),
        ("<meta name=twitter:title content=Bare>", "Bare"),
        ("<title></title>", None),
        ("<body><title>of a drawing</title>", None),
        ("no markup at all", None),
        ("<title>" + "x" * 1_500 + "</title>", "x" * MAX_TITLE_CHARACTERS),
    ],
)
def test_the_title(page: str, title: str | None) -> None:
    assert read_head(page).title == title


@pytest.mark.parametrize(
    ("page", "published"),
    [
        ('<meta property="article:published_time" content="2019-03-04T05:06:07Z">', "2019-03-04"),
        ("<meta itemprop=datePublished content=2020-01-31>", "2020-01-31"),
        ('<script type="application/ld+json">{"datePublished" : "2021-02-03T00:00"}</script>', "2021-02-03"),
        ("<body><time class=x datetime='2018-12-01'>yesterday</time>", "2018-12-01"),
        ("<meta name=date content='31.12.2020'>", None),
        ("<meta name=date content='2020-02-31'>", None),
        ("<time datetime=1066-10-14>Hastings</time>", None),
        ("<p>2020-01-01", None),
    ],
)
def test_the_date_is_one_the_page_declares_and_the_calendar_has(page: str, published: str | None) -> None:
    assert read_head(page).published == published


@pytest.mark.parametrize(
    ("page", "header", "hint"),
    [
        ("<html class=x lang='de-AT'>", "en", "de-at"),
        ("<html xml:lang=pt_BR>", None, "pt-br"),
        ("<html><meta http-equiv=Content-Language content='fr, en'>", "en", "fr"),
        ("<html>", "ja", "ja"),
        ("<html lang=''>", None, None),
        ("<html lang='{{ lang }}'>", None, None),
    ],
)
def test_the_language_is_the_pages_own_before_the_headers(page: str, header: str | None, hint: str | None) -> None:
    assert read_head(page, header).language_hint == hint


@pytest.mark.parametrize(
    ("page", "url"),
    [
        ("<link rel=canonical href=https://a.example/b>", "https://a.example/b"),
        ("<link href='http://a.example/?x=1&amp;y=2' rel='alternate Canonical'>", "http://a.example/?x=1&y=2"),
        ("<meta property=og:url content=https://a.example/og>", "https://a.example/og"),
        ("<meta property=og:url content=https://a.example/og><link rel=canonical href=https://a.example/b>", "https://a.example/b"),
        ("<link rel=canonical href=/b><meta property=og:url content=https://a.example/og>", "https://a.example/og"),
        ("<link rel=canonical href='https://a.example/b c'>", None),
        ("<link rel=canonical href='javascript:alert(1)'>", None),
        ("<link rel=canonical href='https://a.example/\x1b[31m'>", None),
        (f"<link rel=canonical href='https://a.example/{'x' * 3_000}'>", None),
        ("<link rel=stylesheet href=https://a.example/b>", None),
        ("<body><link rel=canonical href=https://a.example/b>", None),
    ],
)
def test_the_address_is_an_absolute_one_of_the_web(page: str, url: str | None) -> None:
    assert read_head(page).canonical_url == url


@pytest.mark.parametrize(
    "stretch",
    [
        "<meta '\"",
        "<link '\"",
        "<link rel=canonical ",
        '<meta "',
        "<title>",
        "<time ",
        "<html ",
        '"datePublished"',
        "<meta a=",
        "<",
        "<meta content='\"' ",
    ],
)
def test_hostile_heads_take_linear_time(stretch: str) -> None:
    start = time.process_time()
    read_head(stretch * (1_000_000 // len(stretch)))
    assert time.process_time() - start < 2

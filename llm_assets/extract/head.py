"""What a page says of itself: title, date, language, address. Found by scanning its text, so that no engine has to.

Every pattern runs in linear time whatever the page holds.
"""

from __future__ import annotations

import datetime
import html as html_entities
import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_TITLE_CHARACTERS = 1_000

_HEAD_CHARACTERS = 1 << 18
_HEAD_END = re.compile(r"</head|<body", re.IGNORECASE)
_HTML = re.compile(r"<html\b([^<>]{0,2000})", re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^<>]{0,200}>([^<]{1,2000})", re.IGNORECASE)
_META = re.compile(r"""<meta\b((?>(?:[^<>"']|"[^"]{0,5000}"|'[^']{0,5000}'){1,500}))""", re.IGNORECASE)
_LINK = re.compile(r"""<link\b((?>(?:[^<>"']|"[^"]{0,5000}"|'[^']{0,5000}'){1,500}))""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([A-Za-z:-]{1,30})\s{0,9}=\s{0,9}(?:"([^"]{0,5000})"|'([^']{0,5000})'|([^\s"'<>]{1,500}))""")
_JSON_DATE = re.compile(r'"datePublished"\s{0,9}:\s{0,9}"(\d{4}-\d\d-\d\d)')
_TIME_DATE = re.compile(r"""<time\b[^<>]{0,500}?\bdatetime\s{0,9}=\s{0,9}["']?(\d{4}-\d\d-\d\d)""", re.IGNORECASE)
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")

_URL = re.compile(r"https?://[^\s<>\"'\\^`{|}\x00-\x20]{1,2000}", re.IGNORECASE)

_TITLE_KEYS = ("og:title", "twitter:title", "dc.title")
_DATE_KEYS = ("article:published_time", "og:published_time", "datepublished", "dc.date", "dc.date.issued", "date", "pubdate")


class Head(NamedTuple):
    """``published`` is an ISO date; ``language_hint`` a language tag in lower case; ``canonical_url`` is absolute. None where a
    page does not say."""

    title: str | None
    published: str | None
    language_hint: str | None
    canonical_url: str | None


def read_head(html: str, content_language: str | None = None) -> Head:
    """Title, date, language and address as the page, or else its HTTP header, tells them.

    >>> read_head("<html lang=EN><title>A &amp; B</title>")
    Head(title='A & B', published=None, language_hint='en', canonical_url=None)
    """
    end = _HEAD_END.search(html, 0, _HEAD_CHARACTERS)
    head = html[: end.start() if end else _HEAD_CHARACTERS]
    metas: dict[str, str] = {}
    for key, content in read_metas(head):
        metas.setdefault(key, content)
    title, published = _find_title(head, metas), _find_date(html, metas)
    return Head(title, published, _find_language(html, metas, content_language), _find_address(head, metas))


def read_metas(html: str) -> Iterator[tuple[str, str]]:
    """Key, in lower case, and content of every ``<meta>`` that has both, in order."""
    for tag in _META.finditer(html):
        attributes = _read_attributes(tag[1])
        key = attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or attributes.get("http-equiv")
        if key and "content" in attributes:
            yield key.lower(), attributes["content"]


def _read_attributes(tag: str) -> dict[str, str]:
    return {match[1].lower(): match[2] or match[3] or match[4] or "" for match in _ATTRIBUTE.finditer(tag)}


def _find_title(head: str, metas: dict[str, str]) -> str | None:
    title = _TITLE.search(head)
    found = [metas[key] for key in _TITLE_KEYS if key in metas] + ([title[1]] if title else [])
    for text in found:
        line = " ".join(html_entities.unescape(text).split())
        if line:
            return line[:MAX_TITLE_CHARACTERS]
    return None


def _find_date(html: str, metas: dict[str, str]) -> str | None:
    for key in _DATE_KEYS:
        match = _ISO_DATE.match(metas.get(key, "").strip())
        if match and _is_date(match[0]):
            return match[0]
    for pattern in (_JSON_DATE, _TIME_DATE):
        match = pattern.search(html)
        if match and _is_date(match[1]):
            return match[1]
    return None


def _is_date(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).year >= 1990
    except ValueError:
        return False


def _find_language(html: str, metas: dict[str, str], content_language: str | None) -> str | None:
    tag = _HTML.search(html, 0, _HEAD_CHARACTERS)
    attributes = _read_attributes(tag[1]) if tag else {}
    for text in (attributes.get("lang"), attributes.get("xml:lang"), metas.get("content-language"), content_language):
        match = _LANGUAGE.match((text or "").strip())
        if match:
            return match[0].replace("_", "-").lower()
    return None


def _find_address(head: str, metas: dict[str, str]) -> str | None:
    """That of ``rel=canonical``, else Open Graph's. A relative one says nothing that the page's own URL does not."""
    links = (_read_attributes(tag[1]) for tag in _LINK.finditer(head))
    found = [link.get("href", "") for link in links if "canonical" in link.get("rel", "").lower().split()]
    for text in (*found[:1], metas.get("og:url", "")):
        url = html_entities.unescape(text).strip()
        if _URL.fullmatch(url):
            return url
    return None

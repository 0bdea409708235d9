"""URLs taken apart for the filter. They come from anywhere: nothing here raises, whatever stands in one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

MAX_CHARACTERS = 4_096
"""What lies beyond is not looked at: longer URLs are data in disguise."""

MAX_SEGMENTS = 12
"""Path segments, and labels of a host, that are looked up."""

_URL = re.compile(
    r"(?:(?:[a-z][a-z0-9+.-]{0,30}:)?[/\\]{2})?(?:[^/?#\\]*@)?(\[[^/?#\]]*\]|[^/?#:\\]*)(?::\d*)?([^#]*)", re.IGNORECASE | re.DOTALL
)
"""Scheme, user, **host**, port, **path and query**. Unlike urllib's, it matches whatever it is given."""

_NO_WORD = re.compile(r"[\W_]+")


class UrlParts(NamedTuple):
    """A URL in one spelling: lower case, percent signs undone, compatibility characters folded.

    ``host`` is in the form that resolvers use (``xn--…``), ``path`` includes the query, ``words`` are what stands
    between anything that is neither letter nor digit, the host's readable form included.
    """

    host: str
    path: str
    words: tuple[str, ...]


def split_url(url: str) -> UrlParts:
    """The parts of a URL, with or without scheme.

    >>> split_url("HTTP://user@WWW.B%C3%BCcher.example:80/Caf%C3%A9?x=1")
    UrlParts(host='www.xn--bcher-kva.example', path='/café?x=1', words=('www', 'bücher', 'example', 'café', 'x', '1'))
    """
    match = _URL.match(url.strip()[:MAX_CHARACTERS])
    assert match is not None
    host, path = _fold(match[1]).rstrip("."), _fold(match[2])
    return UrlParts(_to_ascii(host), path, tuple(word for word in _NO_WORD.split(f"{_to_unicode(host)}/{path}") if word))


def parent_domains(host: str) -> Iterator[str]:
    """A host and the domains it lies in, the widest last.

    >>> list(parent_domains("a.b.example"))
    ['a.b.example', 'b.example', 'example']
    """
    labels = host.split(".")
    for start in range(max(len(labels) - MAX_SEGMENTS, 0), len(labels)):
        yield ".".join(labels[start:])


def parent_urls(parts: UrlParts) -> Iterator[str]:
    """A URL without scheme, ``www.`` and trailing slash, and the folders it lies in, the widest last.

    >>> list(parent_urls(split_url("http://www.site.example/a/b?c")))
    ['site.example/a/b?c', 'site.example/a/b', 'site.example/a']
    """
    host = parts.host.removeprefix("www.")
    path, mark, _ = parts.path.partition("?")
    if mark:
        yield host + parts.path
    segments = path.strip("/").split("/")[:MAX_SEGMENTS]
    for end in range(len(segments), 0, -1):
        yield f"{host}/{'/'.join(segments[:end])}"


def _fold(text: str) -> str:
    for _ in range(3):  # some are encoded twice
        if "%" not in text:
            break
        text = unquote(text, errors="replace")
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _to_ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _to_unicode(host: str) -> str:
    if "xn--" not in host:
        return host
    try:
        return host.encode("ascii").decode("idna").casefold()
    except UnicodeError:
        return host

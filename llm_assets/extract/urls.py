"""URLs in one spelling, for the filter. They come from anywhere: nothing here raises, whatever stands in one."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

MAX_CHARACTERS = 4_096
"""What lies beyond is not looked at: longer URLs are data in disguise."""

MAX_PARENTS = 12
"""Domains, and folders, that a URL lies in: only the widest are looked up."""

_ROUNDS = 3
"""Times that percent signs are undone: some URLs are encoded twice."""

_URL = re.compile(
    r"(?:(?:[A-Za-z][A-Za-z0-9+.-]{0,30}:)?[/\\]{2})?(?:[^/?#\\]*@)?(\[[^/?#\\\]]*\]|[^/?#:\\]*)(?::[0-9]*)?([^#]*)", re.DOTALL
)
"""Scheme, user, **host**, port, **path and query**. Unlike urllib's, it matches whatever it is given."""

_DOTS = re.compile("[.。]")
_NO_WORD = re.compile(r"[\W_]+")
_ASCII_WORDS = bytes(code if chr(code).isalnum() else ord(" ") for code in range(128)).ljust(256)


def split_url(url: str) -> tuple[str, str]:
    """Host and path of a URL, with or without scheme: in lower case, percent signs undone, compatibility characters folded.

    The host is in the form that resolvers use (``xn--…``); the path includes the query.

    >>> split_url("HTTP://user@WWW.B%C3%BCcher.example:80/Caf%C3%A9?x=1")
    ('www.xn--bcher-kva.example', '/café?x=1')
    """
    url = url.strip()[:MAX_CHARACTERS]
    plain = url.isascii() and "%" not in url
    match = _URL.match(url.lower() if plain else url)
    assert match is not None
    host, path = match.groups()
    return (host.rstrip("."), path) if plain else (_to_ascii(_fold(host)).rstrip("."), _fold(path))


def parent_domains(host: str) -> list[str]:
    """A host and the domains it lies in, the widest last.

    >>> parent_domains("a.b.example")
    ['a.b.example', 'b.example', 'example']
    """
    domains = [host]
    if host.count(".") > MAX_PARENTS:
        host = "." + ".".join(host.rsplit(".", MAX_PARENTS)[1:])
    while dot := host.find(".") + 1:
        host = host[dot:]
        domains.append(host)
    return domains


def name_site(host: str) -> str:
    """What all of :func:`parent_urls` begin with: ``site.example/``."""
    return host.removeprefix("www.") + "/"


def parent_urls(host: str, path: str) -> list[str]:
    """A URL, without its query, and the folders it lies in, the widest last; all without scheme, ``www.`` and outer slashes.

    >>> parent_urls(*split_url("http://www.site.example/a/b/?c"))
    ['site.example/a/b?c', 'site.example/a/b', 'site.example/a']
    """
    site = name_site(host)
    path, _, query = path.partition("?")
    path = path.strip("/")
    urls = [f"{site}{path}?{query}", site + path] if query else [site + path]
    if path.count("/") > MAX_PARENTS:
        path = "/".join(path.split("/", MAX_PARENTS)[:MAX_PARENTS])
        urls.append(site + path)
    while (slash := path.rfind("/")) >= 0:
        path = path[:slash]
        urls.append(site + path)
    return urls


def space_words(host: str, path: str) -> bytes:
    """Runs of letters and digits of a URL, a host's in its readable form, with spaces around, as UTF-8.

    >>> space_words(*split_url("http://xn--bcher-kva.example/my_list%20of-books")).decode()
    ' bücher example my list of books '
    """
    text = f" {_to_unicode(host) if 'xn--' in host else host}/{path} "
    if text.isascii():
        return text.encode().translate(_ASCII_WORDS)
    return _NO_WORD.sub(" ", text).encode("utf-8", "replace")


def _fold(text: str) -> str:
    for _ in range(_ROUNDS):
        if "%" not in text:
            break
        text = unquote(text, errors="replace")
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _to_ascii(host: str) -> str:
    return host if host.isascii() else ".".join(map(_encode_label, _DOTS.split(host)))


def _encode_label(label: str) -> str:
    try:
        return label.encode("idna").decode("ascii")
    except UnicodeError:
        return label


def _to_unicode(host: str) -> str:
    return ".".join(map(_decode_label, host.split(".")))


def _decode_label(label: str) -> str:
    try:
        return label.encode("ascii").decode("idna").casefold()
    except UnicodeError:
        return label

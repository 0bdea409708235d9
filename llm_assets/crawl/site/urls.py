"""URLs a crawl may ask: their clean form, the key under which two spellings are one, and the scope."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

MAX_CHARACTERS = 2_048
"""A longer URL is a trap or data in disguise."""

_PORTS = {"http": 80, "https": 443}


class Host(NamedTuple):
    """A host in lower case, and its port where one is named."""

    name: str
    port: int | None


def clean_url(url: str, encoding: str = "utf-8") -> str | None:
    """The URL to ask: host in ASCII and lower case, no default port, no fragment, unsafe characters escaped; None where it is
    none of http(s), names no host, or bears a user name. ``encoding`` is the page's, which its query is written in.

    >>> clean_url("HTTP://Example.COM:80/a b#c")
    'http://example.com/a%20b'
    """
    from w3lib.url import safe_url_string

    try:
        parts = urlsplit(safe_url_string(url.strip(), encoding=encoding))
        host = _parse(parts)
    except (ValueError, LookupError):
        return None
    if parts.scheme not in _PORTS or host is None or "@" in parts.netloc:
        return None
    name = f"[{host.name}]" if ":" in host.name else host.name
    port = "" if host.port in (None, _PORTS[parts.scheme]) else f":{host.port}"
    cleaned = parts._replace(netloc=name + port, path=parts.path or "/", fragment="").geturl()
    return cleaned if len(cleaned) <= MAX_CHARACTERS else None


def url_key(url: str) -> str:
    """One text for all spellings of a clean URL: escapes alike, the query's arguments in order.

    >>> url_key("http://example.com/%7Ea?c=2&b=1") == url_key("http://example.com/~a?b=1&c=2")
    True
    """
    from w3lib.url import canonicalize_url

    key: str = canonicalize_url(url)
    return key


def parse_host(entry: str) -> Host | None:
    """``host`` or ``host:port`` (IPv6 addresses in brackets); None for anything else.

    >>> parse_host("Example.com:8080")
    Host(name='example.com', port=8080)
    """
    try:
        parts = urlsplit(f"//{entry}")
        return _parse(parts) if parts.netloc == entry and "@" not in entry else None
    except ValueError:
        return None


def find_origin(url: str) -> str:
    """Scheme, host and port of a clean URL.

    >>> find_origin("https://example.com/a")
    'https://example.com'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class Scope:
    """What may be asked: the hosts, and with ``subdomains`` what lies below them."""

    def __init__(self, hosts: Iterable[str], subdomains: bool) -> None:
        self._hosts = frozenset(host for entry in hosts if (host := parse_host(entry)))
        self._subdomains = subdomains

    def holds(self, url: str) -> bool:
        """Whether a clean URL lies within."""
        parts = urlsplit(url)
        port = None if parts.port in (None, _PORTS[parts.scheme]) else parts.port
        name = parts.hostname or ""
        explicit = port if port is not None else _PORTS[parts.scheme]
        while name:
            if Host(name, port) in self._hosts or Host(name, explicit) in self._hosts:
                return True
            name = name.partition(".")[2] if self._subdomains else ""
        return False


def _parse(parts: SplitResult) -> Host | None:
    name = (parts.hostname or "").rstrip(".")
    return Host(name, parts.port) if name and not set(name) & set(" *\\%") else None

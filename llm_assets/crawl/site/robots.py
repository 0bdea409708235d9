"""What a robots.txt lets a crawler do (RFC 9309)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from protego import Protego

MAX_BYTES = 500 << 10
"""What lies beyond is not read; the standard asks for at least that much."""

MAX_CRAWL_DELAY_SECONDS = 60.0
"""A longer Crawl-delay would be a way to hold a crawl up."""

_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True)
class Robots:
    """The rules of one origin. Without ``rules`` everything is allowed, or nothing."""

    rules: Any = None
    open: bool = True
    delay_seconds: float = 0.0
    sitemaps: tuple[str, ...] = field(default=())

    def allows(self, url: str, name: str) -> bool:
        """Whether the crawler of that name may ask for a URL."""
        return self.open if self.rules is None else bool(self.rules.can_fetch(url, name))


CLOSED = Robots(open=False)
"""Where robots.txt cannot be reached, its owner may have forbidden everything."""


def read_robots(status: int, body: bytes, name: str) -> Robots:
    r"""The rules an answer means: those it holds; none where there is no such file (4xx); all closed where the server fails.

    >>> read_robots(200, b"User-agent: *\nDisallow: /private/", "me").allows("http://a.example/private/x", "me")
    False
    """
    if status >= 500 or status == _TOO_MANY_REQUESTS:
        return CLOSED
    if not 200 <= status < 300:
        return Robots()
    rules = Protego.parse(body[:MAX_BYTES].decode("utf-8-sig", "replace"))
    delay = min(float(rules.crawl_delay(name) or 0), MAX_CRAWL_DELAY_SECONDS)
    return Robots(rules, delay_seconds=delay, sitemaps=tuple(dict.fromkeys(rules.sitemaps)))

"""Decides what a crawl asks for: within scope and limits, each URL once, and nothing of a host before its robots.txt is known.

No request is made here. Whoever crawls offers what it finds, and asks for the targets that come back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin

from llm_assets.crawl.site.robots import CLOSED, Robots
from llm_assets.crawl.site.urls import Scope, clean_url, find_origin, url_key

if TYPE_CHECKING:
    from llm_assets.crawl.site.source import Site

MAX_REDIRECTS = 10
"""A longer chain leads nowhere."""

MAX_ROBOTS_REDIRECTS = 5
"""As many as RFC 9309 asks for."""

MAX_SITEMAPS = 100
"""In all."""

FORBIDDEN, CLOSED_HOST, NOT_FOLLOWED = "forbidden", "closed", "not_followed"
"""Fates of URLs that are not asked for: robots.txt says so; it cannot be read; a redirect leads where the crawl does not go."""

Note = Callable[[str, str, str], None]
"""Called with a URL that is not asked for, its fate, and why."""


@dataclass(frozen=True)
class Target:
    """Something to ask for. ``hops`` counts the redirects that led to it; ``origin`` is whose robots.txt it is."""

    url: str
    kind: Literal["page", "robots", "sitemap"] = "page"
    depth: int = 0
    hops: int = 0
    origin: str = ""


class Frontier:
    """URLs seen, admitted, and waiting for a robots.txt. Memory is bounded by ``max_pages``, not by how many links there are.

    ``left_out`` counts links that a limit kept out: ``max_pages``, ``max_depth``, ``out_of_scope``.
    """

    def __init__(self, site: Site, note: Note) -> None:
        self._site = site
        self._note = note
        self._scope = Scope(site.hosts, site.subdomains)
        self._robots: dict[str, Robots] = {}
        self._waiting: dict[str, list[Target]] = {}
        self._seen: set[str] = set()
        self._pages = 0
        self._sitemaps = 0
        self.left_out: Counter[str] = Counter()

    @property
    def pages(self) -> int:
        """Pages admitted so far, asked for or waiting."""
        return self._pages

    def offer(self, target: Target) -> Iterator[Target]:
        """What to ask for now that a page or sitemap was found: itself, the robots.txt it must wait for, or nothing."""
        if not self._scope.holds(target.url):
            self.left_out["out_of_scope"] += 1
            return
        key = url_key(target.url)
        if key in self._seen or not self._fits(target):
            return
        origin = find_origin(target.url)
        rules = self._robots.get(origin)
        if rules is not None and not self._allows(rules, target):
            self._seen.add(key)
            return
        self._seen.add(key)
        self._count(target, 1)
        if rules is not None:
            yield target
        elif origin in self._waiting:
            self._waiting[origin].append(target)
        else:
            self._waiting[origin] = [target]
            yield Target(f"{origin}/robots.txt", "robots", origin=origin)

    def open_origin(self, origin: str, rules: Robots) -> Iterator[Target]:
        """What to ask for now that a host's robots.txt is known: its sitemaps, and what waited and is allowed."""
        self._robots[origin] = rules
        waiting = self._waiting.pop(origin, [])
        if self._site.sitemaps and rules is not CLOSED:
            seeded = any(target.depth == 0 and target.kind == "page" for target in waiting)
            for reference in rules.sitemaps or ((f"{origin}/sitemap.xml",) if seeded else ()):
                if (url := clean_url(reference)) is not None:
                    yield from self.offer(Target(url, "sitemap"))
        for target in waiting:
            if self._allows(rules, target):
                yield target
            else:
                self._count(target, -1)

    def redirect(self, target: Target, location: str) -> Iterator[Target]:
        """What to ask for where an answer points elsewhere; for a robots.txt that cannot be followed, what closing its host means."""
        url = clean_url(urljoin(target.url, location)) if _joins(target.url, location) else None
        if target.kind == "robots":
            if url is not None and self._scope.holds(url) and target.hops < MAX_ROBOTS_REDIRECTS:
                yield replace(target, url=url, hops=target.hops + 1)
            else:
                self._note(target.url, NOT_FOLLOWED, "robots.txt leads out of scope, in a circle or nowhere: its host is closed")
                yield from self.open_origin(target.origin, CLOSED)
        elif url is None or not self._scope.holds(url):
            self._note(location, NOT_FOLLOWED, f"out of scope, where {target.url} leads")
        elif target.hops >= MAX_REDIRECTS:
            self._note(url, NOT_FOLLOWED, f"more than {MAX_REDIRECTS} redirects")
        else:
            yield from self.offer(replace(target, url=url, hops=target.hops + 1))

    def _fits(self, target: Target) -> bool:
        if target.kind == "sitemap":
            return self._sitemaps < MAX_SITEMAPS
        limit = (
            "max_depth" if target.depth > self._site.max_depth
            else "max_pages" if self._pages >= self._site.max_pages and not target.hops
            else None
        )  # fmt: skip
        if limit is not None:
            self.left_out[limit] += 1
        return limit is None

    def _count(self, target: Target, step: int) -> None:
        if target.kind == "sitemap":
            self._sitemaps += step
        elif not target.hops:
            self._pages += step

    def _allows(self, rules: Robots, target: Target) -> bool:
        if not self._site.obey_robots or rules.allows(target.url, self._site.robots_name):
            return True
        if rules is CLOSED:
            self._note(target.url, CLOSED_HOST, "robots.txt of its host cannot be read")
        else:
            self._note(target.url, FORBIDDEN, "robots.txt forbids it")
        return False


def _joins(base: str, location: str) -> bool:
    try:
        urljoin(base, location)
    except ValueError:
        return False
    return True

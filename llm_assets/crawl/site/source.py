"""Source of live sites: from seeds, within a scope and limits, politely. The crawl runs once for a declaration and is kept.

A site is crawled again by adding another crawl with the same parameters, and ``since`` with the name of the one before: what did
not change is then recorded as a revisit. Two live crawls are never promised the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from llm_assets.crawl.site.urls import clean_url, parse_host
from llm_assets.crawl.source import Collected, Source
from llm_assets.engine import Progress

USER_AGENT = "llm-assets/0.1 (crawler for language model corpora; obeys robots.txt)"


class Site(Source):
    """Web sites, crawled now."""

    seeds: tuple[str, ...] = Field(min_length=1)
    """URLs the crawl begins at (http or https): a list, or one text with commas between."""

    scope: tuple[str, ...] = ()
    """Hosts that may be asked: ``host`` at the ports 80 and 443, ``host:port`` at that port. None: the hosts of the seeds,
    each at the port of its seed. Nothing else is ever asked, whatever a link, sitemap, robots.txt or redirect says."""

    subdomains: bool = False
    """Takes subdomains of the scope's hosts in as well."""

    max_pages: int = Field(default=1_000, ge=1)
    """Pages asked for at most. robots.txt, sitemaps and the redirects on the way to a page come on top."""

    max_depth: int = Field(default=10, ge=0)
    """Links from a seed to a page at most. Pages of a sitemap lie at depth 1."""

    max_bytes_per_page: int = Field(default=8 << 20, ge=1)
    """A body is cut there, counted as sent and as decoded; its record says ``WARC-Truncated: length``."""

    max_total_bytes: int = Field(default=2 << 30, ge=1)
    """The crawl ends once the recorded bodies have this many bytes together."""

    delay_seconds: float = Field(default=1.0, ge=0, le=3_600)
    """Pause between two requests to a host, of which one is under way at a time. A longer Crawl-delay (robots.txt) wins."""

    timeout_seconds: float = Field(default=30.0, gt=0, le=3_600)
    """A request that takes longer in all is given up."""

    max_seconds: int = Field(default=86_400, ge=1)
    """The crawl ends after that long, and what it has is kept."""

    obey_robots: bool = True
    """Heeds robots.txt (RFC 9309), and ``nofollow`` where a page says it. False only for sites of your own."""

    sitemaps: bool = True
    """Reads the sitemaps that robots.txt names, or else ``/sitemap.xml`` of a seed's host."""

    user_agent: str = Field(default=USER_AGENT, pattern=r"^[!-~]+( [!-~]+)*$")
    """Who asks. Up to the first ``/`` or blank, it is the name looked up in robots.txt. Add an address to write to."""

    since: str = Field(default="", pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,79})?$")
    """Another crawl of the same root: a page that came as that crawl has it is recorded as a revisit, without its body."""

    allow_private_addresses: bool = False
    """Lets names resolve to loopback, private, link-local, cloud metadata and other addresses that are not of the open internet.
    They are refused otherwise, whatever name leads there."""

    @field_validator("seeds", "scope", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [word for part in value.split(",") if (word := part.strip())] if isinstance(value, str) else value

    @field_validator("seeds")
    @classmethod
    def _check_seeds(cls, seeds: tuple[str, ...]) -> tuple[str, ...]:
        for seed in seeds:
            if clean_url(seed) is None:
                raise ValueError(f"{seed!r} is no http or https URL of a host, without user name and password")
        return seeds

    @field_validator("scope")
    @classmethod
    def _check_scope(cls, scope: tuple[str, ...]) -> tuple[str, ...]:
        for entry in scope:
            if parse_host(entry) is None:
                raise ValueError(f"{entry!r} is neither 'host' nor 'host:port'")
        return scope

    @property
    def earlier_crawl(self) -> str | None:
        """The crawl that revisit records point to."""
        return self.since or None

    @property
    def robots_name(self) -> str:
        """The name looked up in robots.txt."""
        return self.user_agent.split()[0].partition("/")[0]

    @property
    def hosts(self) -> tuple[str, ...]:
        """The scope, or the hosts of the seeds."""
        return self.scope or tuple(dict.fromkeys(urlsplit(clean_url(seed) or "").netloc for seed in self.seeds))

    def describe_listing(self) -> Any:
        """Always the same: the web changes every second, and what was crawled is kept until the declaration changes."""
        return "live"

    def collect(self, target: Path, place: Path, progress: Progress) -> Collected:
        """Crawls, and writes ``warc/00000.warc.gz`` and following, and ``crawl_log.jsonl`` with a line for every URL's fate.

        DataError where no seed could be reached, so that nothing empty is kept in place of a site that was down. ConfigError
        where the crawl it is to be compared with is not there.
        """
        from llm_assets.crawl.site.older import find_older_files
        from llm_assets.crawl.site.process import run_crawler

        return run_crawler(self, target, find_older_files(place, self.since) if self.since else [], progress)

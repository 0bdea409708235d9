"""The Scrapy side of a crawl: asks for what the frontier lets in, records what comes back, offers what it leads to."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, CloseSpider, StopDownload
from scrapy.http import Response
from twisted.python.failure import Failure

from llm_assets.crawl.site.body import Body, cut_body, gunzip
from llm_assets.crawl.site.frontier import Frontier, Target
from llm_assets.crawl.site.links import HTML_MIMES, find_links, find_sitemap_entries
from llm_assets.crawl.site.record import FAILED, NOT_PUBLIC, UNREAD, CrawlRecord
from llm_assets.crawl.site.robots import CLOSED, read_robots
from llm_assets.crawl.site.source import Site
from llm_assets.crawl.site.urls import clean_url

REDIRECTS = frozenset({301, 302, 303, 307, 308})

SECONDS_BETWEEN_LINES = 1.0

_ROBOTS_PRIORITY, _SITEMAP_PRIORITY = 2, 1


class SiteSpider(Spider):
    """Crawls a site breadth first."""

    name = "llm-assets"

    def __init__(self, site: Site, record: CrawlRecord) -> None:
        super().__init__()
        self._site = site
        self._record = record
        self.frontier = Frontier(site, record.add_fate)
        self.ended = ""
        self._began = self._told = monotonic()
        self.error: OSError | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SiteSpider:
        """As Scrapy makes it."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.note_time, signal=signals.headers_received)
        crawler.signals.connect(spider.stop_large, signal=signals.bytes_received)
        crawler.signals.connect(spider.note_error, signal=signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Requests of the seeds."""
        for seed in self._site.seeds:
            if (url := clean_url(seed)) is not None:
                for request in self._ask(self.frontier.offer(Target(url))):
                    yield request

    def note_time(self, request: Request) -> None:
        """An answer begins."""
        request.meta["date"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        request.meta["received"] = 0

    def stop_large(self, data: bytes, request: Request) -> None:
        """A body grows: past the limit no more of it is taken."""
        request.meta["received"] += len(data)
        if request.meta["received"] > self._site.max_bytes_per_page:
            raise StopDownload(fail=False)

    def read(self, target: Target, response: Response) -> Iterator[Request]:
        """Records an answer and follows it. CloseSpider once the crawl has its bytes."""
        if self._record.bytes >= self._site.max_total_bytes:
            raise CloseSpider("max_total_bytes")
        encoding = (response.headers.get("Content-Encoding") or b"").decode("latin-1")
        body = cut_body(response.body, encoding, self._site.max_bytes_per_page)
        self._write(response, target, body)
        self._tell()
        location = (response.headers.get("Location") or b"").decode("utf-8", "replace")
        if response.status in REDIRECTS and location:
            yield from self._ask(self.frontier.redirect(target, location))
        elif target.kind == "robots":
            yield from self._open(target.origin, response.status, body.content or b"")
        elif response.status == 200 and body.content is not None:
            yield from self._ask(self._find_targets(response, target, body))

    def give_up(self, target: Target, failure: Failure) -> Iterator[Request]:
        """Writes down why there is no answer. A host whose robots.txt cannot be reached is closed."""
        private = not self._site.allow_private_addresses and isinstance(failure.value, CannotResolveHostError)
        detail = NOT_PUBLIC if private else f"{type(failure.value).__name__}: {failure.value}"
        self._record.add_fate(target.url, FAILED, detail)
        if target.kind == "robots":
            yield from self._ask(self.frontier.open_origin(target.origin, CLOSED))

    def note_error(self, failure: Failure, response: Response) -> None:
        """Reading a page went wrong: that page alone leads nowhere."""
        self._record.add_fate(response.url, UNREAD, f"{type(failure.value).__name__}: {failure.value}")

    def closed(self, reason: str) -> None:
        """The crawl is over: ``finished``, or the limit that ended it."""
        self.ended = "max_seconds" if reason == "closespider_timeout" else reason

    def _write(self, response: Response, target: Target, body: Body) -> None:
        request = response.request
        assert request is not None
        cut = body.cut or "dataloss" in response.flags  # the connection broke before the end its head or chunks promised
        exchange = (request.headers.items(), response.status, response.headers.items(), body.sent, cut)
        try:
            self._record.add_exchange(target.url, request.meta["date"], *exchange, fate=target.kind)
        except OSError as error:  # the disk is full: Scrapy would log it and go on
            self.error = error
            raise CloseSpider("error") from error

    def _tell(self) -> None:
        """A line on how far the crawl is, every second or so, for the process that waits for it."""
        now = monotonic()
        if now - self._told < SECONDS_BETWEEN_LINES:
            return
        self._told = now
        done = sum(self._record.fates[fate] for fate in ("page", FAILED))
        told = {"pages": done, "admitted": self.frontier.pages, "bytes": self._record.bytes, "seconds": now - self._began}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()

    def _open(self, origin: str, status: int, content: bytes) -> Iterator[Request]:
        rules = read_robots(status, content, self._site.robots_name)
        if self._site.obey_robots and rules.delay_seconds > self._site.delay_seconds:
            self._slow_down(origin, rules.delay_seconds)
        yield from self._ask(self.frontier.open_origin(origin, rules))

    def _slow_down(self, origin: str, delay_seconds: float) -> None:
        assert self.crawler.engine is not None
        downloader = self.crawler.engine.downloader
        key = downloader.get_slot_key(Request(origin))
        downloader.per_slot_settings[key] = {"delay": delay_seconds}  # Scrapy drops idle slots and makes them anew from this
        if slot := downloader.slots.get(key):
            slot.delay = delay_seconds

    def _find_targets(self, response: Response, target: Target, body: Body) -> Iterator[Target]:
        content = body.content or b""
        if target.kind == "sitemap":
            pages, maps = find_sitemap_entries(gunzip(content, self._site.max_bytes_per_page), target.url)
            found = [Target(url, "sitemap") for url in maps] + [Target(url, depth=1) for url in pages]
        else:
            content_type = (response.headers.get("Content-Type") or b"text/html").decode("latin-1")
            if content_type.partition(";")[0].strip().lower() not in HTML_MIMES:
                return
            if self._site.obey_robots and _says_nofollow(response.headers.getlist("X-Robots-Tag")):
                return
            links = find_links(content, content_type, target.url, self._site.obey_robots)
            found = [Target(url, depth=target.depth + 1) for url in links]
        for each in found:
            yield from self.frontier.offer(each)

    def _ask(self, targets: Iterable[Target]) -> Iterator[Request]:
        for target in targets:
            priority = {"robots": _ROBOTS_PRIORITY, "sitemap": _SITEMAP_PRIORITY}.get(target.kind, -target.depth)
            yield Request(
                target.url,
                callback=partial(self.read, target),
                errback=partial(self.give_up, target),
                priority=priority,
                dont_filter=True,  # the frontier knows what was asked for
            )


def _says_nofollow(directives: list[bytes]) -> bool:
    return bool({b"nofollow", b"none"} & {word.strip().lower() for line in directives for word in line.split(b",")})

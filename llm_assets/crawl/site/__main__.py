"""The crawler's process: ``python -m llm_assets.crawl.site``, one line of JSON in; out come lines that tell how far it is,
and one that tells what became of the crawl."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from threading import Thread
from typing import Any

from scrapy.crawler import CrawlerProcess

from llm_assets.crawl.site.body import ACCEPT_ENCODING
from llm_assets.crawl.site.older import read_originals
from llm_assets.crawl.site.record import CrawlRecord
from llm_assets.crawl.site.source import Site
from llm_assets.crawl.site.spider import SiteSpider

MAX_CONCURRENT_HOSTS = 16
"""Hosts asked at the same time, each one request at a time."""

RETRIES = 2
"""Times a request is made again where a server is busy or breaks the connection."""


def main() -> None:
    """Crawls as told, and says what became of it."""
    order = json.loads(sys.stdin.readline())
    Thread(target=_end_with_parent, daemon=True).start()
    site = Site.model_validate(order["site"])
    info = {"software": site.user_agent, "format": "WARC File Format 1.1", "robots": "obey" if site.obey_robots else "ignore"}
    originals = read_originals(map(Path, order["older"]))
    with CrawlRecord(Path(order["target"]), info, originals) as record:
        process = CrawlerProcess(make_settings(site), install_root_handler=False)
        crawler = process.create_crawler(SiteSpider)
        process.crawl(crawler, site=site, record=record)
        process.start(install_signal_handlers=False)
    spider = crawler.spider
    assert isinstance(spider, SiteSpider)
    if spider.error is not None:
        raise spider.error
    left_out, ended = spider.frontier.left_out, spider.ended
    outcome = {"locations": record.locations, "fates": record.fates, "unchanged": record.unchanged, "left_out": left_out, "ended": ended}
    sys.stdout.write(json.dumps({"outcome": outcome}) + "\n")


def make_settings(site: Site) -> dict[str, Any]:
    """Scrapy with only what this crawl wants: no cookies, proxies, caches, consoles, nor any other reach into the machine."""
    prefix = "scrapy.downloadermiddlewares"
    return {
        "USER_AGENT": site.user_agent,
        "DEFAULT_REQUEST_HEADERS": {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": ACCEPT_ENCODING},
        "DOWNLOAD_DELAY": site.delay_seconds,
        "DOWNLOAD_DELAY_JITTER": 0,
        "DOWNLOAD_TIMEOUT": site.timeout_seconds,
        "DOWNLOAD_MAXSIZE": 0,  # the spider cuts a body and keeps what came; Scrapy would throw it away
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_FAIL_ON_DATALOSS": False,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_HANDLERS": dict.fromkeys(("data", "file", "ftp", "s3")),
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        # What Scrapy has taken in it still asks for when a limit ends the crawl: no more than can be under way.
        "CONCURRENT_REQUESTS": MAX_CONCURRENT_HOSTS if site.subdomains else min(MAX_CONCURRENT_HOSTS, len(site.hosts)),
        "CLOSESPIDER_TIMEOUT": site.max_seconds,
        "TWISTED_DNS_RESOLVER": "scrapy.resolver.CachingHostnameResolver"
        if site.allow_private_addresses
        else "llm_assets.crawl.site.addresses.PublicResolver",
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
        "CONCURRENT_ITEMS": 1,  # links enter the queue in the order of their page
        "RETRY_TIMES": RETRIES,
        "RETRY_HTTP_CODES": [429, 502, 503, 504],
        "RETRY_EXCEPTIONS": ["scrapy.exceptions.DownloadConnectionRefusedError", "scrapy.exceptions.DownloadFailedError"],
        "DOWNLOADER_MIDDLEWARES_BASE": {
            f"{prefix}.downloadtimeout.DownloadTimeoutMiddleware": 350,
            f"{prefix}.defaultheaders.DefaultHeadersMiddleware": 400,
            f"{prefix}.useragent.UserAgentMiddleware": 500,
            "llm_assets.crawl.site.retry.PatientRetry": 550,
        },
        "SPIDER_MIDDLEWARES_BASE": {},
        "EXTENSIONS_BASE": {"scrapy.extensions.closespider.CloseSpider": 0},
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "LOG_LEVEL": "ERROR",
    }


def _end_with_parent() -> None:
    """Its end of the pipe closes when the parent is gone, killed or not."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()

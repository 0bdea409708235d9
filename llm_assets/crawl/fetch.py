"""A small polite crawler: breadth first, one request at a time, within given hosts, heeding robots.txt.

It gives every exchange as it went over the wire: pages, redirects, errors and what is no page. What a server sends may be
anything: a link that cannot be read is no link.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import requests
from lxml import etree, html

from llm_assets.errors import DataError, UnreachableError

USER_AGENT = "llm-assets"
MAX_BODY_BYTES = 1 << 25
"""A longer body is cut there, and marked as cut."""

_HEADERS = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "keep-alive"}


@dataclass(frozen=True)
class Exchange:
    """A request and its response as they went over the wire, and what the crawler reads of them."""

    url: str
    request: bytes
    response: bytes
    status: int
    mime: str
    location: str | None
    body: bytes
    cut: bool


def crawl_hosts(
    seeds: Sequence[str], max_requests: int, proxy: str | None = None, delay_seconds: float = 0.0, timeout_seconds: float = 30.0
) -> Iterator[Exchange]:
    """Exchanges in the order of the crawl: of each host its robots.txt first, then what links lead to from the seeds.

    Only hosts of seeds are followed. DataError where a server cannot be reached, or more than ``max_requests`` pages wait.
    """
    hosts = {urlsplit(seed).netloc for seed in seeds}
    waiting = deque(dict.fromkeys(seeds))
    seen = set(waiting)
    robots: dict[str, RobotFileParser] = {}
    with requests.Session() as session:
        session.trust_env = False  # proxies and passwords of the machine are no business of a crawl's
        session.headers = requests.structures.CaseInsensitiveDict(_HEADERS)
        session.proxies = {"http": proxy} if proxy else {}
        for count, url in enumerate(_drain(waiting)):
            if count >= max_requests:
                raise DataError(f"the crawl wants more than {max_requests:,} requests; {len(waiting) + 1:,} links wait", url)
            host = urlsplit(url).netloc
            if host not in robots:
                answer = _fetch(session, urljoin(url, "/robots.txt"), timeout_seconds)
                robots[host] = _parse_robots(answer)
                yield answer
            if not robots[host].can_fetch(USER_AGENT, url):
                continue
            if delay_seconds:
                time.sleep(delay_seconds)
            exchange = _fetch(session, url, timeout_seconds)
            yield exchange
            for link in find_links(exchange):
                if link not in seen and urlsplit(link).netloc in hosts:
                    seen.add(link)
                    waiting.append(link)


def find_links(exchange: Exchange) -> list[str]:
    """Absolute http(s) URLs a response leads to, in document order, fragments removed: its redirect's, or its anchors'."""
    if exchange.location is not None:
        references = [exchange.location]
    elif exchange.mime == "text/html" and exchange.status == requests.codes.ok:
        try:
            references = html.fromstring(exchange.body).xpath("//a/@href")
        except (etree.ParserError, ValueError):  # an empty page; control characters
            return []
    else:
        return []
    links = []
    for reference in references:
        try:
            link = urldefrag(urljoin(exchange.url, str(reference).strip())).url
            parts = urlsplit(link)
        except ValueError:
            continue
        if parts.scheme in {"http", "https"} and parts.hostname:
            links.append(link)
    return links


def _drain(waiting: deque[str]) -> Iterator[str]:
    while waiting:
        yield waiting.popleft()


def _parse_robots(answer: Exchange) -> RobotFileParser:
    rules = RobotFileParser()
    rules.parse(answer.body.decode("utf-8", "replace").splitlines() if answer.status == requests.codes.ok else [])
    return rules


def _fetch(session: requests.Session, url: str, timeout_seconds: float) -> Exchange:
    try:
        with session.get(url, allow_redirects=False, stream=True, timeout=timeout_seconds) as answer:
            body = answer.raw.read(MAX_BODY_BYTES, decode_content=False)
            cut = bool(answer.raw.read(1, decode_content=False))
    except (requests.RequestException, OSError) as error:
        raise UnreachableError(f"the server cannot be reached ({error})", url) from error
    asked = {"Host": urlsplit(url).netloc, **answer.request.headers}
    return Exchange(
        url=url,
        request=_write_head(f"GET {answer.request.path_url} HTTP/1.1", asked.items()),
        response=_write_head(f"HTTP/1.1 {answer.status_code} {answer.reason or ''}", answer.raw.headers.items()) + body,
        status=answer.status_code,
        mime=answer.headers.get("Content-Type", "").split(";")[0].strip().lower(),
        location=answer.headers.get("Location") if answer.is_redirect else None,
        body=body,
        cut=cut,
    )


def _write_head(first: str, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

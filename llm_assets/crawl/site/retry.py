"""Asks again where a server is busy, and leaves its host alone for as long as the server says (``Retry-After``, RFC 9110)."""

from __future__ import annotations

import contextlib
from time import monotonic

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response
from urllib3.exceptions import InvalidHeader
from urllib3.util.retry import Retry

BUSY = frozenset({429, 503})
"""Answers that ask for a pause of the whole host, not only for another attempt at the page."""

BACKOFF_SECONDS = 2.0
"""Pause where the server does not say how long; doubled with each attempt at the same page."""

MAX_PAUSE_SECONDS = 300.0
"""A longer Retry-After would be a way to hold a crawl up."""

_LEAST_DELAY_SECONDS = 1e-3


class PatientRetry(RetryMiddleware):
    """Scrapy's, and a pause of the host."""

    def process_response(self, request: Request, response: Response, spider: Spider | None = None) -> Request | Response:
        """The request again, or the answer where it was asked for often enough."""
        del spider  # an older Scrapy's
        if response.status in BUSY:
            told = (response.headers.get("Retry-After") or b"").decode("latin-1")
            self._hold(request, find_pause(told, request.meta.get("retry_times", 0)))
        answer: Request | Response = super().process_response(request, response)
        return answer

    def _hold(self, request: Request, seconds: float) -> None:
        """As if the host's last request were that far in the future: Scrapy counts its delay from there."""
        assert self.crawler.engine is not None
        slot = self.crawler.engine.downloader.slots.get(request.meta["download_slot"])
        if slot is not None and seconds > 0:
            slot.delay = max(slot.delay, _LEAST_DELAY_SECONDS)
            slot.lastseen = max(slot.lastseen, monotonic() + seconds - slot.delay)


def find_pause(retry_after: str, attempts: int) -> float:
    """Seconds a busy server is left alone: what it asks for, within bounds, or else what doubles with each attempt.

    >>> [find_pause("7", 0), find_pause("99999", 0), find_pause("", 0), find_pause("soon", 2)]
    [7, 300.0, 2.0, 8.0]
    """
    seconds = BACKOFF_SECONDS * 2.0**attempts
    with contextlib.suppress(InvalidHeader):
        seconds = Retry().parse_retry_after(retry_after) if retry_after else seconds
    return min(seconds, MAX_PAUSE_SECONDS)

"""How often and how long a busy server is asked again.

attempts = Patience().begin(url)
while True:
    attempts.pause()
    try:
        ...  # raises AttemptFailedError
    except AttemptFailedError as error:
        attempts.fail(error, bytes_here)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event

from urllib3.exceptions import InvalidHeader, MaxRetryError
from urllib3.util.retry import Retry

from llm_assets.crawl.remote import AttemptFailedError
from llm_assets.errors import DataError, UnreachableError

_RETRY = Retry(10, backoff_factor=1, backoff_max=120, backoff_jitter=1, retry_after_max=600)


@dataclass(frozen=True)
class Patience:
    """What one client of a server allows itself and the server."""

    retry: Retry = _RETRY
    """How many failed attempts on end that bring nothing new, and the wait after each: doubling, unless the server says how long."""

    delay_seconds: float = 0.2
    """Pause before each request."""

    timeout_seconds: float = 60.0
    """Silence of a server that counts as a cut connection."""

    stop: Event = field(default_factory=Event, compare=False)
    """Set by another thread, it ends waiting and reading soon, with a DataError."""

    def begin(self, url: str) -> Attempts:
        """The attempts at one file."""
        return Attempts(self, url)


class Attempts:
    """Counts the attempts at one file: those on end that bring nothing new."""

    def __init__(self, patience: Patience, url: str) -> None:
        self._patience = patience
        self.url = url
        self._retry = patience.retry
        self._reached = 0

    def pause(self) -> None:
        """Waits as politeness asks. DataError once the client was told to stop."""
        self._wait(self._patience.delay_seconds)

    def check(self) -> None:
        """DataError once the client was told to stop."""
        self._wait(0)

    def fail(self, error: AttemptFailedError, reached: int) -> None:
        """Counts a failed attempt after which ``reached`` bytes are here, and waits. UnreachableError where attempts are used up."""
        if reached > self._reached:
            self._retry, self._reached = self._patience.retry, reached
        try:
            self._retry = self._retry.increment("GET", self.url, error=error)
        except MaxRetryError as exhausted:
            raise UnreachableError(f"the file does not arrive, attempt after attempt: {error}", self.url) from exhausted
        self._wait(self._find_wait(error))

    def _find_wait(self, error: AttemptFailedError) -> float:
        """Seconds to wait after a failed attempt, as ``retry`` counts them, or as the server asks within bounds."""
        if error.retry_after is None:
            return self._retry.get_backoff_time()
        try:
            return min(self._retry.parse_retry_after(error.retry_after), self._retry.retry_after_max)
        except InvalidHeader:
            return self._retry.get_backoff_time()

    def _wait(self, seconds: float) -> None:
        if self._patience.stop.wait(seconds):
            raise DataError("the download was stopped", self.url)

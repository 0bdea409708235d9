"""Downloads that survive a server as it is: busy, slow, cut off in the middle, or wrong about lengths.

A file arrives beside its place, as ``.NAME.part``, and is moved there once it is whole: as long as the server says, and
gzip to its end. What has arrived is kept whatever happens; the next attempt, of this process or a later one, asks for the rest.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from urllib3.exceptions import InvalidHeader, MaxRetryError
from urllib3.util.retry import Retry

from llm_assets.crawl.download_check import is_whole_gzip
from llm_assets.crawl.remote import AttemptFailedError, open_remote
from llm_assets.errors import DataError

_PATIENCE = Retry(10, backoff_factor=1, backoff_max=120, backoff_jitter=1, retry_after_max=600)


@dataclass(frozen=True)
class Downloader:
    """How patient a download is."""

    retry: Retry = _PATIENCE
    """How many failed attempts on end that bring nothing new, and the wait after each: doubling, unless the server says how long."""

    delay_seconds: float = 0.2
    """Pause before each request."""

    timeout_seconds: float = 60.0
    """Silence of a server that counts as a cut connection."""

    stop: Event = field(default_factory=Event)
    """Set by another thread, it ends waiting and reading soon, with a DataError."""

    def download(self, url: str, path: Path) -> None:
        """Brings a gzip file to ``path``, from ``http(s)://`` or what fsspec knows; at once where it lies there.

        Raises:
            MissingFileError: the server says that there is none (404, 410): final, and no reason to ask again.
            DataError: attempts are used up, or the answer is one that waiting does not better.
            ConfigError: no installed package reads such a URL.
        """
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        retry, longest = self.retry, _measure(part)
        while True:
            self._pause(self.delay_seconds, url)
            try:
                self._attempt(url, part)
            except AttemptFailedError as error:
                if (size := _measure(part)) > longest:
                    retry, longest = self.retry, size
                retry = _count_failure(retry, url, error)
                self._pause(_find_wait(retry, error), url)
            else:
                part.replace(path)
                return

    def _attempt(self, url: str, part: Path) -> None:
        """Leaves the whole file at ``part``, which holds its beginning or is not there."""
        with open_remote(url, _measure(part), self.timeout_seconds) as answer, part.open("r+b" if answer.start else "wb") as file:
            file.seek(answer.start)
            file.truncate()
            for chunk in answer.chunks:
                self._pause(0, url)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if answer.total is not None and _measure(part) != answer.total:
            raise AttemptFailedError(f"{_measure(part):,} of {answer.total:,} bytes arrived")
        if not is_whole_gzip(part):
            part.unlink()
            raise AttemptFailedError("what arrived is no whole gzip file")

    def _pause(self, seconds: float, url: str) -> None:
        if self.stop.wait(seconds):
            raise DataError("the download was stopped", url)


def _measure(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _count_failure(retry: Retry, url: str, error: AttemptFailedError) -> Retry:
    try:
        return retry.increment("GET", url, error=error)
    except MaxRetryError as exhausted:
        raise DataError(f"the file does not arrive, attempt after attempt: {error}", url) from exhausted


def _find_wait(retry: Retry, error: AttemptFailedError) -> float:
    """Seconds to wait after a failed attempt, as ``retry`` counts them, or as the server asks within bounds."""
    if error.retry_after is None:
        return retry.get_backoff_time()
    try:
        return min(retry.parse_retry_after(error.retry_after), retry.retry_after_max)
    except InvalidHeader:
        return retry.get_backoff_time()

"""The rest of a remote file, from a byte on: over HTTP, or from a store that fsspec knows (``s3://``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from llm_assets.crawl.fetch import USER_AGENT
from llm_assets.errors import ConfigError, DataError

BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that another attempt may better."""

GONE = frozenset({404, 410})

_CHUNK = 1 << 18
_HEADERS = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
_RANGE = re.compile(r"bytes (?:(\d{1,18})-\d{1,18}|\*)/(\d{1,18}|\*)")


class MissingFileError(DataError):
    """The server has no such file, and says so."""


class AttemptFailedError(Exception):
    """An attempt that did not bring the whole file. ``retry_after`` is the server's header of that name."""

    def __init__(self, message: str, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Answer:
    """What comes of a file: from byte ``start`` on, which may be before the one asked for; ``total`` bytes the file has, where known."""

    start: int
    total: int | None
    chunks: Iterator[bytes]


def open_remote(url: str, start: int, timeout_seconds: float) -> AbstractContextManager[Answer]:
    """A file from byte ``start`` on. Whatever another attempt may better, while it opens or streams, is an AttemptFailedError.

    MissingFileError where there is none, DataError for other refusals, ConfigError where no installed package reads such a URL.
    """
    if urlsplit(url).scheme in {"http", "https"}:
        return _open_web(url, start, timeout_seconds)
    return _open_stored(url, start)


@contextmanager
def _open_web(url: str, start: int, timeout_seconds: float) -> Iterator[Answer]:
    asked = {**_HEADERS, "Range": f"bytes={start}-"} if start else _HEADERS
    try:
        with requests.get(url, headers=asked, stream=True, timeout=timeout_seconds) as answer:
            yield _read_answer(url, start, answer)
    except (requests.RequestException, HTTPError) as error:
        raise AttemptFailedError(f"{type(error).__name__}: {error}") from error


def _read_answer(url: str, start: int, answer: requests.Response) -> Answer:
    status = answer.status_code
    if status in GONE:
        raise MissingFileError(f"the server has no such file ({status})", url)
    if status in BUSY:
        raise AttemptFailedError(f"the server answers {status} {answer.reason}", answer.headers.get("Retry-After"))
    if status == requests.codes.ok:
        told = answer.headers.get("Content-Length", "")
        return Answer(0, int(told) if told.isdecimal() else None, answer.raw.stream(_CHUNK, decode_content=False))
    if start and status in {requests.codes.partial_content, requests.codes.requested_range_not_satisfiable}:
        place = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        total = int(place[2]) if place and place[2] != "*" else None
        if place and status == requests.codes.partial_content and place[1] == str(start):
            return Answer(start, total, answer.raw.stream(_CHUNK, decode_content=False))
        # There is no more than what has arrived. Or else that is of another file, and the next attempt begins anew.
        return Answer(start if total == start else 0, total, iter(()))
    raise DataError(f"the server answers {status} {answer.reason}", url)


@contextmanager
def _open_stored(url: str, start: int) -> Iterator[Answer]:
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # no types are shipped

    try:
        store, name = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"{url} cannot be read: {error}") from error
    try:
        total = store.size(name)
        file = store.open(name, "rb")
    except FileNotFoundError as error:
        raise MissingFileError("the store has no such file", url) from error
    except PermissionError as error:
        raise DataError(f"the store refuses the file ({error})", url) from error
    except Exception as error:  # each store has errors of its own, most of them of the network
        raise AttemptFailedError(f"{type(error).__name__}: {error}") from error
    with file:
        yield Answer(min(start, total), total, _read_chunks(file, min(start, total)))


def _read_chunks(file: BinaryIO, start: int) -> Iterator[bytes]:
    try:
        file.seek(start)
        while chunk := file.read(_CHUNK):
            yield chunk
    except Exception as error:  # as above
        raise AttemptFailedError(f"{type(error).__name__}: {error}") from error

"""A remote file, from a byte on: over HTTP, or from a store that fsspec knows (``s3://``)."""

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
_BLOCK = 1 << 23
"""What is asked of a store at once: its own default may be 50 MB."""

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
    """What comes of a file: from byte ``start`` on, which may be before the one asked for; ``total`` bytes the file has, where known.

    ``version`` is what the server calls this state of the file (its ETag), and empty where it calls it nothing.
    """

    start: int
    total: int | None
    version: str
    chunks: Iterator[bytes]


def open_remote(url: str, start: int, timeout_seconds: float, stop: int | None = None) -> AbstractContextManager[Answer]:
    """A file from byte ``start`` on, to its end or to before byte ``stop``.

    Raises:
        AttemptFailedError: what another attempt may better, while the file opens or streams.
        MissingFileError: there is no such file.
        DataError: other refusals; where ``stop`` is given, also a server that knows no ranges.
        ConfigError: no installed package reads such a URL.
    """
    if _is_web(url):
        return _open_web(url, start, timeout_seconds, stop)
    return _open_stored(url, start, stop)


def measure_remote(url: str, timeout_seconds: float) -> tuple[int, str]:
    """Bytes and version of a file that is not fetched. Errors are those of :func:`open_remote`."""
    if not _is_web(url):
        with _open_stored(url, 0, 0) as answer:
            return answer.total or 0, answer.version
    try:
        with requests.head(url, headers=_HEADERS, timeout=timeout_seconds, allow_redirects=True) as told:
            answer = _read_answer(url, 0, None, told)
    except requests.RequestException as error:
        raise AttemptFailedError(f"{type(error).__name__}: {error}") from error
    if answer.total is None:
        raise DataError("the server does not tell how long the file is: it can be downloaded, and not streamed", url)
    return answer.total, answer.version


def _is_web(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https"}


@contextmanager
def _open_web(url: str, start: int, timeout_seconds: float, stop: int | None) -> Iterator[Answer]:
    last = "" if stop is None else str(stop - 1)
    asked = {**_HEADERS, "Range": f"bytes={start}-{last}"} if start or last else _HEADERS
    try:
        with requests.get(url, headers=asked, stream=True, timeout=timeout_seconds) as answer:
            yield _read_answer(url, start, stop, answer)
    except (requests.RequestException, HTTPError) as error:
        raise AttemptFailedError(f"{type(error).__name__}: {error}") from error


def _read_answer(url: str, start: int, stop: int | None, answer: requests.Response) -> Answer:
    status, version = answer.status_code, answer.headers.get("ETag", "")
    if status in GONE:
        raise MissingFileError(f"the server has no such file ({status})", url)
    if status in BUSY:
        raise AttemptFailedError(f"the server answers {status} {answer.reason}", answer.headers.get("Retry-After"))
    if status == requests.codes.ok and stop is not None:
        raise DataError("the server gives whole files only, a part of one was asked for", url)
    if status == requests.codes.ok:
        told = answer.headers.get("Content-Length", "")
        return Answer(0, int(told) if told.isdecimal() else None, version, answer.raw.stream(_CHUNK, decode_content=False))
    if status in {requests.codes.partial_content, requests.codes.requested_range_not_satisfiable}:
        place = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        total = int(place[2]) if place and place[2] != "*" else None
        if place and status == requests.codes.partial_content and place[1] == str(start):
            return Answer(start, total, version, answer.raw.stream(_CHUNK, decode_content=False))
        # There is no more than what has arrived. Or else that is of another file, and the next attempt begins anew.
        return Answer(start if total == start else 0, total, version, iter(()))
    raise DataError(f"the server answers {status} {answer.reason}", url)


@contextmanager
def _open_stored(url: str, start: int, stop: int | None) -> Iterator[Answer]:
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # no types are shipped

    try:
        store, name = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"{url} cannot be read: {error}") from error
    try:
        store.invalidate_cache()  # a listing of an hour ago says nothing of what is there now
        about = store.info(name)
        file = store.open(name, "rb", block_size=_BLOCK)
    except FileNotFoundError as error:
        raise MissingFileError("the store has no such file", url) from error
    except PermissionError as error:
        raise DataError(f"the store refuses the file ({error})", url) from error
    except Exception as error:  # each store has errors of its own, most of them of the network
        if "Credential" in type(error).__name__:  # botocore's, which is there only where such a store is read
            raise ConfigError(f"{url} cannot be read: {error}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile") from error
        raise AttemptFailedError(f"{type(error).__name__}: {error}") from error
    total = int(about["size"])
    with file:
        yield Answer(min(start, total), total, str(about.get("ETag", "")), _read_chunks(file, min(start, total), stop))


def _read_chunks(file: BinaryIO, start: int, stop: int | None) -> Iterator[bytes]:
    try:
        file.seek(start)
        while chunk := file.read(_CHUNK if stop is None else min(_CHUNK, stop - file.tell())):
            yield chunk
    except Exception as error:  # as above
        raise AttemptFailedError(f"{type(error).__name__}: {error}") from error

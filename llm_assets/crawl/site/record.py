"""Writes down a crawl while it runs: WARC files of even size, and a log with a line for every URL's fate.

Scrapy hands over heads it has parsed and bodies without their transfer encoding. So the heads are written from what it
parsed, without the fields of the connection; bodies are as sent, content encoding kept.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from llm_assets.formats.warc_record import format_digest
from llm_assets.formats.warc_writer import Original, WarcWriter

FILE_BYTES = 256 << 20
"""A WARC file is ended once it holds as many bytes, uncompressed."""

LOG = "crawl_log.jsonl"
FAILED = "failed"
NOT_PUBLIC = "its name leads to no public address"
UNREAD = "unread"
"""Fates: a URL that was asked for and gave no answer; a recorded page in which no links could be looked for."""

_REASONS = {status.value: status.phrase for status in HTTPStatus}

Headers = Iterable[tuple[bytes, Sequence[bytes]]]


class CrawlRecord:
    """The files of one crawl below ``folder``. Use it in a ``with`` block.

    ``originals`` maps URLs to what an older crawl has of them: a page that came again as it was becomes a revisit record.
    ``fates`` counts outcomes, ``bytes`` bodies' bytes, ``unchanged`` pages that became revisit records.
    """

    def __init__(
        self, folder: Path, info: Mapping[str, str], originals: Mapping[str, Original] | None = None, file_bytes: int = FILE_BYTES
    ) -> None:
        self._folder = folder
        self._info = info
        self._file_bytes = file_bytes
        self._writer: WarcWriter | None = None
        self.locations: list[str] = []
        self.fates: Counter[str] = Counter()
        self.bytes = 0
        self.unchanged = 0
        self._originals = originals or {}
        folder.mkdir(parents=True, exist_ok=True)
        self._log = (folder / LOG).open("w", encoding="utf-8")

    def add_exchange(
        self, url: str, date: str, request_headers: Headers, status: int, headers: Headers, body: bytes, cut: bool, fate: str
    ) -> None:
        """A request and its answer. ``date`` is when the answer began (ISO 8601, UTC)."""
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        request = write_head(f"GET {path} HTTP/1.1", [(b"Host", [parts.netloc.encode()]), *request_headers])
        head = write_head(f"HTTP/1.1 {status} {_REASONS.get(status, '')}", headers)
        original = self._originals.get(url)
        unchanged = (
            original is not None and status == HTTPStatus.OK and bool(body) and not cut and format_digest(body) == original.payload_digest
        )
        if unchanged and original is not None:
            self._open(date).write_revisit(url, request, head, original, date)
            self.unchanged += 1
        else:
            self._open(date).write_exchange(url, request, head + body, cut, date)
        self.bytes += len(body)
        self._tell(fate, url=url, status=status, bytes=len(body), cut=cut, date=date, unchanged=unchanged)

    def add_fate(self, url: str, fate: str, detail: str) -> None:
        """A URL that gave no answer, or was not asked for, and why."""
        self._tell(fate, url=url, detail=detail)

    def _tell(self, fate: str, **fields: object) -> None:
        self.fates[fate] += 1
        self._log.write(json.dumps({"fate": fate, **fields}) + "\n")

    def _open(self, date: str) -> WarcWriter:
        if self._writer is None or self._writer.raw_bytes >= self._file_bytes:
            if self._writer is not None:
                self._writer.close()
            self.locations.append(f"warc/{len(self.locations):05d}.warc.gz")
            self._writer = WarcWriter(self._folder / self.locations[-1], date, self._info)
        return self._writer

    def __enter__(self) -> CrawlRecord:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._log.close()
        if self._writer is not None:
            self._writer.close()


def write_head(first: str, headers: Headers) -> bytes:
    r"""First line and fields of an HTTP message, with the empty line that ends them.

    >>> write_head("GET / HTTP/1.1", [(b"Host", [b"a.example"])])
    b'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'
    """
    fields = [name + b": " + b" ".join(value.split()) for name, values in headers for value in values]
    return b"\r\n".join([first.encode("ascii"), *fields]) + b"\r\n\r\n"

r"""ARC files, versions 1 and 2: what the Internet Archive and early Common Crawls wrote before there was WARC.

A record is a line, as many bytes as it says, and a newline. The first record's block names the fields of all lines:

    filedesc://a.arc 0.0.0.0 20140216050221 text/plain 75
    1 0 LiveWeb Capture
    URL IP-address Archive-date Content-type Archive-length

    http://example.com/ 93.184.216.119 20140216050221 text/html 1591
    HTTP/1.1 200 OK

Each becomes the WARC record a converter would make of it: the first a ``warcinfo``, what came over HTTP a ``response``, all
else (``dns:``) a ``resource``.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from fastwarc.warc import WarcRecord

from llm_assets.errors import DataError
from llm_assets.formats.gzip_members import read_members

MAGIC = b"filedesc:"
MAX_LINE_BYTES = 1 << 16

_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")
_LENGTH = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True)
class _Line:
    url: str
    date: str | None
    mime: str
    length: int


def read_arc(file: BinaryIO, path: str | Path, compressed: bool, max_bytes: int) -> Iterator[tuple[int, Any]]:
    """Start of each record in the file as it lies, and the record as one of fastwarc's. Memory is a record's.

    DataError where the file is damaged or cut off, a line is none of a record's, a record is longer than ``max_bytes``, or a
    gzip member holds more than one.
    """
    fields = 0
    for start, line, block in (_read_packed if compressed else _read_plain)(file, path, max_bytes):
        told = _parse_line(line, fields or len(line.split()), path, start, max_bytes)
        content = block.read(told.length)
        if len(content) < told.length:
            raise DataError(f"the record is cut off: {len(content):,} of {told.length:,} bytes are there", path, start)
        if compressed and block.read().strip():
            raise DataError("several records share a gzip member: recompress the file with a member for each", path, start)
        if not fields:
            fields = _count_fields(content, path)
            told = _Line(told.url, told.date, "application/warc-fields", told.length)
        yield start, _convert(told, content)


def _read_plain(file: BinaryIO, path: str | Path, max_bytes: int) -> Iterator[tuple[int, bytes, BinaryIO]]:
    """Start and line of each record, and the file, of which whoever asks for the next record has read the block."""
    del path, max_bytes
    start = file.tell()
    while line := file.readline(MAX_LINE_BYTES):
        if line.strip():
            yield start, line, file
        start = file.tell()


def _read_packed(file: BinaryIO, path: str | Path, max_bytes: int) -> Iterator[tuple[int, bytes, BinaryIO]]:
    """The same of a file with a gzip member for each record; the block is of its member alone."""
    for start, member in read_members(file, path, max_bytes + MAX_LINE_BYTES):
        block = io.BytesIO(member)
        while (line := block.readline(MAX_LINE_BYTES)) and not line.strip():
            pass
        if line:
            yield start, line, block


def _parse_line(line: bytes, fields: int, path: str | Path, start: int, max_bytes: int) -> _Line:
    """URLs may hold blanks, so the fields are counted from the end. The third of them is the date, the fourth the mime type."""
    words = line.decode("utf-8", "surrogateescape").rstrip("\r\n").rsplit(" ", max(fields - 1, 4))
    if len(words) < 5 or ":" not in words[0]:
        raise DataError("no line of an ARC record stands here", path, start)
    if not _LENGTH.fullmatch(words[-1]):
        raise DataError(f"the record has no valid length ({words[-1][:40]!r})", path, start)
    if int(words[-1]) > max_bytes:
        raise DataError(f"the record says to have {int(words[-1]):,} bytes; more than {max_bytes:,} are not read", path, start)
    date = _DATE.fullmatch(words[2])
    return _Line(words[0], "{}-{}-{}T{}:{}:{}Z".format(*date.groups()) if date else None, words[3], int(words[-1]))


def _count_fields(block: bytes, path: str | Path) -> int:
    """Fields of a record's line, as the second line of the first record's block names them."""
    lines = block.splitlines()
    if len(lines) < 2 or not lines[1].startswith(b"URL "):
        raise DataError("the first record does not name the fields of the others", path, 0)
    return len(lines[1].split())


def _convert(line: _Line, block: bytes) -> Any:
    http = line.url.lower().startswith(("http:", "https:"))
    first = line.url.encode("utf-8", "surrogateescape").startswith(MAGIC)
    headers = {
        "WARC-Type": "warcinfo" if first else "response" if http else "resource",
        "WARC-Target-URI": line.url.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        "WARC-Date": line.date,
        "Content-Type": "application/http; msgtype=response" if http else line.mime,
    }
    record = WarcRecord()  # without init_headers, which would give it the date of today
    for name, value in headers.items():
        if value is not None:
            record.headers[name] = value
    record.set_bytes_content(block)
    record.is_http = http
    return record

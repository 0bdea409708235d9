"""WARC files (ISO 28500), read record by record. A record is parsed once, here; whoever reads it gets values.

    for record in read_records(path):
        print(record.number, record.type, record.url, record.status, len(record.payload))

What lies in a record may be anything and never raises: ``problem`` says what is wrong with it. What is wrong with the
*file* always raises :class:`DataError` with path and offset. fastwarc stops silently where a file is cut off between or
inside headers, so the end of a file is checked here.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from fastwarc.warc import ArchiveIterator

from llm_assets.errors import DataError
from llm_assets.formats.http_body import BodyError, decode_body

MAGIC = b"WARC/"
GZIP_MAGIC = b"\x1f\x8b\x08"
MAX_BLOCK_BYTES = 1 << 30
"""A record that says to be larger is refused: it is held in memory whole."""

_CHUNK = 1 << 20
_MAX_HEADER = 1 << 16
_LENGTH = re.compile(r"[0-9]{1,15}")
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([^\s;,"']+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """One record. ``number`` counts all records of the file from 0, whatever their type.

    ``offset`` and ``length`` are bytes in the file as it lies: the record's gzip member, or the record itself with the
    empty lines that end it. For HTTP records ``status``, ``mime`` and ``headers`` (names in lower case) are HTTP's and
    ``payload`` is the body with transfer and content encoding undone; for others ``mime`` is the record's and
    ``payload`` its block.

    ``problem`` says why a payload is not what its author wrote, and is None otherwise: ``http_headers`` (no HTTP message),
    ``content_encoding``, ``content_encoding_unknown`` or ``body_too_large`` (it is still encoded), ``warc_truncated`` (the
    crawler cut it).
    """

    number: int
    offset: int
    length: int
    type: str
    url: str | None
    date: str | None
    status: int | None
    mime: str | None
    charset_header: str | None
    content_language: str | None
    headers: Mapping[str, str]
    payload: bytes
    problem: str | None = None

    @property
    def payload_digest(self) -> str:
        """sha1 of ``payload`` as WARC writes digests, computed: what a file claims of itself is not to be relied on."""
        return format_digest(self.payload)


def format_digest(data: bytes) -> str:
    """sha1 in base 32, as in ``WARC-Payload-Digest``.

    >>> format_digest(b"")
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def read_records(path: Path, part: int = 0, parts: int = 1) -> Iterator[WarcRecord]:
    """Records of a gzip or plain WARC file whose number leaves ``part`` when divided by ``parts``, in file order.

    The others are passed over unparsed, so that several workers can walk one file. Memory is one record's.
    DataError where the file is missing, no WARC (ARC, zstd and lz4 are refused), damaged, cut off, or holds several
    records in one gzip member, where none has a place of its own.
    """
    if not 0 <= part < parts:
        raise ValueError(f"part {part} of {parts}")
    try:
        size = path.stat().st_size
        with path.open("rb") as stream, path.open("rb") as file:
            yield from _read_file(path, size, stream, file, part, parts)
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror or error})", path) from error


def _read_file(path: Path, size: int, stream: BinaryIO, file: BinaryIO, part: int, parts: int) -> Iterator[WarcRecord]:
    """``stream`` is fastwarc's, ``file`` a second door to the same bytes, for looking at places."""
    compressed = _is_compressed(file, path)
    waiting: tuple[int, int, Any] | None = None  # a record's length is known when the next one begins
    number, start = 0, 0
    for start, record in _iterate(path, stream, file if compressed else None):
        if waiting is not None:
            yield _parse_record(*waiting, start)
        waiting = None
        if number % parts == part:
            _read_block(record, path, start)
            waiting = (number, start, record)
        number += 1
    if number == 0:
        raise DataError("there is no whole WARC record in it", path, 0)
    file.seek(start)
    if compressed:
        _check_last_member(file, path)
    else:
        _check_last_record(file, path)
    if waiting is not None:
        yield _parse_record(*waiting, size)


def _is_compressed(file: BinaryIO, path: Path) -> bool:
    start = file.read(_CHUNK)
    compressed = start.startswith(GZIP_MAGIC)
    if compressed:
        try:
            start = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(start, len(MAGIC))
        except zlib.error as error:
            raise DataError(f"the gzip data is damaged ({error})", path, 0) from error
    if start.startswith(MAGIC):
        return compressed
    kind = "an ARC file, which is not read: convert it to WARC" if start.startswith(b"file") else "no WARC file, gzip or plain"
    raise DataError(f"this is {kind}", path, 0)


def _iterate(path: Path, stream: BinaryIO, members: BinaryIO | None) -> Iterator[tuple[int, Any]]:
    """Start and fastwarc record, for each record. Where ``members`` is the compressed file, each start must be a member's."""
    start = 0
    records = ArchiveIterator(stream, parse_http=False)
    while True:
        try:
            record = next(records, None)
        except OSError as error:
            raise DataError(f"the record after this one is damaged ({error})", path, start) from error
        if record is None:
            return
        if members is not None:
            members.seek(record.stream_pos)
            if members.read(len(GZIP_MAGIC)) != GZIP_MAGIC:
                raise DataError("several records share a gzip member: recompress the file with a member for each", path, start)
        start = record.stream_pos
        yield start, record


def _read_block(record: Any, path: Path, start: int) -> None:
    told = record.headers.get("Content-Length", "")
    if not _LENGTH.fullmatch(told):
        raise DataError(f"the record has no valid Content-Length ({told!r})", path, start)
    if int(told) > MAX_BLOCK_BYTES:
        raise DataError(f"the record says to have {int(told):,} bytes; more than {MAX_BLOCK_BYTES:,} are not read", path, start)
    try:
        record.freeze()
    except OSError as error:
        raise DataError(f"the record is damaged ({error})", path, start) from error
    if record.content_length != int(told):
        raise DataError(f"the record is cut off: {record.content_length:,} of {int(told):,} bytes are there", path, start)


def _check_last_record(file: BinaryIO, path: Path) -> None:
    """DataError unless the file, at its last record, ends where that record does."""
    start = file.tell()
    head = file.read(_MAX_HEADER)
    header = head.partition(b"\r\n\r\n")[0]
    told = next((line[15:] for line in header.split(b"\r\n") if line.lower().startswith(b"content-length:")), b"")
    if header == head or not told.strip().isdigit():
        raise DataError("the last record is cut off in its header", path, start)
    end = start + len(header) + 4 + int(told)
    size = file.seek(0, 2)
    if end > size:
        raise DataError(f"the last record is cut off: {end - size:,} bytes are missing", path, start)
    file.seek(end)
    while rest := file.read(_CHUNK):
        if rest.strip():
            raise DataError("something that is no record follows the last one", path, end)


def _check_last_member(file: BinaryIO, path: Path) -> None:
    """DataError unless the file, at its last record's member, holds that member whole and after it only white space."""
    first, rest = True, file.read(_CHUNK)
    while rest:
        place = file.tell() - len(rest)
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        while not member.eof:
            try:
                text = member.decompress(rest, _CHUNK)
            except zlib.error as error:
                raise DataError(f"the gzip data is damaged ({error})", path, place) from error
            if not first and text.strip():
                raise DataError("a gzip member that holds no whole record follows the last one", path, place)
            rest = member.unconsumed_tail or member.unused_data or file.read(_CHUNK)
            if not (rest or text or member.eof):
                raise DataError("the file is cut off within this gzip member", path, place)
        first = False


def _parse_record(number: int, start: int, record: Any, end: int) -> WarcRecord:
    headers: dict[str, str] = {}
    status, problem = None, None
    content_type = record.headers.get("Content-Type")
    http = record.is_http
    if http:
        try:
            record.parse_http(quirks_mode=True)
        except OSError:
            problem = "http_headers"
        else:
            status = record.http_headers.status_code
            for name, value in record.http_headers.items():
                known = headers.get(name.lower())
                headers[name.lower()] = value if known is None else f"{known}, {value}"
            content_type = headers.get("content-type")
            if status is None and record.headers.get("WARC-Type") == "response":
                problem = "http_headers"
    payload = record.reader.read()
    if http and problem is None:
        try:
            payload = decode_body(payload, headers.get("transfer-encoding", ""), headers.get("content-encoding", ""))
        except BodyError as error:
            problem = error.problem
    mime, charset = _split_content_type(content_type)
    return WarcRecord(
        number=number,
        offset=start,
        length=end - start,
        type=record.headers.get("WARC-Type", "unknown"),
        url=_strip_url(record.headers.get("WARC-Target-URI")),
        date=record.headers.get("WARC-Date"),
        status=status if status is not None and 0 < status < 1000 else None,
        mime=mime,
        charset_header=charset,
        content_language=headers.get("content-language"),
        headers=headers,
        payload=payload,
        problem=problem or ("warc_truncated" if record.headers.get("WARC-Truncated") else None),
    )


def _split_content_type(value: str | None) -> tuple[str | None, str | None]:
    """Mime type and charset of a Content-Type, in lower case, each None where there is none."""
    if not value:
        return None, None
    charset = _CHARSET.search(value)
    return re.split("[;,]", value, maxsplit=1)[0].strip().lower() or None, charset[1].lower() if charset else None


def _strip_url(value: str | None) -> str | None:
    """Old wgets put the URI in angle brackets, as the standard's grammar once told."""
    return value.strip().removeprefix("<").removesuffix(">") if value else None

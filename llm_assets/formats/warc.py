"""Files of web archives, read record by record: WARC (ISO 28500; WET and WAT are WARC too) and ARC, plain or gzip.

    for record in read_records(path):
        print(record.number, record.type, record.url, record.status, len(record.payload))

What lies in a record may be anything and never raises: ``problem`` says what is wrong with it. What is wrong with the
*file* always raises :class:`DataError` with path and offset. fastwarc stops silently where a file is cut off between or
inside headers, so the end of a file is checked here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from fastwarc.warc import ArchiveIterator

from llm_assets.errors import DataError
from llm_assets.formats import arc
from llm_assets.formats.gzip_members import GZIP_MAGIC, check_last_member, peek_member
from llm_assets.formats.warc_record import WarcRecord, format_digest, parse_record

__all__ = ["WarcRecord", "format_digest", "read_headers", "read_opened", "read_records"]

MAGIC = b"WARC/"
MAX_BLOCK_BYTES = 1 << 30
"""A record that says to be larger is refused: it is held in memory whole."""

_CHUNK = 1 << 20
_MAX_HEADER = 1 << 16
_LENGTH = re.compile(r"[0-9]{1,15}")


def read_records(path: Path, part: int = 0, parts: int = 1) -> Iterator[WarcRecord]:
    """Records of a file whose number leaves ``part`` when divided by ``parts``, in file order.

    The others are passed over unparsed, so that several workers can walk one file. Memory is one record's.
    DataError where the file is missing, neither WARC nor ARC (zstd and lz4 are refused), damaged, cut off, or holds several
    records in one gzip member, where none has a place of its own.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream, path.open("rb") as file:
            yield from read_opened(path, size, stream, file, part, parts)
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror or error})", path) from error


def read_opened(path: str | Path, size: int, stream: BinaryIO, file: BinaryIO, part: int, parts: int) -> Iterator[WarcRecord]:
    """As :func:`read_records`, of a file that is open, twice: ``stream`` is read through, ``file`` is for looking at places
    and is sought to the start of each record as it is reached. ``path`` is for errors.
    """
    if not 0 <= part < parts:
        raise ValueError(f"part {part} of {parts}")
    start, compressed = peek_member(file, len(arc.MAGIC), path)
    if start.startswith(MAGIC):
        records = _read_warc(path, stream, file, compressed, part, parts)
    elif start.startswith(arc.MAGIC):
        records = _read_arc(path, stream, compressed, part, parts)
    else:
        raise DataError("this is no WARC and no ARC file, gzip or plain", path, 0)
    waiting: tuple[int, int, Any] | None = None  # a record's length is known when the next one begins
    for number, place, record in records:
        if waiting is not None:
            yield parse_record(*waiting, place)
        waiting = None if record is None else (number, place, record)
    if waiting is not None:
        yield parse_record(*waiting, size)


def read_headers(path: Path) -> Iterator[Mapping[str, str]]:
    """The fields of each WARC record's own header, names in lower case; of its block, nothing. Ends quietly at a damaged record."""
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, parse_http=False):
            yield {name.lower(): value for name, value in record.headers.items()}


def _read_warc(
    path: str | Path, stream: BinaryIO, file: BinaryIO, compressed: bool, part: int, parts: int
) -> Iterator[tuple[int, int, Any]]:
    """Number, start and fastwarc record; None in place of the records that are of other parts."""
    number, start = 0, 0
    for start, record in _iterate(path, stream, file, compressed):
        mine = number % parts == part
        if mine:
            _read_block(record, path, start)
        yield number, start, record if mine else None
        number += 1
    if number == 0:
        raise DataError("there is no whole WARC record in it", path, 0)
    file.seek(start)
    if compressed:
        check_last_member(file, path)
    else:
        _check_last_record(file, path)


def _read_arc(path: str | Path, stream: BinaryIO, compressed: bool, part: int, parts: int) -> Iterator[tuple[int, int, Any]]:
    """The same of an ARC file."""
    lines = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[type-var]  # any raw file will do
    for number, (start, record) in enumerate(arc.read_arc(lines, path, compressed, MAX_BLOCK_BYTES)):
        yield number, start, record if number % parts == part else None


def _iterate(path: str | Path, stream: BinaryIO, file: BinaryIO, compressed: bool) -> Iterator[tuple[int, Any]]:
    """Start and fastwarc record, for each record. Where the file is compressed, each start must be a member's."""
    start = 0
    records = ArchiveIterator(stream, parse_http=False)
    while True:
        try:
            record = next(records, None)
        except OSError as error:
            raise DataError(f"the record after this one is damaged ({error})", path, start) from error
        if record is None:
            return
        file.seek(record.stream_pos)
        if compressed and file.read(len(GZIP_MAGIC)) != GZIP_MAGIC:
            raise DataError("several records share a gzip member: recompress the file with a member for each", path, start)
        start = record.stream_pos
        yield start, record


def _read_block(record: Any, path: str | Path, start: int) -> None:
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


def _check_last_record(file: BinaryIO, path: str | Path) -> None:
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

"""Gzip files as rows of members, one a record: where each begins, what it holds, and whether the last one is whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from llm_assets.errors import DataError

GZIP_MAGIC = b"\x1f\x8b\x08"

_CHUNK = 1 << 17
"""Small enough that what is left of a chunk behind each of many short members is cheap to copy."""


def peek_member(file: BinaryIO, size: int, path: str | Path) -> tuple[bytes, bool]:
    """The first ``size`` bytes of a file, unpacked where it is gzip, and whether it is. Fewer where there are no more."""
    start = file.read(_CHUNK)
    if not start.startswith(GZIP_MAGIC):
        return start[:size], False
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(start, size), True
    except zlib.error as error:
        raise DataError(f"the gzip data is damaged ({error})", path, 0) from error


def read_members(file: BinaryIO, path: str | Path, max_bytes: int) -> Iterator[tuple[int, bytes]]:
    """Start and content of each member. DataError where one is damaged, cut off, or unpacks to more than ``max_bytes``."""
    place, rest = 0, file.read(_CHUNK)
    while rest:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        content = bytearray()
        start = place
        while not member.eof:
            if not rest:
                raise DataError("the file is cut off within this gzip member", path, start)
            try:
                content += member.decompress(rest, max_bytes + 1 - len(content))
            except zlib.error as error:
                raise DataError(f"the gzip data is damaged ({error})", path, start) from error
            if len(content) > max_bytes:
                raise DataError(f"the gzip member unpacks to more than {max_bytes:,} bytes", path, start)
            left = member.unused_data if member.eof else member.unconsumed_tail
            place += len(rest) - len(left)
            rest = left or file.read(_CHUNK)
        yield start, bytes(content)


def check_last_member(file: BinaryIO, path: str | Path) -> None:
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

"""The body of an HTTP message with its transfer and content encoding undone. Servers lie, so each step may fail."""

from __future__ import annotations

import io
import re
import zlib
from typing import Any

from fastwarc.stream_io import BrotliReader, ZstdReader

MAX_BODY_BYTES = 1 << 28
"""A body that unpacks to more is a bomb."""

_CHUNK_SIZE = re.compile(rb"\s{0,8}([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]{0,4096})?\r?\n")


class BodyError(ValueError):
    """A body cannot be decoded. ``problem`` is ``content_encoding``, ``content_encoding_unknown`` or ``body_too_large``."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def decode_body(body: bytes, transfer_encoding: str = "", content_encoding: str = "") -> bytes:
    r"""The body as its author wrote it; BodyError where an encoding cannot be undone.

    Crawlers often undo an encoding and keep its header: a body that does not begin as its header says is taken as it is.

    >>> decode_body(b"5\r\nhello\r\n0\r\n\r\n", "chunked")
    b'hello'
    """
    if "chunked" in transfer_encoding.lower():
        body = _join_chunks(body)
    for name in reversed([name.strip().lower() for name in content_encoding.split(",")]):
        body = _decode_content(body, name)
    return body


def _join_chunks(body: bytes) -> bytes:
    """The chunks' data; what comes before the first fault where one is cut off; the body itself where it is not in chunks."""
    parts: list[bytes] = []
    place = 0
    while match := _CHUNK_SIZE.match(body, place):
        length = int(match[1], 16)
        if length == 0:
            return b"".join(parts)
        parts.append(body[match.end() : match.end() + length])
        place = match.end() + length
        place += 2 if body[place : place + 2] == b"\r\n" else 0
    return b"".join(parts) if parts and place >= len(body) else body


def _decode_content(body: bytes, encoding: str) -> bytes:
    match encoding:
        case "" | "identity" | "none" | "utf-8" | "binary":
            return body
        case "gzip" | "x-gzip":
            return _inflate(body, zlib.MAX_WBITS | 16) if body.startswith(b"\x1f\x8b") else body
        case "deflate":
            return _inflate(body, zlib.MAX_WBITS if body[:1] == b"\x78" else -zlib.MAX_WBITS) if not _is_markup(body) else body
        case "br":
            return _read_all(BrotliReader(io.BytesIO(body))) if body and not _is_markup(body) else body
        case "zstd":
            return _read_all(ZstdReader(io.BytesIO(body))) if body.startswith(b"\x28\xb5\x2f\xfd") else body
        case _:
            raise BodyError("content_encoding_unknown")


def _is_markup(body: bytes) -> bool:
    return body.lstrip()[:1] == b"<"


def _inflate(body: bytes, window: int) -> bytes:
    """A stream that is cut off gives what is there, as browsers do."""
    stream = zlib.decompressobj(window)
    try:
        text = stream.decompress(body, MAX_BODY_BYTES)
    except zlib.error as error:
        raise BodyError("content_encoding") from error
    if stream.unconsumed_tail:
        raise BodyError("body_too_large")
    return text


def _read_all(stream: Any) -> bytes:
    try:
        text: bytes = stream.read(MAX_BODY_BYTES + 1)
    except OSError as error:
        raise BodyError("content_encoding") from error
    if len(text) > MAX_BODY_BYTES:
        raise BodyError("body_too_large")
    return text

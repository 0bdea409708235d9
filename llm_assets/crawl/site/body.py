"""A body cut to a limit, counted both as sent and as decoded: a small body that unpacks to a large one is cut like a large one."""

from __future__ import annotations

import zlib
from typing import NamedTuple

ACCEPT_ENCODING = "gzip, deflate"
"""What can be unpacked with a bound, and so is all that is asked for."""


class Body(NamedTuple):
    """``sent`` is what the record holds, still encoded; ``content`` is None where it cannot be decoded."""

    sent: bytes
    content: bytes | None
    cut: bool


def cut_body(sent: bytes, content_encoding: str, max_bytes: int) -> Body:
    """The part of a body of which neither the bytes sent nor those decoded are more than ``max_bytes``.

    >>> cut_body(b"abcdef", "", 4)
    Body(sent=b'abcd', content=b'abcd', cut=True)
    """
    cut = len(sent) > max_bytes
    sent = sent[:max_bytes]
    match content_encoding.strip().lower():
        case "" | "identity":
            return Body(sent, sent, cut)
        case "gzip" | "x-gzip" | "deflate" if sent:
            return _inflate(sent, cut, max_bytes)
        case _:
            return Body(sent, None, cut)


def gunzip(content: bytes, max_bytes: int) -> bytes:
    """A gzip file's content up to ``max_bytes``; anything else as it is. Sitemaps are often such files."""
    return _inflate(content, False, max_bytes).content or b"" if content.startswith(b"\x1f\x8b") else content


def _inflate(sent: bytes, cut: bool, max_bytes: int) -> Body:
    window = zlib.MAX_WBITS | 32 if sent.startswith(b"\x1f\x8b") or sent[:1] == b"\x78" else -zlib.MAX_WBITS
    stream = zlib.decompressobj(window)
    try:
        content = stream.decompress(sent, max_bytes)
    except zlib.error:
        return Body(sent, None, cut)
    if rest := len(stream.unconsumed_tail):
        return Body(sent[:-rest], content, True)
    return Body(sent, content, cut)

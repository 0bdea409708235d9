"""Whether a gzip file is whole, checksums included. A cut one looks like any other until someone reads to its end."""

from __future__ import annotations

import zlib
from pathlib import Path

_CHUNK = 1 << 17
"""Small enough that what is left of a chunk behind each of many short members is cheap to copy."""


def is_whole_gzip(path: Path) -> bool:
    """True where a file is gzip members from its first byte to its last. Memory is a chunk, whatever a member unpacks to."""
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    ended = False
    try:
        with path.open("rb") as file:
            while rest := file.read(_CHUNK):
                while rest:
                    member.decompress(rest, _CHUNK)
                    ended = member.eof
                    rest = member.unused_data if ended else member.unconsumed_tail
                    if ended:
                        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    except zlib.error:
        return False
    return ended

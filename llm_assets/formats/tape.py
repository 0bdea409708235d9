"""Bytes that pass by once, seen through several file objects: what a reader wants that looks at a place twice.

    tape = Tape(chunks, size)
    ahead, back = tape.open(), tape.open()
    ahead.read(100)
    back.seek(20)  # from here on the tape forgets the first 20 bytes

A tape keeps what lies behind the last place that one of its files was *sought* to, so memory is the stretch from there to where
the others read.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, cast


class Tape:
    """``size`` bytes in chunks. What the chunks' iterator raises, reading raises."""

    def __init__(self, chunks: Iterator[bytes], size: int) -> None:
        self._chunks = chunks
        self._kept = bytearray()
        self._start = 0
        self.size = size

    def open(self) -> BinaryIO:
        """A file at the tape's beginning."""
        return cast("BinaryIO", TapeFile(self))  # all of one that reads

    def forget(self, before: int) -> None:
        """Drops what lies before a place: nobody will read it again."""
        gone = min(max(before - self._start, 0), len(self._kept))
        del self._kept[:gone]
        self._start += gone

    def read(self, start: int, size: int) -> bytes:
        """Up to ``size`` bytes from ``start`` on; fewer at the end."""
        if start < self._start:
            raise ValueError(f"byte {start:,} has been forgotten, the tape begins at {self._start:,}")
        place = start - self._start
        while len(self._kept) < place + size and (chunk := next(self._chunks, None)) is not None:
            self._kept += chunk
        return bytes(memoryview(self._kept)[place : place + size])


class TapeFile(io.RawIOBase):
    """A file on a tape, with a place of its own."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self._tape = tape
        self._place = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Its place."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves to a place counted from the beginning or the end; what lies before it on the tape is forgotten."""
        self._place = offset + (self._tape.size if whence == io.SEEK_END else 0)
        if whence == io.SEEK_SET:
            self._tape.forget(self._place)
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer as far as there is something."""
        data = self._tape.read(self._place, len(buffer))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

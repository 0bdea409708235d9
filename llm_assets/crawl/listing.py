"""The list of a crawl's files that Common Crawl publishes, and the stretch of it that a person asks for."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from llm_assets.crawl.cdx import LOCATION
from llm_assets.errors import DataError

MAX_LISTING_BYTES = 1 << 26
"""Unpacked. A crawl of 100,000 files lists them in 14 MB."""

_SLICE = re.compile(r"([0-9]{0,8}):([0-9]{0,8})")


def parse_slice(warcs: str) -> tuple[int, int | None]:
    """First place, and the one after the last, of a slice; ValueError says what one looks like.

    >>> parse_slice("800:1600"), parse_slice("5:")
    ((800, 1600), (5, None))
    """
    match = _SLICE.fullmatch(warcs)
    if not match:
        raise ValueError("a slice is wanted: FROM:TO, such as 0:800 for the first 800 files")
    start, stop = int(match[1] or 0), int(match[2]) if match[2] else None
    if stop is not None and stop <= start:
        raise ValueError("no file lies between these numbers; write FROM:TO, the last one not included")
    return start, stop


def read_listing(path: Path) -> list[str]:
    """Relative paths of WARC files. What a server lists is not to be trusted with a place on this disk."""
    with gzip.open(path) as file:
        text = file.read(MAX_LISTING_BYTES + 1)
    if len(text) > MAX_LISTING_BYTES:
        raise DataError(f"the list is longer than {MAX_LISTING_BYTES:,} bytes", path)
    paths = text.decode("utf-8", "replace").split()
    if strange := next((path for path in paths if not LOCATION.fullmatch(path)), None):
        raise DataError(f"the list names {strange[:200]!r}, which is no path of a WARC file", path)
    if len(set(paths)) < len(paths):
        raise DataError("the list names a file twice", path)
    return paths

"""The key of a document, everywhere: where it lies in the crawls.

``doc`` is an unsigned 64-bit integer: crawl sequence << 48 | file number << 24 | record number (both from 0). It holds
under any recipe, sorts by seniority, and needs no lookup table. In JSON, HTML and on a command line it is text, since
a JSON number of that size would be rounded.
"""

from __future__ import annotations

import re

from llm_assets.errors import ConfigError

MAX_CRAWL = (1 << 16) - 1
MAX_FILE = (1 << 24) - 1
MAX_RECORD = (1 << 24) - 1


def make_doc(crawl: int, file: int, record: int) -> int:
    """Key of a record. Raises ConfigError past 65,535 crawls or 2^24 files or records.

    >>> make_doc(1, 0, 2)
    281474976710658
    """
    for what, value, most in (("crawl", crawl, MAX_CRAWL), ("file", file, MAX_FILE), ("record", record, MAX_RECORD)):
        if not 0 <= value <= most:
            raise ConfigError(f"{what} number {value:,} is outside 0..{most:,}: split the crawl into several")
    return crawl << 48 | file << 24 | record


def split_doc(doc: int) -> tuple[int, int, int]:
    """Crawl sequence, file number, record number."""
    return doc >> 48, doc >> 24 & MAX_FILE, doc & MAX_RECORD


def format_doc(doc: int) -> str:
    """Text of a key.

    >>> format_doc(make_doc(12, 345, 6789))
    '12-345-6789'
    """
    return "-".join(map(str, split_doc(doc)))


def parse_doc(text: str) -> int:
    """Key of a text such as ``12-345-6789``; ConfigError where it is none."""
    match = re.fullmatch(r"(\d{1,5})-(\d{1,8})-(\d{1,8})", text)
    if match is None:
        raise ConfigError(f"{text!r} is no document key: one looks like 12-345-6789 (crawl, file, record)")
    crawl, file, record = map(int, match.groups())
    return make_doc(crawl, file, record)

"""Pages of a WARC file, and what is known of them.

A line of truth finds its page by its place in the file, which it tells itself (``offset``) or which an index beside it
tells of its ``record_id`` (``NAME.index.jsonl.gz`` for ``NAME.truth.jsonl.gz``); where there is neither, by its ``url``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.documents import read_lines
from llm_assets.errors import DataError
from llm_assets.extract.page import is_document
from llm_assets.formats.warc import WarcRecord, read_records


def read_pages(path: Path, limit: int | None) -> Iterator[WarcRecord]:
    """The first ``limit`` documents of a WARC file. DataError where there are none."""
    page = None
    for page in islice(filter(is_document, read_records(path)), limit):
        yield page
    if page is None:
        raise DataError("no record in it is a document", path)


def match_truth(path: Path, pages: Sequence[WarcRecord], key: str) -> Iterator[tuple[dict[str, Any], int]]:
    """Lines of truth about these pages, each with the number of its page; others are passed over.

    DataError where no line is about one of them, or one that is does not say what is true (``key``).
    """
    by_offset = {page.offset: number for number, page in enumerate(pages)}
    by_url = {page.url: number for number, page in enumerate(pages)}
    index = path.with_name(path.name.replace(".truth.", ".index."))
    offsets = {row.get("record_id"): row.get("offset") for row in read_lines(index)} if index != path and index.is_file() else {}
    found = False
    for row in read_lines(path):
        offset = row.get("offset", offsets.get(row.get("record_id")))
        number = by_url.get(row.get("url")) if offset is None else by_offset.get(offset)
        if number is None:
            continue
        if key not in row:
            raise DataError(f'a line about {pages[number].url} has no "{key}"', path)
        found = True
        yield row, number
    if not found:
        raise DataError("no line of it is about a page of the input", path)

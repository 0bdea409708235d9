"""Ready text: rows of files that were extracted before, FineWeb's for one. No engine runs on them.

Of a row, ``text`` is taken, and ``url``, ``date``, ``language``, ``title`` and ``id`` where it has them. A row without a URL is
known by a made-up one, of its ``id`` or else of its file's name and its number: ``urn:x-ready-text:books.jsonl:17``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from llm_assets.extract.head import MAX_TITLE_CHARACTERS
from llm_assets.extract.page import PageText, clean_line, clean_text
from llm_assets.extract.rejection import Rejection
from llm_assets.extract.url_filter import UrlJudge
from llm_assets.formats.rows import Row, RowReader
from llm_assets.formats.warc import WarcRecord

URN = "urn:x-ready-text:"
MAX_CHARACTERS = 4_096
"""A longer URL, id, date or language is cut there."""


def read_ready_text(
    reader: RowReader, path: Path, part: int, parts: int, judge: UrlJudge, max_bytes: int
) -> Iterator[tuple[WarcRecord, PageText | Rejection]]:
    """Every row as a record of type ``conversion``, with its text or the rule it broke. Errors are the reader's."""
    for row in reader(path, part, parts):
        fields = row.fields or {}
        url = _read_line(fields, "url")
        record = _make_record(row, url or make_urn(fields, path.name, row.number), _read_line(fields, "date"))
        yield record, _judge_row(row, url, judge, max_bytes)


def make_urn(fields: Mapping[str, Any], file: str, number: int) -> str:
    """A stable name for a row that has no URL. What a URI allows is left as it is, so that the redactor sees an address in it.

    >>> make_urn({"id": "Alcott/Little Women.txt"}, "books.jsonl", 17)
    'urn:x-ready-text:Alcott/Little%20Women.txt'
    """
    given = fields.get("id")
    name = str(given) if isinstance(given, int) else _read_line(fields, "id")
    return URN + quote(name or f"{file}:{number}", safe="/:@!$&'()*+,;=", errors="replace")


def _make_record(row: Row, url: str, date: str | None) -> WarcRecord:
    return WarcRecord(
        number=row.number,
        offset=row.offset,
        length=row.length,
        type="conversion",
        url=url,
        date=date,
        status=None,
        mime="text/plain",
        charset_header=None,
        content_language=None,
        headers={},
        payload=b"",
    )


def _judge_row(row: Row, url: str | None, judge: UrlJudge, max_bytes: int) -> PageText | Rejection:
    if row.fields is None:
        return Rejection("ready_text.malformed", detail="the row is no object")
    rejection = judge.judge(url) if url else None
    if rejection is not None:
        return rejection
    text = row.fields.get("text")
    if text is not None and not isinstance(text, str):
        return Rejection("ready_text.malformed", detail=f"text is of type {type(text).__name__}")
    text = clean_text(text or "")
    if not text:
        return Rejection("extraction.empty", 0, low=1)
    size = len(text.encode())
    if size > max_bytes:
        return Rejection("max_bytes", size, high=max_bytes)
    title, language = _read_line(row.fields, "title"), _read_line(row.fields, "language")
    return PageText(title and title[:MAX_TITLE_CHARACTERS], None, "utf-8", language and language.lower(), None, text)


def _read_line(fields: Mapping[str, Any], name: str) -> str | None:
    """A field on one line; None where it is absent, empty or no string."""
    value = fields.get(name)
    return clean_line(value[:MAX_CHARACTERS]) or None if isinstance(value, str) else None

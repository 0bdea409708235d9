"""One record, one outcome: its text, or the first rule it broke.

The checks stand in the order of their cost. Whatever a page holds, it is one or the other: a parser that fails on a page
is counted under ``extraction.error`` and never ends the run.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from resiliparse.parse.encoding import detect_mime

from llm_assets.extract.charset import decode_page, garbled_fraction
from llm_assets.extract.config import Extraction
from llm_assets.extract.engines import ENGINES
from llm_assets.extract.engines.settings import TooDeepError
from llm_assets.extract.head import read_head
from llm_assets.extract.rejection import Rejection
from llm_assets.extract.url_filter import UrlJudge
from llm_assets.formats.warc import WarcRecord

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
TEXT_TYPES = frozenset({"text/plain"})
UNREADABLE = frozenset({"content_encoding", "content_encoding_unknown", "body_too_large"})
"""Problems of a payload that leave nothing to read; one that is merely cut off is read as far as it goes."""

_MAX_DETAIL = 100
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")


class PageText(NamedTuple):
    """What came out of a page; one row of ``texts``."""

    title: str | None
    published: str | None
    charset: str
    language_hint: str | None
    text: str


def is_document(record: WarcRecord) -> bool:
    """Whether a record is a document to be: a response, or a resource or conversion with a payload."""
    return record.type == "response" or (record.type in {"resource", "conversion"} and bool(record.payload))


def extract_page(record: WarcRecord, judge: UrlJudge, extraction: Extraction) -> PageText | Rejection:
    """The text of a document, or why it has none."""
    mime = record.mime or detect_mime(record.payload)
    rejection = judge.judge(record.url or "") or _check_record(record, mime, extraction)
    if rejection is not None:
        return rejection
    page, charset = decode_page(record.payload, record.charset_header)
    markup = page.replace("\0", "") if mime in HTML_TYPES else ""
    rejection = _check_page(page, charset, markup, extraction)
    if rejection is not None:
        return rejection
    try:
        text = ENGINES[extraction.engine](markup, extraction) if markup.strip() else page if mime in TEXT_TYPES else ""
    except TooDeepError:
        return Rejection("max_depth", high=extraction.max_depth)
    except Exception as error:  # whatever a parser raises, it is the page's fault, and its row tells it
        return Rejection("extraction.error", detail=type(error).__name__)
    text = clean_text(text)
    if not text:
        return Rejection("extraction.empty", 0, low=1)
    head = read_head(markup, record.content_language)
    return PageText(clean_line(head.title or "") or None, head.published, charset, head.language_hint, text)


def clean_text(text: str) -> str:
    r"""Text that can always be written as UTF-8, with line ends as ``\n`` and no control characters but tabs.

    >>> clean_text(" a\r\nb\x00\ud800\x0bc ")
    'a\nb\nc'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n")
    return _UNWANTED.sub("", text).strip()


def clean_line(text: str) -> str:
    """As :func:`clean_text`, on one line."""
    return " ".join(clean_text(text).split())


def _check_record(record: WarcRecord, mime: str, extraction: Extraction) -> Rejection | None:
    if record.type == "response" and record.status != 200:
        return Rejection("http_status", record.status, low=200, high=200)
    if record.problem in UNREADABLE:
        return Rejection("payload", detail=record.problem)
    if mime not in HTML_TYPES | TEXT_TYPES:
        return Rejection("mime", detail=clean_line(mime)[:_MAX_DETAIL])
    if len(record.payload) > extraction.max_bytes:
        return Rejection("max_bytes", len(record.payload), high=extraction.max_bytes)
    return None


def _check_page(page: str, charset: str, markup: str, extraction: Extraction) -> Rejection | None:
    garbled = garbled_fraction(page)
    if garbled > extraction.max_garbled_fraction:
        return Rejection("charset", garbled, high=extraction.max_garbled_fraction, detail=charset)
    nodes = markup.count("<")
    if nodes > extraction.max_nodes:
        return Rejection("max_nodes", nodes, high=extraction.max_nodes)
    return None

"""One record, one outcome: its text, or the first rule it broke.

The checks stand in the order of their cost. Whatever a page holds, it is one or the other: a parser that fails on a page
is counted under ``extraction.error`` and never ends the run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from llm_assets.extract.charset import decode_page, garbled_fraction
from llm_assets.extract.config import Extraction
from llm_assets.extract.engines import ENGINES
from llm_assets.extract.engines.settings import TooDeepError
from llm_assets.extract.head import read_head
from llm_assets.extract.mime import HTML_TYPES, TEXT_TYPES, XHTML_TYPE, find_mime
from llm_assets.extract.prescreen import OFF, Prescreen, screen_page
from llm_assets.extract.rejection import Rejection

if TYPE_CHECKING:  # a child that reads pages starts sooner without them
    from llm_assets.extract.url_filter import UrlJudge
    from llm_assets.formats.warc import WarcRecord

UNREADABLE = frozenset({"content_encoding", "content_encoding_unknown", "body_too_large"})
"""Problems of a payload that leave nothing to read; one that is merely cut off is read as far as it goes."""

_MAX_DETAIL = 100
_EMPTY_ELEMENT = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)\b)([A-Za-z][\w:-]{0,40}+)((?:\s[^<>]{0,2000})?)/>",
    re.IGNORECASE,
)
"""What ends at once in XHTML, and in HTML never."""

_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")


class Page(NamedTuple):
    """What reading a page takes: its body, and what the HTTP header says of it."""

    payload: bytes
    mime: str
    charset_header: str | None
    content_language: str | None


class PageText(NamedTuple):
    """What came out of a page; one row of ``texts``."""

    title: str | None
    published: str | None
    charset: str
    language_hint: str | None
    canonical_url: str | None
    text: str


Outcome = PageText | Rejection


def is_document(record: WarcRecord) -> bool:
    """Whether a record is a document to be: a response or revisit, or a resource or conversion with a payload."""
    return record.type in {"response", "revisit"} or (record.type in {"resource", "conversion"} and bool(record.payload))


def extract_page(record: WarcRecord, judge: UrlJudge, extraction: Extraction) -> Outcome:
    """The text of a document, or why it has none, found in this very process: for trials, and pages that are trusted."""
    return refuse_record(record, judge, extraction) or read_page(make_page(record), extraction)


def make_page(record: WarcRecord) -> Page:
    """What of a record is needed to read it."""
    return Page(record.payload, find_mime(record.mime, record.payload), record.charset_header, record.content_language)


def refuse_record(record: WarcRecord, judge: UrlJudge, extraction: Extraction) -> Rejection | None:
    """Why a document is not read at all, or None: its URL, its status, its kind, its size."""
    if rejection := judge.judge(record.url or "") or _refuse_answer(record):
        return rejection
    mime = find_mime(record.mime, record.payload)
    if mime not in HTML_TYPES | TEXT_TYPES:
        return Rejection("mime", detail=clean_line(mime)[:_MAX_DETAIL])
    if len(record.payload) > extraction.max_bytes:
        return Rejection("max_bytes", len(record.payload), high=extraction.max_bytes)
    return None


def _refuse_answer(record: WarcRecord) -> Rejection | None:
    if record.type == "revisit":  # its text is that of the record it refers to, in this crawl or an older one
        return Rejection("revisit", detail=clean_line(record.refers_to_date or "")[:_MAX_DETAIL] or None)
    if record.type == "response" and record.status != 200:
        return Rejection("http_status", record.status, low=200, high=200)
    if record.problem in UNREADABLE:
        return Rejection("payload", detail=record.problem)
    return None


def read_page(source: Page, extraction: Extraction, prescreen: Prescreen = OFF) -> Outcome:
    """The text of a page, or why it has none. MemoryError, which tells nothing of the page, is left to the caller."""
    page, charset = decode_page(source.payload, source.charset_header)
    markup = page.replace("\0", "") if source.mime in HTML_TYPES else ""
    if source.mime == XHTML_TYPE:
        markup = _EMPTY_ELEMENT.sub(r"<\1\2></\1>", markup)
    rejection = _check_page(page, charset, markup, extraction)
    if rejection is not None:
        return rejection
    try:
        rejection = screen_page(markup, page, prescreen, extraction) if prescreen.languages else None
        if rejection is not None:
            return rejection
        text = ENGINES[extraction.engine](markup, extraction) if markup.strip() else page if source.mime in TEXT_TYPES else ""
    except TooDeepError as error:
        return Rejection("max_depth", error.depth, high=extraction.max_depth)
    except MemoryError:
        raise
    except Exception as error:  # whatever a parser raises, it is the page's fault, and its row tells it
        return Rejection("extraction.error", detail=type(error).__name__)
    text = clean_text(text)
    if not text:
        return Rejection("extraction.empty", 0, low=1)
    head = read_head(markup, source.content_language)
    title = clean_line(head.title or "") or None
    return PageText(title, head.published, charset, head.language_hint, head.canonical_url, text)


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


def _check_page(page: str, charset: str, markup: str, extraction: Extraction) -> Rejection | None:
    garbled = garbled_fraction(page)
    if garbled > extraction.max_garbled_fraction:
        return Rejection("charset", garbled, high=extraction.max_garbled_fraction, detail=charset)
    nodes = markup.count("<")
    if nodes > extraction.max_nodes:
        return Rejection("max_nodes", nodes, high=extraction.max_nodes)
    return None

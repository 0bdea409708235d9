"""One record of a web archive as a value: what its headers say, and its payload with the encodings undone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llm_assets.formats.http_body import BodyError, decode_body

_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([^\s;,"']+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """One record. ``number`` counts all records of the file from 0, whatever their type.

    ``offset`` and ``length`` are bytes in the file as it lies: the record's gzip member, or the record itself with the
    empty lines that end it. For HTTP records ``status``, ``mime`` and ``headers`` (names in lower case) are HTTP's and
    ``payload`` is the body with transfer and content encoding undone; for others ``mime`` is the record's and
    ``payload`` its block.

    ``problem`` says why a payload is not what its author wrote, and is None otherwise: ``http_headers`` (no HTTP message),
    ``content_encoding``, ``content_encoding_unknown`` or ``body_too_large`` (it is still encoded), ``warc_truncated`` (the
    crawler cut it). ``refers_to_date`` is of a revisit: when the record was written that holds its payload.
    """

    number: int
    offset: int
    length: int
    type: str
    url: str | None
    date: str | None
    status: int | None
    mime: str | None
    charset_header: str | None
    content_language: str | None
    headers: Mapping[str, str]
    payload: bytes
    problem: str | None = None
    refers_to_date: str | None = None

    @property
    def payload_digest(self) -> str:
        """sha1 of ``payload`` as WARC writes digests, computed: what a file claims of itself is not to be relied on."""
        return format_digest(self.payload)


def format_digest(data: bytes) -> str:
    """sha1 in base 32, as in ``WARC-Payload-Digest``.

    >>> format_digest(b"")
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def parse_record(number: int, start: int, record: Any, end: int) -> WarcRecord:
    """The value of a fastwarc record that lies at bytes ``start`` to ``end``. Whatever is in it, this raises nothing."""
    headers: dict[str, str] = {}
    status, problem = None, None
    content_type = record.headers.get("Content-Type")
    http = record.is_http
    if http:
        try:
            record.parse_http(quirks_mode=True)
        except OSError:
            problem = "http_headers"
        else:
            status = record.http_headers.status_code
            for name, value in record.http_headers.items():
                known = headers.get(name.lower())
                headers[name.lower()] = value if known is None else f"{known}, {value}"
            content_type = headers.get("content-type")
            if status is None and record.headers.get("WARC-Type") == "response":
                problem = "http_headers"
    payload = record.reader.read()
    if http and problem is None:
        try:
            payload = decode_body(payload, headers.get("transfer-encoding", ""), headers.get("content-encoding", ""))
        except BodyError as error:
            problem = error.problem
    mime, charset = _split_content_type(content_type)
    return WarcRecord(
        number=number,
        offset=start,
        length=end - start,
        type=record.headers.get("WARC-Type", "unknown"),
        url=_strip_url(record.headers.get("WARC-Target-URI")),
        date=record.headers.get("WARC-Date"),
        status=status if status is not None and 0 < status < 1000 else None,
        mime=mime,
        charset_header=charset,
        content_language=headers.get("content-language"),
        headers=headers,
        payload=payload,
        problem=problem or ("warc_truncated" if record.headers.get("WARC-Truncated") else None),
        refers_to_date=record.headers.get("WARC-Refers-To-Date"),
    )


def _split_content_type(value: str | None) -> tuple[str | None, str | None]:
    """Mime type and charset of a Content-Type, in lower case, each None where there is none."""
    if not value:
        return None, None
    charset = _CHARSET.search(value)
    return re.split("[;,]", value, maxsplit=1)[0].strip().lower() or None, charset[1].lower() if charset else None


def _strip_url(value: str | None) -> str | None:
    """Old wgets put the URI in angle brackets, as the standard's grammar once told."""
    return value.strip().removeprefix("<").removesuffix(">") if value else None

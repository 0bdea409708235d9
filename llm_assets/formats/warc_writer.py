"""Writes WARC 1.1, a gzip member for each record. The same calls give the same bytes: dates are told, ids are derived."""

from __future__ import annotations

import gzip
import hashlib
import io
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from fastwarc.warc import WarcRecord, WarcRecordType

from llm_assets.formats.warc_record import format_digest

COMPRESSION_LEVEL = 6


class Original(NamedTuple):
    """The record that holds a payload which came again. ``record_id`` and ``payload_digest`` are written as in its header."""

    record_id: str
    url: str
    date: str
    payload_digest: str


class WarcWriter:
    """One WARC file: a warcinfo record, then pairs of a request and its response or revisit. Use it in a ``with`` block.

    ``date`` (ISO 8601, UTC) is the WARC-Date of every record that is given none of its own. ``raw_bytes`` counts what was
    written, uncompressed.
    """

    def __init__(self, path: Path, date: str, info: Mapping[str, str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.date = date
        self.raw_bytes = 0
        self._file = path.open("wb")
        block = "".join(f"{name}: {value}\r\n" for name, value in info.items()).encode()
        self._write("warcinfo", date, block, {"WARC-Filename": path.name, "Content-Type": "application/warc-fields"})

    def write_exchange(self, url: str, request: bytes, response: bytes, cut: bool = False, date: str | None = None) -> None:
        """A request and what came back, each as it went over the wire: first line, headers, empty line, body.

        ``cut`` says that the response was longer than what is written, ``date`` when it was fetched.
        """
        headers = {"WARC-Payload-Digest": format_digest(response.partition(b"\r\n\r\n")[2])}
        if cut:
            headers["WARC-Truncated"] = "length"
        self._write_pair("response", url, request, response, headers, date or self.date)

    def write_revisit(self, url: str, request: bytes, head: bytes, original: Original, date: str | None = None) -> None:
        """A request to which came what ``original`` holds: of the answer only its head is written, with the empty line."""
        headers = {
            "WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
            "WARC-Payload-Digest": original.payload_digest,
            "WARC-Refers-To": original.record_id,
            "WARC-Refers-To-Target-URI": original.url,
            "WARC-Refers-To-Date": original.date,
        }
        self._write_pair("revisit", url, request, head, headers, date or self.date)

    def _write_pair(self, kind: str, url: str, request: bytes, answer: bytes, headers: Mapping[str, str], date: str) -> None:
        asked = _record_id("request", date, url, request)
        answered = _record_id(kind, date, url, answer)
        asking = {"WARC-Payload-Digest": format_digest(request.partition(b"\r\n\r\n")[2])}
        for each, block, concurrent, own in (("request", request, answered, asking), (kind, answer, asked, headers)):
            message = "request" if each == "request" else "response"
            told = {"WARC-Target-URI": url, "WARC-Concurrent-To": f"<urn:{concurrent}>", **own}
            self._write(each, date, block, {**told, "Content-Type": f"application/http; msgtype={message}"})

    def _write(self, kind: str, date: str, block: bytes, headers: Mapping[str, str]) -> None:
        record = WarcRecord()
        record.init_headers(
            getattr(WarcRecordType, kind), record_urn=_record_id(kind, date, headers.get("WARC-Target-URI", ""), block).encode()
        )
        record.headers["WARC-Date"] = date
        for name, value in headers.items():
            record.headers[name] = value
        record.set_bytes_content(block)
        whole = io.BytesIO()
        record.write(whole, checksum_data=True)
        self.raw_bytes += whole.tell()
        self._file.write(gzip.compress(whole.getvalue(), COMPRESSION_LEVEL, mtime=0))

    def close(self) -> None:
        """Ends the file."""
        self._file.close()

    def __enter__(self) -> WarcWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _record_id(kind: str, date: str, url: str, block: bytes) -> str:
    """A UUID of what the record holds, so that writing it again gives it again."""
    return f"uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{kind} {date} {url} {hashlib.sha256(block).hexdigest()}')}"

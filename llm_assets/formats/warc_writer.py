"""Writes WARC 1.1, a gzip member for each record. The same calls give the same bytes: dates are told, ids are derived."""

from __future__ import annotations

import gzip
import hashlib
import io
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from fastwarc.warc import WarcRecord, WarcRecordType

from llm_assets.formats.warc import format_digest

COMPRESSION_LEVEL = 6


class WarcWriter:
    """One WARC file: a warcinfo record, then pairs of request and response. Use it in a ``with`` block.

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
        date = date or self.date
        asked = _record_id("request", date, url, request)
        answered = _record_id("response", date, url, response)
        for kind, block, concurrent in (("request", request, answered), ("response", response, asked)):
            headers = {
                "WARC-Target-URI": url,
                "WARC-Concurrent-To": f"<urn:{concurrent}>",
                "WARC-Payload-Digest": format_digest(block.partition(b"\r\n\r\n")[2]),
                "Content-Type": f"application/http; msgtype={kind}",
            }
            if cut and kind == "response":
                headers["WARC-Truncated"] = "length"
            self._write(kind, date, block, headers)

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

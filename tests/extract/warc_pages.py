"""Records and pages as tests write them."""

from __future__ import annotations


def make_record(
    payload: bytes,
    url: str = "http://site.example/page",
    *,
    kind: str = "response",
    status: str = "200 OK",
    content_type: str | None = "text/html; charset=utf-8",
    http_headers: str = "",
) -> bytes:
    """One WARC record, an HTTP response unless ``kind`` is another."""
    mime = f"Content-Type: {content_type}\r\n" if content_type else ""
    if kind == "response":
        block = f"HTTP/1.1 {status}\r\n{mime}{http_headers}\r\n".encode() + payload
        mime = "Content-Type: application/http;msgtype=response\r\n"
    else:
        block = payload
    header = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-01-02T03:04:05Z\r\n{mime}"
    return f"{header}Content-Length: {len(block)}\r\n\r\n".encode("utf-8", "surrogateescape") + block + b"\r\n\r\n"


def make_page(number: int = 0, words: int = 60) -> bytes:
    """A plain article that any engine reads."""
    sentence = f"Sentence {number} tells of a river, a bridge and the people who walk across it in the evening. "
    return (
        f"<html><head><title>Page {number}</title></head><body><article><p>{sentence * (words // 15)}</p></article></body></html>".encode()
    )

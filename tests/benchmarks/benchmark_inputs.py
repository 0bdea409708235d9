"""Inputs as tests write them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Run = Callable[..., dict[str, Any]]

SENTENCES = ("The ferry left before dawn.", "Nobody on the pier had slept.", "A dog barked twice and then lay down again.")


def write_warc(path: Path, pages: Sequence[tuple[str, Sequence[str]]]) -> list[int]:
    """Pages (URL, paragraphs) as responses, a gzip member each; gives where each lies."""
    places, written = [], 0
    with path.open("wb") as file:
        for url, paragraphs in pages:
            body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
            page = f"<html><body><article>{body}</article></body></html>".encode()
            block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
            header = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nContent-Type: application/http\r\n"
            places.append(written)
            written += file.write(gzip.compress(f"{header}Content-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"))
    return places


def write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path

"""A server of the shape of Common Crawl's, on loopback, that fails as the real one does, when and how a test says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote

from loopback_server import LoopbackServer

Fault = Callable[["Handler", bytes], None]


@dataclass
class ArchiveServer(LoopbackServer):
    """Serves ``files`` (path to content). ``faults`` are taken one a request, in order; then all is well."""

    files: Mapping[str, bytes]
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and ``Range`` of each request."""
    etags: dict[str, str] = field(default_factory=dict)

    def make_handler(self) -> type[BaseHTTPRequestHandler]:
        return type("Bound", (Handler,), {"archive": self})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}/"


class Handler(BaseHTTPRequestHandler):
    archive: ArchiveServer

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(self.path.lstrip("/"))
        self.archive.asked.append((path, self.headers["Range"]))
        faults = self.archive.faults.get(path, [])
        content = self.archive.files.get(path)
        if faults:
            faults.pop(0)(self, content or b"")
        elif content is None:
            self.answer(404, b"no such key")
        else:
            self.serve(content)

    def serve(self, content: bytes, cut: int | None = None) -> None:
        """The file, or the range asked for; ``cut`` bytes of the body, and the connection is closed."""
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers["Range"] or "")
        start = int(asked[1]) if asked else 0
        stop = int(asked[2]) + 1 if asked and asked[2] else len(content)
        if start >= len(content):
            self.answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
            return
        body = content[start:stop]
        headers = {"Content-Length": str(len(body))}
        if asked:
            headers["Content-Range"] = f"bytes {start}-{start + len(body) - 1}/{len(content)}"
        self.answer(206 if asked else 200, body[:cut], headers)

    def answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        etag = self.archive.etags.get(self.path.lstrip("/"))
        for name, value in {"Content-Length": str(len(body)), **({"ETag": etag} if etag else {}), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def refuse(status: int, **headers: str) -> Fault:
    """An answer without the file. ``Retry_After`` becomes ``Retry-After``."""
    return lambda handler, _: handler.answer(status, b"<Error/>", {name.replace("_", "-"): value for name, value in headers.items()})


def cut(after: int) -> Fault:
    """The connection ends within the body."""
    return lambda handler, content: handler.serve(content, after)


def tell_length(difference: int) -> Fault:
    """A Content-Length that is not the body's."""
    return lambda handler, content: handler.answer(200, content, {"Content-Length": str(len(content) + difference)})


def garble(handler: Handler, content: bytes) -> None:
    """Bytes of the right number, one of them another."""
    middle = len(content) // 2
    handler.answer(200, content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :])


def ignore_range(handler: Handler, content: bytes) -> None:
    """The whole file, whatever was asked for."""
    handler.answer(200, content)


def mistake_range(handler: Handler, content: bytes) -> None:
    """Another range than was asked for."""
    handler.answer(206, content[1:], {"Content-Range": f"bytes 1-{len(content) - 1}/{len(content)}"})


def hang_up(handler: Handler, content: bytes) -> None:
    """Nothing at all."""
    handler.close_connection = True

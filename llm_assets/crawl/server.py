"""Serves pages over HTTP on a loopback port, as the proxy through which their hosts are reached.

A client that uses it as its proxy asks for whole URLs, so the pages keep stable URLs of hosts that do not exist while the
port differs every time. Nothing but the page decides an answer: no date, no server name.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType

from llm_assets.crawl.pages import Page

NOT_FOUND = b'<!DOCTYPE html>\n<html lang="en"><head><title>Not found</title></head><body><h1>Not found</h1></body></html>\n'


class PageServer:
    """Answers for ``pages`` (URL to page) while its ``with`` block lasts, and 404 for everything else."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        class Handler(_PageHandler):
            known = pages

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def proxy(self) -> str:
        """URL of the proxy, ``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> PageServer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _PageHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together, or the kernel waits 40 ms between them
    known: Mapping[str, Page] = {}

    def do_GET(self) -> None:
        page = self.known.get(self.path) or Page(self.path, NOT_FOUND, status=HTTPStatus.NOT_FOUND)
        self.send_response_only(page.status)
        self.send_header("Content-Type", page.mime)
        self.send_header("Content-Length", str(len(page.body)))
        for name, value in page.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page.body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing: what was asked stands in the WARC."""

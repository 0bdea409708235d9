"""A receiver of webhooks on loopback."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

from loopback_server import LoopbackServer

PATH = "/services/T0/B1/secret"


class Receiver(LoopbackServer):
    """A real server on loopback that answers as it is told to, the last answer again and again."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.answers: list[int] = [200]
        self.seconds = 0.0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}{PATH}"

    def make_handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                time.sleep(receiver.seconds)
                status = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
                self.send_response(status)
                self.send_header("Location", "http://127.0.0.1:9/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words: object) -> None:
                pass

        return Handler

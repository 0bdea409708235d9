"""What keeps other pages out: the page runs no script but its own, and no other site's page gets an answer.

A name that a hostile site points at this machine (DNS rebinding) comes with that site's name as ``Host``, which is refused. A request that
a browser sends for another site says so, and is refused too, so that nobody makes the model work by a link.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ("127.0.0.1", "localhost")
MOST_BODY_BYTES = 512 << 10
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
OWN_SITE = frozenset({"same-origin", "none"})
"""``Sec-Fetch-Site`` of the page's own requests, and of an address that a person typed."""


class Guard:
    """Refuses what does not come from the page or from a program here, or is too large, and puts HEADERS on every answer."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str] = HOSTS) -> None:
        self.app, self.hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refusal = self._refuse(Headers(scope=scope))
        if refusal is not None:
            status, told = refusal
            await JSONResponse({"error": told}, status)(scope, receive, send_guarded)
            return
        await self.app(scope, receive, send_guarded)

    def _refuse(self, headers: Headers) -> tuple[int, str] | None:
        """Status and reason."""
        host, _, port = headers.get("host", "").lower().partition(":")
        if host not in self.hosts or not (port.isdigit() or not port):
            return 421, "this page is served on loopback alone: open it at http://127.0.0.1"
        if headers.get("sec-fetch-site", "none") not in OWN_SITE and headers.get("sec-fetch-mode") != "navigate":
            return 403, "another site's page has no business here"
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not length.isdigit() or int(length) > MOST_BODY_BYTES:
            return 413, f"a request has at most {MOST_BODY_BYTES >> 10} KiB, and tells its length"
        return None

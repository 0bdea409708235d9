"""Serves the explorer on loopback until it is interrupted."""

from __future__ import annotations

import contextlib
import threading
import webbrowser
from collections.abc import Callable
from typing import Any

import uvicorn

from llm_assets.errors import ConfigError, LLMAssetsError
from llm_assets.explorer.app import make_app
from llm_assets.explorer.holdings import PROJECT, Holdings
from llm_assets.instance import LOOPBACK
from llm_assets.services import is_listening

MOST_CONNECTIONS = 256
"""Past these, an answer says that the server is busy."""

WARM_UP_SECONDS = 1.0
"""After the start, what the views will ask for is loaded: later, so that the page itself comes first."""


class _Server(uvicorn.Server):
    """Tells when it answers."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, *arguments: Any, **named: Any) -> None:
        await super().startup(*arguments, **named)
        if self.started:
            self._on_ready()


def serve(holdings: Holdings, port: int, on_ready: Callable[[str], None], *, browse: bool) -> None:
    """Serves until Ctrl-C. ``on_ready`` gets the address once it answers; ``browse`` opens it in the person's browser.

    ConfigError where the port is taken.
    """
    if is_listening(port):
        raise ConfigError(f"port {port} is taken by another program: choose another with --port")
    address = f"http://{LOOPBACK}:{port}"

    def begin() -> None:
        on_ready(address)
        later = threading.Timer(WARM_UP_SECONDS, _warm_up, (holdings,))
        later.daemon = True
        later.start()
        if browse:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    config = uvicorn.Config(
        make_app(holdings),
        host=LOOPBACK,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
    )
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn ends in good order, and passes the signal on
        _Server(config, begin).run()


def _warm_up(holdings: Holdings) -> None:
    """Opens what the views will ask for, so that the first word typed does not wait. What is missing is told when it is asked for."""
    for load in (lambda: holdings.tokenizer(PROJECT), holdings.model, holdings.recipe, holdings.tracer):
        try:
            load()
        except LLMAssetsError:
            continue

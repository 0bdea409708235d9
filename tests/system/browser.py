"""Debian's Chromium without a screen, driven by Playwright as a person does: keys, text, clicks. No browser is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
expect.set_options(timeout=60_000)  # a busy machine is slow, not wrong


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """A new browser. Skips where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed: `make system-packages` installs the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Log:
    """What a tab told of its own accord."""

    complaints: list[str] = field(default_factory=list)
    """Errors that the page's scripts, its policy or the browser met."""
    hosts: set[str] = field(default_factory=set)
    """Scheme and host of all that was asked for."""

    @classmethod
    def of(cls, page: Page) -> Log:
        """Starts to write down what a tab tells."""
        log = cls()
        page.on("pageerror", lambda error: log.complaints.append(str(error)))
        page.on("console", lambda message: log.complaints.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: log.hosts.add("//".join(request.url.split("/")[:3:2])))
        return log

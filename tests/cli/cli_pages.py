"""The pages of the root that commands look at: one for every fate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from llm_assets.formats.doc import make_doc
from llm_assets.quality.signals import SIGNALS

RECIPE = "[filters.language]\n[filters.gopher_quality]\nmin_words = 20\n[filters.c4]\n"
HOSTILE_URL = "https://evil.test/\x1b[31m\x9b2J[red]<script>:warning:/ada@mail.test"
HOSTILE_TITLE = "\x1b]0;owned\x07[bold red]Hi[/] <script>alert(1)</script> call (212) 555-0187 \u202eevil"
CRAWLED = "2026-01-01T00:00:00Z"


class Page(NamedTuple):
    """A page of the root: its URL and title, the measurements that are not those of good prose, its language, its status."""

    url: str
    title: str | None = None
    signals: Mapping[str, float] = {}
    language: str = "en"
    status: int = 200


KEPT, COPY, SHORT, GERMAN, HOSTILE, GONE = range(1, 7)
PAGES = {
    KEPT: Page("https://example.test/kept", "A page"),
    COPY: Page("https://example.test/copy", "A page"),
    SHORT: Page("https://example.test/short", "Short", {"words": 12345678.0, "sentences": 1.0, "stop_words": 0.0}),
    GERMAN: Page("https://example.test/deutsch", "Deutsch", language="de"),
    HOSTILE: Page(HOSTILE_URL, HOSTILE_TITLE),
    GONE: Page("https://example.test/kept", status=404),
}
GOOD = {"words": 300.0, "mean_word_length": 5.0, "alpha_word_fraction": 1.0, "stop_words": 8.0, "sentences": 12.0}


def key(record: int) -> int:
    return make_doc(0, 0, record)


def measured(page: Page, doc: int) -> dict[str, Any]:
    """A row of ``quality_signals``."""
    row = dict.fromkeys(SIGNALS.names, 0.0) | GOOD | dict(page.signals)
    return row | {"doc": doc, "language": page.language, "language_score": 0.99}

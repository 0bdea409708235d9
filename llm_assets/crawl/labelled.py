"""The labelled little site: original pages of this project, each with the fate it must meet in the pipeline.

``labelled_site/labels.toml`` says for every path what is served there and what becomes of it. It joins the demonstration
crawl, so that every rule can be seen at work on a page one can read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from llm_assets.crawl.pages import Page, make_url, render_index, render_page
from llm_assets.section import Section

FOLDER = Path(__file__).parent / "labelled_site"
MIMES = {".png": "image/png", ".pdf": "application/pdf"}
INTRODUCTION = "Small pages about a harbour, a bakery and a river. Every one of them is here for a reason."


class Label(Section):
    """One page and what becomes of it."""

    path: str
    """Path of its URL."""

    title: str
    """Its title, and the text of the link to it."""

    stage: str
    """The stage that rejects it, or ``kept``."""

    rule: tuple[str, ...] = ()
    """The rules that may say so; which one speaks first depends on the recipe's order."""

    redacted: tuple[str, ...] = ()
    """Kinds of personal data that are taken out of a kept page."""

    file: str = ""
    """What is served: an article in HTML, or a file that is no page."""

    swap: Mapping[str, str] = Field(default_factory=dict)
    """Words of the article that are replaced, which makes a near copy."""

    language: str = "en"
    """Language the page says to be in."""

    status: int = 200
    """HTTP status. At 404 there is a link and no page."""

    location: str = ""
    """Path that the page redirects to."""

    @property
    def url(self) -> str:
        """Whole URL of the page."""
        return make_url("labelled", self.path)


def read_labels() -> list[Label]:
    """Labels in the order in which the index page links them, so elders come before their copies."""
    labels = tomllib.loads((FOLDER / "labels.toml").read_text(encoding="utf-8"))["page"]
    return [Label.model_validate(label) for label in labels]


def list_labelled_pages() -> list[Page]:
    """The pages of the site, with its index. A path that is to be missing is linked and has no page."""
    labels = read_labels()
    pages = [_serve(label) for label in labels if label.status != 404]
    return [render_index(make_url("labelled"), "The harbour pages", INTRODUCTION, [(label.url, label.title) for label in labels]), *pages]


def _serve(label: Label) -> Page:
    if label.location:
        return Page(label.url, b"", status=label.status, headers=(("Location", make_url("labelled", label.location)),))
    file = FOLDER / label.file
    if file.suffix in MIMES:
        return Page(label.url, file.read_bytes(), MIMES[file.suffix])
    article = file.read_text(encoding="utf-8")
    for old, new in label.swap.items():
        article = article.replace(old, new)
    return render_page(label.url, label.title, article, language=label.language)

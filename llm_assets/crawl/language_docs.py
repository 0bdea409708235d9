"""Pages of the language topics that lie in every Python (``help("assert")`` shows them), from reStructuredText."""

from __future__ import annotations

import re
from html import escape, unescape
from pydoc_data.topics import topics

from docutils.core import publish_parts

from llm_assets.crawl.pages import Page, make_url, render_page

_SETTINGS = {
    "report_level": 5,  # the topics lean on Sphinx's roles; what docutils does not know stays text
    "halt_level": 5,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "initial_header_level": 2,
    "syntax_highlight": "none",
    "_disable_config": True,
}
_LITERAL = re.compile(r":\n\n(?=[ ]{3})")


def list_topics() -> list[str]:
    """Names of all topics, sorted."""
    return sorted(topics)


def render_topic(name: str) -> Page:
    """The page of one topic."""
    # The topics were written out without the double colons that mark code.
    parts = publish_parts(_LITERAL.sub("::\n\n", topics[name]), writer="html5", settings_overrides=_SETTINGS)
    title = parts["title"] or escape(name)
    article = f"<h1>{title}</h1>\n{parts['fragment']}"
    return render_page(make_url("language", f"/topics/{name}"), unescape(re.sub("<[^>]+>", "", title)), article)

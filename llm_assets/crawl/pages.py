"""Web pages of the demonstration site: one layout, and a place to look them up."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

HOST_SUFFIX = "python-docs.invalid"
"""``.invalid`` is reserved (RFC 6761): these pages can never be mistaken for someone's."""

SECTIONS = {"language": "The language", "library": "The library", "packages": "Packages", "labelled": "Labelled pages"}


@dataclass(frozen=True)
class Page:
    """What the server answers at a URL."""

    url: str
    body: bytes
    mime: str = "text/html; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = field(default=())


def make_url(section: str, path: str = "/") -> str:
    """URL of a path on a section's host.

    >>> make_url("language", "/topics/assert")
    'http://language.python-docs.invalid/topics/assert'
    """
    return f"http://{section}.{HOST_SUFFIX}{path}"


def render_page(url: str, title: str, article: str, language: str = "en", sections: tuple[str, ...] = tuple(SECTIONS)) -> Page:
    """A page around ``article``, which is HTML already. ``title`` is text."""
    links = "".join(f'<li><a href="{make_url(section)}">{escape(SECTIONS[section])}</a></li>' for section in sections)
    html = f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<title>{escape(title)}</title>
<meta name="viewport" content="width=device-width">
</head>
<body>
<header><nav><ul>{links}</ul></nav></header>
<main>
<article>
{article}
</article>
</main>
<footer><p>Served on loopback for a demonstration crawl.</p></footer>
</body>
</html>
"""
    return Page(url, html.encode())


def render_index(
    url: str, title: str, introduction: str, links: list[tuple[str, str]], sections: tuple[str, ...] = tuple(SECTIONS)
) -> Page:
    """A page of links (URL, text)."""
    items = "\n".join(f'<li><a href="{escape(link)}">{escape(text)}</a></li>' for link, text in links)
    article = f"<h1>{escape(title)}</h1>\n<p>{escape(introduction)}</p>\n<ul>\n{items}\n</ul>"
    return render_page(url, title, article, sections=sections)

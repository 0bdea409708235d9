"""The demonstration site: which pages it has, and the index pages that lead to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from llm_assets.crawl.labelled import list_labelled_pages
from llm_assets.crawl.language_docs import list_topics, render_topic
from llm_assets.crawl.library_docs import list_library_pages
from llm_assets.crawl.package_docs import list_packages, render_licence, render_package
from llm_assets.crawl.pages import Page, make_url, render_index

ROBOTS = b"User-agent: *\nDisallow: /private/\n"
SECTIONS = {
    "language": "The Python language, topic by topic, as the interpreter's own help tells it.",
    "library": "What the standard library's modules and classes say of themselves.",
    "packages": "The packages installed beside this Python: what they are for, and under which licence.",
}

Item = TypeVar("Item")


@dataclass(frozen=True)
class Entry:
    """A page that is rendered when it is chosen."""

    section: str
    url: str
    text: str
    render: Callable[[], Page]


def list_seeds(labelled_site: bool) -> list[str]:
    """Start pages of the site's hosts."""
    return [make_url(section) for section in SECTIONS] + [make_url("labelled")] * labelled_site


def build_site(max_pages: int, labelled_site: bool) -> dict[str, Page]:
    """All pages by URL: at most ``max_pages`` of documentation, evenly spread, with index pages and the labelled site."""
    chosen = spread_evenly(_list_entries(), max_pages)
    pages = [entry.render() for entry in chosen]
    hosts = [*SECTIONS]
    for section, introduction in SECTIONS.items():
        links = [(entry.url, entry.text) for entry in chosen if entry.section == section]
        pages.append(render_index(make_url(section), section.capitalize(), introduction, links))
    if labelled_site:
        pages.extend(list_labelled_pages())
        hosts.append("labelled")
    pages.extend(Page(make_url(host, "/robots.txt"), ROBOTS, "text/plain; charset=utf-8") for host in hosts)
    return {page.url: page for page in pages}


def spread_evenly(items: Sequence[Item], count: int) -> list[Item]:
    """``count`` items at even distances, or all where there are fewer.

    >>> spread_evenly("abcdef", 3)
    ['a', 'c', 'e']
    """
    if count >= len(items):
        return list(items)
    return [items[place * len(items) // count] for place in range(count)]


def _list_entries() -> list[Entry]:
    entries = [Entry("language", make_url("language", f"/topics/{name}"), name, partial(render_topic, name)) for name in list_topics()]
    entries.extend(Entry("library", page.url, page.title, page.render) for page in list_library_pages())
    for package in list_packages():
        entries.append(Entry("packages", package.url, package.name, partial(render_package, package)))
        for url, path in package.licences:
            text = f"{path.name} of {package.name}"
            entries.append(Entry("packages", url, text, partial(render_licence, package, url, path)))
    return entries

"""Pages of the installed distributions: long descriptions, rendered as a package index would, and licences."""

from __future__ import annotations

import io
import re
import sysconfig
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import escape
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from llm_assets.crawl.pages import Page, make_url, render_page
from llm_assets.crawl.plain_text import render_plain_text

_OWN_NAME = "llm-assets"  # its description is this project's README, and changes with every commit
_LICENCE = re.compile(r"(?:licen[cs]e|copying|notice|authors|credits)", re.IGNORECASE)


@dataclass(frozen=True)
class Package:
    """An installed distribution. ``name`` is normalised (PEP 503)."""

    name: str
    version: str
    distribution: Distribution

    @property
    def url(self) -> str:
        """``/NAME/``."""
        return make_url("packages", f"/{self.name}/")

    @cached_property
    def licences(self) -> list[tuple[str, Path]]:
        """URL and file of each licence, in order of path."""
        found = {}
        for file in self.distribution.files or ():
            folder, _, rest = file.as_posix().partition("/")
            if folder.endswith(".dist-info") and _LICENCE.search(rest):
                found[make_url("packages", f"/{self.name}/{re.sub('[^A-Za-z0-9._/-]', '-', rest)}")] = Path(str(file.locate()))
        return [(url, found[url]) for url in sorted(found) if found[url].is_file()]


def list_packages() -> tuple[Package, ...]:
    """Distributions of this Python's own site-packages, in order of name."""
    folders = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    return _list_packages(*((folder, Path(folder).stat().st_mtime_ns) for folder in folders))


@lru_cache(maxsize=1)  # who plans asks again and again, and what is installed or removed changes its folder's time
def _list_packages(*folders: tuple[str, int]) -> tuple[Package, ...]:
    found: dict[str, Package] = {}
    for distribution in distributions(path=[folder for folder, _ in folders]):
        metadata = distribution.metadata
        name = re.sub(r"[-_.]+", "-", metadata["Name"] or "").lower()
        if name and name != _OWN_NAME:
            found.setdefault(name, Package(name, metadata["Version"], distribution))
    return tuple(found[name] for name in sorted(found))


def render_package(package: Package) -> Page:
    """The page of a distribution's description, with links to its licences."""
    metadata = package.distribution.metadata.json
    title = f"{metadata['name']} {metadata['version']}"
    authors = [str(metadata[key]) for key in ("author", "author_email", "maintainer_email") if metadata.get(key)]
    parts = [f"<h1>{escape(title)}</h1>", f"<p>{escape(str(metadata.get('summary', '')))}</p>"]
    if authors:
        parts.append(f"<p>Written by {escape(', '.join(authors))}.</p>")
    parts.append(_render_description(metadata))
    links = "".join(f'<li><a href="{escape(url)}">{escape(path.name)}</a></li>' for url, path in package.licences)
    return render_page(package.url, title, "\n".join(parts) + (f"\n<h2>Licences</h2>\n<ul>{links}</ul>" if links else ""))


def render_licence(package: Package, url: str, path: Path) -> Page:
    """The page of a licence file."""
    title = f"{path.name} of {package.name}"
    text = path.read_bytes().decode("utf-8", "replace")
    return render_page(url, title, f"<h1>{escape(title)}</h1>\n{render_plain_text(text)}")


def _render_description(metadata: dict[str, Any]) -> str:
    from readme_renderer import markdown, rst

    text = str(metadata.get("description") or "")
    kind = str(metadata.get("description_content_type") or "").split(";")[0].strip().lower()
    html: str | None = None
    if kind == "text/markdown":
        html = markdown.render(text)
    elif kind == "text/x-rst":
        html = rst.render(text, stream=io.StringIO())
    return html if html is not None else render_plain_text(text)

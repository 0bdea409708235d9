"""Pages of the standard library's docstrings.

They are read from the sources' syntax trees. Nothing is imported: some modules open a browser, print a poem, or need a
display, and what an import finds depends on the machine.
"""

from __future__ import annotations

import ast
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from llm_assets.crawl.pages import Page, make_url, render_page
from llm_assets.crawl.plain_text import render_plain_text

OWN_PAGE_CHARACTERS = 1_000
"""A class with as many characters of docstrings gets a page of its own."""

_LEFT_OUT = frozenset({"test", "tests", "idlelib", "turtledemo", "lib2to3", "pydoc_data", "encodings", "ensurepip", "site-packages"})


@dataclass(frozen=True)
class Outline:
    """The documented public part of a module, class or function. ``signature`` is a function's, and empty otherwise."""

    name: str
    text: str
    signature: str
    members: tuple[Outline, ...]

    @property
    def characters(self) -> int:
        """Length of its docstrings, its members' included."""
        return len(self.text) + sum(member.characters for member in self.members)

    @property
    def has_own_page(self) -> bool:
        """Whether it is a class that is large enough."""
        return not self.signature and self.characters >= OWN_PAGE_CHARACTERS


@dataclass(frozen=True)
class LibraryPage:
    """A module, or a large class of ``module``, that gets a page."""

    outline: Outline
    module: str | None = None

    @property
    def title(self) -> str:
        """``The module heapq``, ``Semaphore in asyncio.locks``."""
        return f"The module {self.outline.name}" if self.module is None else f"{self.outline.name} in {self.module}"

    @property
    def url(self) -> str:
        """``/heapq``, ``/asyncio.locks/Semaphore``."""
        return make_url("library", f"/{self.outline.name}" if self.module is None else f"/{self.module}/{self.outline.name}")

    def render(self) -> Page:
        """The page."""
        body = "\n".join(self._render_parts())
        return render_page(self.url, self.title, f"<h1>{escape(self.title)}</h1>\n{body}")

    def _render_parts(self) -> Iterator[str]:
        name = self.outline.name
        yield render_plain_text(self.outline.text)
        for member in self.outline.members:
            if self.module is None and member.has_own_page:
                yield f'<p>The class <a href="/{name}/{member.name}">{member.name}</a> has a page of its own.</p>'
            else:
                yield from _render_member(member, 2)


@cache  # the library of the running Python does not change
def list_library_pages() -> tuple[LibraryPage, ...]:
    """Public modules with a docstring, each followed by its large classes, in order of name."""
    pages: list[LibraryPage] = []
    for name, path in sorted(_find_modules(Path(sysconfig.get_path("stdlib")))):
        tree = ast.parse(path.read_bytes())
        if text := ast.get_docstring(tree):
            module = Outline(name, text, "", tuple(_outline_members(tree.body)))
            pages.append(LibraryPage(module))
            pages.extend(LibraryPage(member, name) for member in module.members if member.has_own_page)
    return tuple(pages)


def _find_modules(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        hidden = any(part.startswith("_") for part in name.split("."))
        if name and not hidden and not _LEFT_OUT & set(parts) and parts[0] in sys.stdlib_module_names:
            yield name, path


def _outline_members(body: Iterable[ast.stmt]) -> Iterator[Outline]:
    seen: set[str] = set()
    for node in body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_") or node.name in seen:
            continue
        text = ast.get_docstring(node) or ""
        if isinstance(node, ast.ClassDef):
            outline = Outline(node.name, text, "", tuple(_outline_members(node.body)))
        else:
            names = (argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))
            outline = Outline(node.name, text, f"({', '.join(names)})", ())
        if outline.characters:
            seen.add(node.name)
            yield outline


def _render_member(member: Outline, level: int) -> Iterator[str]:
    heading = f"{member.name}{member.signature}" if member.signature else f"class {member.name}"
    yield f"<h{level}>{heading}</h{level}>\n{render_plain_text(member.text)}"
    for inner in member.members:
        yield from _render_member(inner, min(level + 1, 6))

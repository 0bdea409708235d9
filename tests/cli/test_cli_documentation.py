"""What the pages below docs/ say is there: pages, links, commands, queries, keys of the recipe."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
import yaml
from pydantic import BaseModel

from llm_assets.catalog import open_catalog, query_rows
from llm_assets.cli import app
from llm_assets.crawl.declaration import parse_parameters
from llm_assets.quality import FILTERS
from llm_assets.recipe import SECTIONS, Recipe, override, parse_recipe
from llm_assets.root import DataRoot

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
PROGRAM = typer.main.get_command(app)
PAGES = sorted(DOCS.rglob("*.md"))
SHOWN = [*PAGES, *(REPOSITORY / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md"))]
NO_KEYS = {"url_filter.hard_word", "extraction.empty", "extraction.error", "language.score", "prescreen.language", "tokenizer.json"}
"""Reasons of rejections, and a file, that are written like a key of the recipe."""

every_page = pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.relative_to(REPOSITORY).as_posix())


def settings() -> Mapping[str, Any]:
    return yaml.safe_load((REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8"))


def navigation(entries: Any) -> Iterator[str]:
    if isinstance(entries, str):
        yield entries
    else:
        for each in entries.values() if isinstance(entries, dict) else entries:
            yield from navigation(each)


def blocks(language: str, pages: list[Path]) -> list[Any]:
    """Code blocks in a language, each under its page and place in it."""
    found = []
    for page in pages:
        texts = re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        found += [pytest.param(text, id=f"{page.relative_to(REPOSITORY)}-{number}") for number, text in enumerate(texts)]
    return found


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)", prose(page), re.MULTILINE)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def commands(page: Path) -> Iterator[str]:
    """This program's lines of the console blocks, a backslash at the end undone."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from re.findall(r"^\$ (llm-assets .*)", block.replace("\\\n", " "), re.MULTILINE)


def is_key(path: list[str], model: Any = Recipe) -> bool:
    """Whether a section, and a key of it, are there."""
    name, *rest = path
    if model is Recipe and name == "filters":
        return not rest or (rest[0] in FILTERS and (len(rest) == 1 or is_key(rest[1:], FILTERS[rest[0]])))
    if name not in model.model_fields:
        return False
    inner = [each for each in get_args(model.model_fields[name].annotation) if isinstance(each, type) and issubclass(each, BaseModel)]
    kind = model.model_fields[name].annotation
    if not rest:
        return True
    if name == "by_language":
        return len(rest) == 1 or is_key(rest[1:], inner[0] if inner else model)
    return isinstance(kind, type) and issubclass(kind, BaseModel) and is_key(rest, kind)


def test_the_navigation_names_every_page_once_and_none_that_is_not_there() -> None:
    named = list(navigation(settings()["nav"]))
    assert sorted(named) == [page.relative_to(DOCS).as_posix() for page in PAGES]


def test_the_site_asks_no_other_server() -> None:
    site = settings()
    assert site["theme"]["font"] is False
    assert site["plugins"] == ["search"]
    assert not {"extra_css", "extra_javascript", "hooks"} & set(site)


@every_page
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
        assert DOCS not in page.parents or target.is_relative_to(DOCS), f"{link} leaves the site"


@every_page
def test_every_command_shown_is_understood(page: Path) -> None:
    for line in commands(page):
        words = shlex.split(line.partition(" < ")[0], comments=True)[1:]
        context = PROGRAM.make_context("llm-assets", list(words))
        command: Any = PROGRAM
        rest = [*context._protected_args, *context.args]
        while hasattr(command, "commands"):
            name, command, rest = command.resolve_command(context, rest)
            assert command is not None, line
            context = command.make_context(name, list(rest), parent=context)
            rest = [*getattr(context, "_protected_args", []), *context.args]


@every_page
def test_every_command_named_in_passing_is_there(page: Path) -> None:
    for words in re.findall(r"`llm-assets ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)", prose(page)):
        first, _, second = words.partition(" ")
        assert first in PROGRAM.commands, words
        group = PROGRAM.commands[first]
        assert not second or not hasattr(group, "commands") or second in group.commands, words


@pytest.mark.parametrize("query", blocks("sql", PAGES))
def test_every_query_of_the_pages_runs(pages: DataRoot, query: str) -> None:
    with open_catalog(pages.catalog) as connection:
        query_rows(connection, query)


@pytest.mark.parametrize("text", blocks("toml", SHOWN))
def test_every_recipe_and_declaration_shown_is_read(text: str) -> None:
    values = tomllib.loads(text)
    if "source" in values:
        assert parse_parameters(values["source"], values["parameters"])
    else:
        parse_recipe(text)


@every_page
def test_every_setting_shown_is_one_of_the_recipe(page: Path) -> None:
    for line in commands(page):
        words = shlex.split(line, comments=True)
        for option, given in pairwise(words):
            if option == "--set":
                parse_recipe(override("", given.split(";")))


@every_page
def test_every_key_named_in_passing_is_one_of_the_recipe(page: Path) -> None:
    sections = "|".join(SECTIONS)
    for key in re.findall(rf"`((?:{sections})\.[a-z0-9_.]+)(?: = [^`]*)?`", prose(page)):
        assert key in NO_KEYS or is_key(key.split(".")) or is_column(key), key


def is_column(key: str) -> bool:
    """Whether it is a column of a table that bears a section's name."""
    from llm_assets.shelves import SHELVES

    table, _, column = key.partition(".")
    return table in SHELVES and column in SHELVES[table][0].names


@pytest.mark.parametrize("key", ["training.stepz", "filters.c5", "filters.c4.min_words", "tokenizer.file.name"])
def test_a_key_that_is_none_is_noticed(key: str) -> None:
    assert not is_key(key.split("."))

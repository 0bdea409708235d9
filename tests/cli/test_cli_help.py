from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from llm_assets.cli import app

REPOSITORY = Path(__file__).parents[2]
PROGRAM = typer.main.get_command(app)
HEAVY = ("duckdb", "numba", "numpy", "polars", "pyarrow", "pydantic", "torch")


def commands(group: Any = PROGRAM, *trail: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *trail, name)
        else:
            yield (*trail, name), command


COMMANDS = dict(commands())
every_command = pytest.mark.parametrize("name", COMMANDS, ids=" ".join)


def example_lines(epilog: str) -> list[str]:
    return [line.removeprefix("[dim]$[/] ").replace("\\[", "[") for line in epilog.split("\n\n")]


@every_command
def test_every_command_says_what_it_does_and_gives_an_example(name: tuple[str, ...], call) -> None:
    command = COMMANDS[name]
    assert command.help
    assert command.help.endswith(".")
    for line in example_lines(command.epilog):
        assert line.startswith("llm-assets ")
    shown = call(*name, "--help")
    assert shown.status == 0
    assert f"Usage: llm-assets {' '.join(name)}" in shown.out
    assert "$ llm-assets" in shown.out


@every_command
def test_every_example_is_understood(name: tuple[str, ...]) -> None:
    for line in example_lines(COMMANDS[name].epilog):
        words = shlex.split(line.partition(" < ")[0])[1:]
        context = PROGRAM.make_context("llm-assets", list(words))
        rest = [*context._protected_args, *context.args]
        assert tuple(rest[: len(name)]) == name
        COMMANDS[name].make_context(name[-1], rest[len(name) :], parent=context)


@every_command
def test_every_option_and_argument_is_told(name: tuple[str, ...]) -> None:
    assert not [each.name for each in COMMANDS[name].params if not each.help]


@every_command
def test_every_command_is_documented(name: tuple[str, ...]) -> None:
    pages = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages).replace("\\|", "|")
    *group, last = name
    before = "".join(f"{word} " for word in group)
    assert re.search(rf"llm-assets (--\S+ \S+ )?{before}([a-z|]+\|)?{last}\b", text), f"llm-assets {' '.join(name)} stands in no page"


def test_help_of_crawl_add_tells_every_source_and_its_parameters(call) -> None:
    from llm_assets.crawl import SOURCES

    shown = call("crawl", "add", "--help").out
    for name, source in SOURCES.items():
        assert f"--source {name}" in shown
        for field in source.model_fields:
            assert f"--{field.replace('_', '-')}" in shown


def test_the_command_line_loads_nothing_heavy_until_a_command_needs_it() -> None:
    code = f"import sys, llm_assets.cli; print(sorted(set({HEAVY}) & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


def test_the_version_is_told(call) -> None:
    from llm_assets import __version__

    assert call("--version").out == f"llm-assets {__version__}\n"

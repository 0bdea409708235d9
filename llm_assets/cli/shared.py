"""What every command shares: the application, the data root, one way to print a table."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from llm_assets.display import for_terminal
from llm_assets.formats.doc import format_doc
from llm_assets.root import DataRoot

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="From a raw web crawl to a language model's words, as a graph of Dagster assets.",
    epilog="First steps: [bold]llm-assets demo[/], then [bold]llm-assets funnel[/] and [bold]llm-assets ui[/].",
)
stdout = Console(width=None if sys.stdout.isatty() else 180)
stderr = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change the root's recipe: filters.gopher_quality.min_words=20, filters.c4=off."),
]
DOC_KEYS = frozenset({"doc", "elder", "family"})
"""Columns that hold document keys: JSON numbers of that size would be rounded, so they are shown as text."""


@app.callback()
def choose_root(
    context: typer.Context,
    home: Annotated[Path, typer.Option(envvar="LLM_ASSETS_HOME", help="Data root: a folder.")] = Path("data"),
    state: Annotated[
        Path | None, typer.Option(envvar="LLM_ASSETS_STATE", help="Databases, locks, spill.", show_default=".state in the root")
    ] = None,
) -> None:
    """Keeps what every command starts from."""
    context.obj = (home, state)


def open_root(context: typer.Context) -> DataRoot:
    """The data root of this call."""
    home, state = context.obj
    return DataRoot.at(home, state)


def print_table(rows: Sequence[Mapping[str, Any]], as_json: bool, title: str | None = None) -> None:
    """Rows as a table for eyes, or as JSON for programs. Untrusted text is made harmless in both."""
    if as_json:
        print_json([{name: _plain(name, value) for name, value in row.items()} for row in rows])
        return
    if not rows:
        stdout.print("[dim]no rows[/]")
        return
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for name, value in rows[0].items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(_plain(name, value)) for name, value in row.items()))
    stdout.print(table)


def print_json(value: Any) -> None:
    """JSON with its strings redacted; control characters are escaped by JSON itself."""
    typer.echo(json.dumps(value, indent=1, ensure_ascii=True, default=str))


def _plain(name: str, value: Any) -> Any:
    return format_doc(value) if name in DOC_KEYS and isinstance(value, int) else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else for_terminal(str(value), 300)

"""What every command shares: the application, the data root it reads, and the options that recur."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

if TYPE_CHECKING:
    import duckdb

    from llm_assets.root import DataRoot

RUNNING, LOOKING, MODEL, SETTING_UP = PANELS = ("Running", "Looking", "The model", "Setting up")
"""Panels of ``llm-assets --help``, in their order."""


class PanelGroup(TyperGroup):
    """Lists its commands panel by panel."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # the signature of typer's method
        """Names of the commands in the order of PANELS."""
        panels = {name: getattr(command, "rich_help_panel", None) for name, command in self.commands.items()}
        return sorted(self.commands, key=lambda name: PANELS.index(panels[name]))


app = typer.Typer(
    cls=PanelGroup,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="From a raw web crawl to a language model's words, as a graph of Dagster assets.",
    epilog="First steps: [bold]llm-assets demo[/], then [bold]llm-assets funnel[/] and [bold]llm-assets ui[/].",
)

PIPED_WIDTH = 10_000
"""Columns of a page that is no terminal: a line that goes to a program is never broken."""

stdout = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, highlight=False, emoji=False)
stderr = Console(stderr=True, highlight=False, emoji=False)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Change a key of the recipe, as often as you like. =default takes a key out, =off a filter."
    ),
]


def examples(*lines: str) -> str:
    """The end of a command's help: how it is typed."""
    return "\n\n".join(f"[dim]$[/] {escape(line)}" for line in lines)


def _show_version(wanted: bool) -> None:
    if wanted:
        from llm_assets import __version__

        typer.echo(f"llm-assets {__version__}")
        raise typer.Exit


@app.callback()
def choose_root(
    context: typer.Context,
    home: Annotated[
        str,
        typer.Option(envvar="LLM_ASSETS_HOME", metavar="DIR|URL", help="Data root: a folder, or a URL such as s3://bucket/corpus."),
    ] = "data",
    state: Annotated[
        str | None,
        typer.Option(envvar="LLM_ASSETS_STATE", metavar="DIR", help="Databases, locks, spill.", show_default=".state in the root"),
    ] = None,
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Keeps what every command starts from."""
    del version  # its callback has ended the program
    context.obj = (home, state)


def open_root(context: typer.Context, *, new: bool = False) -> DataRoot:
    """The data root of this call; nothing is made. ConfigError where there is none, unless it may be ``new``."""
    from llm_assets.root import DataRoot

    root = DataRoot.at(*context.obj, make=False)
    return root if new else require_root(root)


def require_root(root: DataRoot) -> DataRoot:
    """The root itself; ConfigError where its folder does not exist."""
    from llm_assets.errors import ConfigError

    if not root.exists:
        raise ConfigError(
            f"there is no data root at {root.address}: `llm-assets demo` or `llm-assets crawl add` makes one, --home names another"
        )
    return root


def require_text(words: str, name: str) -> str:
    """The words themselves. ConfigError where they came in as bytes that are no UTF-8."""
    from llm_assets.errors import ConfigError

    try:
        words.encode()
    except UnicodeEncodeError as error:
        raise ConfigError(f"the {name} is not UTF-8 text") from error
    return words


@contextmanager
def read_catalog(root: DataRoot) -> Iterator[duckdb.DuckDBPyConnection]:
    """The root's catalog. DataError where there is none, or one that these queries do not fit."""
    from llm_assets.catalog import read_catalog as read
    from llm_assets.shelves import settle_catalog

    settle_catalog(root)
    with read(root.catalog) as connection:
        yield connection

"""``llm-assets crawl`` and ``llm-assets blocklist``: what comes in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llm_assets.cli.shared import Json, app, open_root, print_table, stdout
from llm_assets.crawl import SOURCES
from llm_assets.display import for_terminal
from llm_assets.errors import ConfigError

crawl = typer.Typer(no_args_is_help=True, help="Declare crawls, list them, take one out.")
app.add_typer(crawl, name="crawl")
blocklist = typer.Typer(no_args_is_help=True, help="Side inputs of the URL filter.")
app.add_typer(blocklist, name="blocklist")


@crawl.command(
    "add",
    epilog="Example: llm-assets crawl add pages --source warc_files --path 'crawls/*.warc.gz'",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def add_crawl(
    context: typer.Context,
    name: str,
    source: Annotated[str, typer.Option(help=f"Where it comes from: {', '.join(SOURCES)}.")],
) -> None:
    """Declare a crawl. Further options are the source's parameters, such as [bold]--path[/] for warc_files."""
    declaration = open_root(context).add_crawl(name, source, _parameters(context.args))
    stdout.print(f"crawl {for_terminal(declaration.name)} is declared, sequence {declaration.sequence}; `llm-assets run` materializes it")


def _parameters(words: list[str]) -> dict[str, object]:
    """``--path X --max-pages 5`` or ``--path=X`` as a mapping; values that are TOML literals become what they say."""
    parameters: dict[str, object] = {}
    waiting = iter(words)
    for word in waiting:
        if not word.startswith("--"):
            raise ConfigError(f"{word!r} is not expected here: parameters of a source are given as --name value")
        key, equals, value = word[2:].partition("=")
        if not equals:
            value = next(waiting, "")
            if not value or value.startswith("--"):
                raise ConfigError(f"--{key} wants a value")
        parameters[key.replace("-", "_")] = _literal(value)
    return parameters


def _literal(value: str) -> object:
    if value in ("true", "false"):
        return value == "true"
    try:
        return int(value)
    except ValueError:
        return value


@crawl.command("list")
def list_crawls(context: typer.Context, as_json: Json = False) -> None:
    """Every declared crawl, the disabled ones too."""
    root = open_root(context)
    rows = []
    for each in root.crawls(disabled=True):
        corpus = root.manifest("pii_scrubbed_corpus", each.name)
        rows.append(
            {
                "sequence": each.sequence,
                "crawl": each.name,
                "source": each.source,
                "enabled": each.enabled,
                "documents": corpus.report["kept"] if corpus else None,
                "parameters": ", ".join(f"{key}={value}" for key, value in each.parameters.model_dump(mode="json").items()),
            }
        )
    print_table(rows, as_json)


@crawl.command("disable")
def disable_crawl(context: typer.Context, name: str) -> None:
    """Leave a crawl out of everything global. Its files stay."""
    open_root(context).set_enabled(name, False)
    stdout.print(f"crawl {for_terminal(name)} is disabled; `llm-assets plan` says what that changes")


@crawl.command("enable")
def enable_crawl(context: typer.Context, name: str) -> None:
    """Let a disabled crawl in again."""
    open_root(context).set_enabled(name, True)
    stdout.print(f"crawl {for_terminal(name)} is enabled")


@blocklist.command("add", epilog="Example: llm-assets blocklist add ut1 ./blacklists")
def add_blocklist(context: typer.Context, name: str, path: Path) -> None:
    """Copy a folder of UT1-style categories (CATEGORY/domains, CATEGORY/urls) into the root, by its digest."""
    digest = open_root(context).add_input(name, path)
    stdout.print(f'input {for_terminal(name)} is {digest[:12]}; a recipe uses it by url_filter.block_lists = ["{for_terminal(name)}"]')


@blocklist.command("list")
def list_blocklists(context: typer.Context, as_json: Json = False) -> None:
    """Side inputs of the root."""
    print_table([{"input": name, "digest": digest} for name, digest in open_root(context).inputs().items()], as_json)

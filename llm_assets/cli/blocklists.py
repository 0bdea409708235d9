"""``llm-assets blocklist``: which pages are not read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from llm_assets.cli.inputs import DryRun, GivenName, InputName, Yes, name_input, remove_input
from llm_assets.cli.recipe_choice import current_recipe
from llm_assets.cli.shared import SETTING_UP, Json, app, examples, open_root, stdout
from llm_assets.cli.tables import print_table
from llm_assets.display import for_terminal

if TYPE_CHECKING:
    from llm_assets.extract.config import UrlFilter
    from llm_assets.root import DataRoot

UT1 = "https://dsi.ut-capitole.fr/blacklists/download/blacklists.tar.gz"
"""The lists of the University of Toulouse Capitole: 70 categories, five million entries, CC BY-SA 4.0."""

blocklist = typer.Typer(no_args_is_help=True, help="Block lists: side inputs of the URL filter.")
app.add_typer(blocklist, name="blocklist", rich_help_panel=SETTING_UP)


@blocklist.command(
    "add",
    epilog=examples(
        f"llm-assets blocklist add {UT1} --name ut1",
        "llm-assets blocklist add ./blacklists --name ut1",
        "llm-assets blocklist add own-domains.txt",
    ),
)
def add_blocklist(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A folder of categories as UT1 makes them, a tar archive of one, or a file with a domain or URL on each line; "
            "the URL of such an archive or file, packed with gzip.",
        ),
    ],
    name: GivenName = None,
    as_json: Json = False,
) -> None:
    """Copy block lists into the root, and tell what was read. Those of the same name are replaced."""
    from llm_assets.extract.list_source import EXPRESSIONS, gather_lists

    remote = re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source)
    name = name_input(name, urlsplit(source).path if remote else source, "block list")
    root = open_root(context, new=True)
    with TemporaryDirectory(prefix="block-list-") as scratch:
        path, lists = _download(source, Path(scratch)) if remote else Path(source), Path(scratch, "lists")
        entries = gather_lists(path, lists)
        digest = root.add_input(name, lists)
    print_table([{"category": category, **found} for category, found in entries.items()], as_json)
    if as_json:
        return
    if any(found[EXPRESSIONS] for found in entries.values()):
        stdout.print("[dim]expressions are not read: domains and URLs are[/]")
    stdout.print(f"block list {for_terminal(name)} is {digest[:12]}")
    _tell_use(name, set(entries), current_recipe(root).url_filter)


def _download(url: str, folder: Path) -> Path:
    """The file that a URL leads to, below ``folder``."""
    from llm_assets.crawl.download import download
    from llm_assets.crawl.patience import Patience
    from llm_assets.extract.list_source import MAX_BYTES

    path = folder / "downloaded"
    download(url, path, Patience(), MAX_BYTES)
    return path


def _tell_use(name: str, categories: set[str], rules: UrlFilter) -> None:
    """What is to be set in a recipe for the list to be read."""
    settings = [] if name in rules.block_lists else [f"url_filter.block_lists={json.dumps([*rules.block_lists, name])}"]
    if not categories & {"", *rules.categories}:
        settings.append(f"url_filter.categories={json.dumps(sorted(categories))}")
    if settings:
        command = " ".join(["llm-assets run", *(f"--set '{each}'" for each in settings)])
        stdout.print(f"`{for_terminal(command)}` puts it to use", soft_wrap=True)


@blocklist.command("list", epilog=examples("llm-assets blocklist list --json"))
def list_blocklists(context: typer.Context, as_json: Json = False) -> None:
    """Block lists of the root, their categories, and whether its recipe reads them."""
    root = open_root(context)
    read = current_recipe(root).url_filter.block_lists
    rows = [
        {"input": name, "digest": root.input_version(name), "in_recipe": name in read, "categories": categories}
        for name, categories in _find_lists(root).items()
    ]
    print_table(rows, as_json, empty="no block list was added: `llm-assets blocklist add SOURCE` adds one")


@blocklist.command("remove", epilog=examples("llm-assets blocklist remove ut1 --dry-run", "llm-assets blocklist remove ut1 --yes"))
def remove_blocklist(context: typer.Context, name: InputName, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Delete a block list from the root; one that the recipe reads stays."""
    root = open_root(context)
    read = current_recipe(root).url_filter.block_lists
    remove_input(root, name, "block list", known=_find_lists(root), read=read, dry_run=dry_run, yes=yes)


def _find_lists(root: DataRoot) -> dict[str, list[str]]:
    """Block lists among the side inputs, with their categories."""
    from llm_assets.extract.list_source import find_categories

    found = {name: find_categories(root.input_path(name)) for name in root.inputs()}
    return {name: categories for name, categories in found.items() if categories}

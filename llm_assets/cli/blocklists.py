"""``llm-assets blocklist``: which pages are not read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llm_assets.cli.recipe_choice import current_recipe
from llm_assets.cli.shared import SETTING_UP, Json, app, examples, open_root, stdout
from llm_assets.cli.tables import print_table
from llm_assets.display import for_terminal
from llm_assets.errors import ConfigError

blocklist = typer.Typer(no_args_is_help=True, help="Block lists: side inputs of the URL filter.")
app.add_typer(blocklist, name="blocklist", rich_help_panel=SETTING_UP)


@blocklist.command("add", epilog=examples("llm-assets blocklist add ut1 ./blacklists"))
def add_blocklist(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the recipe calls it.")],
    path: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of categories as UT1 makes them.")],
) -> None:
    """Copy a folder of categories (CATEGORY/domains, CATEGORY/urls) into the root, by its digest."""
    from llm_assets.crawl.declaration import check_name

    try:
        check_name(name)
    except ConfigError as error:
        raise ConfigError(f"{name!r} cannot be a block list's name:{str(error).partition(':')[2]}") from error
    categories = _find_categories(path)
    if not categories:
        raise ConfigError(f"{path} is no block list: a folder with CATEGORY/domains or CATEGORY/urls in it is wanted")
    digest = open_root(context, new=True).add_input(name, path)
    stdout.print(f"block list {for_terminal(name)} is {digest[:12]}; its categories: {for_terminal(', '.join(categories))}")
    setting = for_terminal(f"""llm-assets run --set 'url_filter.block_lists=["{name}"]'""")
    stdout.print(f"`{setting}` puts it to use", soft_wrap=True)


def _find_categories(folder: Path) -> list[str]:
    return sorted({path.parent.name for name in ("domains", "urls") for path in folder.glob(f"*/{name}") if path.is_file()})


@blocklist.command("list", epilog=examples("llm-assets blocklist list --json"))
def list_blocklists(context: typer.Context, as_json: Json = False) -> None:
    """Block lists of the root, and whether its recipe reads them."""
    root = open_root(context)
    read = current_recipe(root).url_filter.block_lists
    rows = [{"input": name, "digest": digest, "in_recipe": name in read} for name, digest in root.inputs().items()]
    print_table(rows, as_json, empty="no block list was added: `llm-assets blocklist add NAME FOLDER` adds one")

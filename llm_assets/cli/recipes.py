"""``llm-assets recipe``: what a root is told to do."""

from __future__ import annotations

from typing import Annotated

import typer

from llm_assets.cli.recipe_choice import change_text, current_recipe, read_text, recipe_path
from llm_assets.cli.shared import SETTING_UP, Json, Set, app, examples, open_root, stdout
from llm_assets.cli.standings import print_plan
from llm_assets.cli.tables import print_json
from llm_assets.display import for_terminal
from llm_assets.errors import ConfigError

recipe = typer.Typer(no_args_is_help=True, help="Show the root's recipe, or set it.")
app.add_typer(recipe, name="recipe", rich_help_panel=SETTING_UP)


@recipe.command("show", epilog=examples("llm-assets recipe show --resolved"))
def show_recipe(
    context: typer.Context,
    resolved: Annotated[bool, typer.Option("--resolved", help="Every value, defaults too, as JSON.")] = False,
    as_json: Json = False,
) -> None:
    """Print the root's recipe as it was written, or with all defaults resolved."""
    from rich.syntax import Syntax

    root = open_root(context)
    if not root.recipe.is_file():
        raise ConfigError(f"{root.address} has no recipe yet: `llm-assets recipe set demo`, or run with --recipe")
    text = read_text(root.recipe)
    if resolved or as_json:
        print_json(current_recipe(root).model_dump(mode="json"))
    elif stdout.is_terminal:
        stdout.print(Syntax(text, "toml", background_color="default"), soft_wrap=True)
    else:
        typer.echo(text, nl=False)


@recipe.command(
    "set",
    epilog=examples(
        "llm-assets recipe set demo --dry-run",
        "llm-assets recipe set --set filters.gopher_quality.min_words=20",
        "llm-assets recipe set --set filters.c4=off --yes",
    ),
)
def set_recipe(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="RECIPE", help="A file, or one that ships: demo, fineweb. Left out: the root's own.", show_default=False),
    ] = None,
    settings: Set = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would run.")] = False,
    as_json: Json = False,
) -> None:
    """Give the root another recipe, or change keys of it. Prints first what that makes stale, then asks."""
    from llm_assets.recipe import find_recipe, parse_recipe, put_recipe

    root = open_root(context, new=True)
    if name is None and not settings:
        raise ConfigError("there is nothing to set: name a recipe (a file, demo, fineweb), or give --set KEY=VALUE")
    if as_json and not (yes or dry_run):
        raise ConfigError("with --json nobody is asked: add --dry-run or --yes")
    path = find_recipe(name) if name else recipe_path(root)
    text = change_text(path, settings)
    print_plan(root, parse_recipe(text, str(path)), as_json)
    if dry_run:
        return
    if not yes:
        typer.confirm("set this recipe?", default=True, abort=True)
    put_recipe(root.recipe, text, root.put_text)
    if not as_json:
        stdout.print(f"the recipe of {for_terminal(root.address)} is set; `llm-assets run` follows it", soft_wrap=True)

"""``llm-assets recipe``: what a root is told to do."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.syntax import Syntax

from llm_assets.cli.shared import Json, Set, app, open_root, print_json, print_table, stdout
from llm_assets.errors import ConfigError
from llm_assets.plan import Snapshot, Standing, survey
from llm_assets.recipe import Recipe, find_recipe, override, parse_recipe, put_recipe, read_recipe
from llm_assets.root import DataRoot

recipe = typer.Typer(no_args_is_help=True, help="Show or set the root's recipe.")
app.add_typer(recipe, name="recipe")

DEFAULT_RECIPE = "fineweb"


def settle_recipe(root: DataRoot, name: str | None, settings: list[str] | None) -> Recipe:
    """The recipe a run uses: the root's own; on a new root the named one, copied in. ``settings`` change it for good.

    ConfigError where another recipe is named than the root has: a root has one.
    """
    if root.recipe.is_file():
        text = root.recipe.read_text(encoding="utf-8")
        if name is not None and find_recipe(name).read_text(encoding="utf-8") != text:
            named = parse_recipe(find_recipe(name).read_text(encoding="utf-8"), name)
            if named.fingerprints() != parse_recipe(text, str(root.recipe)).fingerprints():
                raise ConfigError(f"{root.home} has another recipe than {name}: `llm-assets recipe set {name}` replaces it")
    else:
        text = find_recipe(name or DEFAULT_RECIPE).read_text(encoding="utf-8")
    return put_recipe(root.recipe, override(text, settings or ()))


@recipe.command("show")
def show_recipe(
    context: typer.Context,
    resolved: Annotated[bool, typer.Option(help="Every value, defaults too.")] = False,
    as_json: Json = False,
) -> None:
    """Print the root's recipe as it was written, or with all defaults resolved."""
    root = open_root(context)
    if not root.recipe.is_file():
        raise ConfigError(f"{root.home} has no recipe yet: `llm-assets recipe set demo`, or run with --recipe")
    if resolved or as_json:
        print_json(read_recipe(root.recipe).model_dump(mode="json"))
    else:
        stdout.print(Syntax(root.recipe.read_text(encoding="utf-8"), "toml", background_color="default"))


@recipe.command("set", epilog="Example: llm-assets recipe set --set filters.gopher_quality.min_words=20")
def set_recipe(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="A file, or one that ships: demo, fineweb. Left out: the root's own.")] = None,
    settings: Set = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Only print what would run.")] = False,
    as_json: Json = False,
) -> None:
    """Give the root another recipe, or change keys of it. Prints first what that makes stale."""
    root = open_root(context)
    path = find_recipe(name) if name else root.recipe if root.recipe.is_file() else find_recipe(DEFAULT_RECIPE)
    text = override(path.read_text(encoding="utf-8"), settings or ())
    print_table(plan_rows(survey(Snapshot(root, parse_recipe(text, str(path))))), as_json)
    if dry_run or not (yes or as_json or typer.confirm("set this recipe?", default=True)):
        return
    put_recipe(root.recipe, text)


def plan_rows(standings: list[Standing]) -> list[dict[str, object]]:
    """What is not current, for eyes: what would run, why, and how long it took last time."""
    rows = []
    for each in standings:
        if each.state == "current" and not each.waits_for:
            continue
        sure = each.state != "current"
        why = each.because if sure else tuple(f"if {name} changes" for name in each.waits_for)
        seconds = None if each.seconds is None else round(each.seconds, 1)
        rows.append({"output": each.label, "runs": "yes" if sure else "maybe", "because": ", ".join(why), "last_seconds": seconds})
    return rows

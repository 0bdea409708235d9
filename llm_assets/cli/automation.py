"""``llm-assets automation|daemon``: what runs by itself, turned on and off, and the program that runs it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llm_assets.cli.recipe_choice import settle_recipe
from llm_assets.cli.shared import RUNNING, Json, app, examples, open_root, stdout
from llm_assets.cli.tables import print_table
from llm_assets.display import for_terminal

if TYPE_CHECKING:
    from llm_assets.root import DataRoot

automation = typer.Typer(no_args_is_help=True, help="Schedules and sensors: what runs by itself.")
app.add_typer(automation, name="automation", rich_help_panel=RUNNING)

Names = Annotated[list[str], typer.Argument(metavar="NAME…", help="Schedules and sensors, as `automation list` names them.")]


@automation.command("list", epilog=examples("llm-assets automation list", "llm-assets automation list --json"))
def list_automation(context: typer.Context, as_json: Json = False) -> None:
    """Schedules and sensors: which are on, when they look, what they said last."""
    _show(_ask(open_root(context), "list"), as_json)


@automation.command(
    "on", epilog=examples("llm-assets automation on site_recrawls nightly_checks", "llm-assets automation on watched_folders")
)
def turn_on(context: typer.Context, names: Names) -> None:
    """Turn schedules and sensors on, for the daemon that runs and each that is started later."""
    known = _ask(open_root(context), "on", names)
    _tell(known, names, "on")
    stdout.print("they act while a daemon runs: `llm-assets daemon`, or `llm-assets ui`")


@automation.command("off", epilog=examples("llm-assets automation off site_recrawls"))
def turn_off(context: typer.Context, names: Names) -> None:
    """Turn schedules and sensors off. Runs that were started go on."""
    _tell(_ask(open_root(context), "off", names), names, "off")


@app.command(rich_help_panel=RUNNING, epilog=examples("llm-assets daemon", "llm-assets --home /data/corpus daemon"))
def daemon(context: typer.Context) -> None:
    """Run what is turned on, without a browser, until Ctrl-C or SIGTERM, which ends it with all its runs in good order."""
    from llm_assets.services import serve_daemon

    root = open_root(context, new=True)
    if not root.recipe.is_file():
        settle_recipe(root, None, None)
    on = [each["name"] for each in _ask(root, "list") if each["on"]]
    stdout.print(f"on: {', '.join(on)}; `llm-assets automation on NAME` turns on more")
    stdout.print("starting Dagster's daemon; Ctrl-C ends it")
    raise typer.Exit(serve_daemon(root))


def _ask(root: DataRoot, action: str, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    from llm_assets.services import ask_dagster

    known: list[dict[str, Any]] = json.loads(ask_dagster(root, "dagster_project.switches", [action, *names]))
    return known


def _show(known: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_table(known, as_json)
        return
    print_table([{name: each[name] for name in ("name", "on", "when", "last_look", "ended", "said")} for each in known], as_json)


def _tell(known: list[dict[str, Any]], names: Sequence[str], state: str) -> None:
    for each in known:
        if each["name"] in names:
            stdout.print(f"{for_terminal(each['name'])} is {state}: {for_terminal(each['when'])}. {for_terminal(each['does'] or '')}")

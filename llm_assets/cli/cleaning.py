"""``llm-assets clean``: room for what is needed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llm_assets.cli.inputs import DryRun, Yes
from llm_assets.cli.recipe_choice import current_recipe
from llm_assets.cli.shared import RUNNING, Json, app, examples, open_root, stdout
from llm_assets.cli.tables import print_json, print_table
from llm_assets.errors import ConfigError

if TYPE_CHECKING:
    from llm_assets.leftovers import Leftover


@app.command(rich_help_panel=RUNNING, epilog=examples("llm-assets clean --dry-run", "llm-assets clean --disabled --yes"))
def clean(
    context: typer.Context,
    disabled: Annotated[
        bool, typer.Option("--disabled", help="Also outputs of crawls that are disabled or not declared any more, but for raw_crawl.")
    ] = False,
    unfinished: Annotated[bool, typer.Option("--unfinished", help="Also what the next run would go on with.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete what nothing needs: earlier outputs, what dead runs left, earlier versions of side inputs.

    Shows it first, with the bytes that this frees, and asks. Refused while a step runs. Samples and ablations are roots of their own.
    """
    from llm_assets.leftovers import find_leftovers, remove_leftovers

    root = open_root(context)
    find = partial(find_leftovers, root, current_recipe(root), disabled=disabled, unfinished=unfinished)
    found = find()
    if not as_json:
        _show(found, root.home)
        if found and not dry_run and not yes:
            typer.confirm("delete these?", default=False, abort=True)
    elif found and not (dry_run or yes):
        raise ConfigError("with --json nobody is asked: add --yes, or --dry-run")
    removed = [] if dry_run or not found else remove_leftovers(root, find, found)
    if as_json:
        print_json({"found": _describe(found, root.home), "removed": _describe(removed, root.home)})
    elif found and not dry_run:
        stdout.print(f"deleted: {sum(each.bytes for each in removed):,} bytes in {len(removed):,} folders")


def _describe(found: Sequence[Leftover], home: Path) -> list[dict[str, Any]]:
    return [
        {"output": each.belongs, "why": each.why, "bytes": each.bytes, "version": each.path.relative_to(home).as_posix()} for each in found
    ]


def _show(found: Sequence[Leftover], home: Path) -> None:
    print_table(_describe(found, home), False, empty="nothing to delete")
    if found:
        stdout.print(f"{sum(each.bytes for each in found):,} bytes in {len(found):,} folders")

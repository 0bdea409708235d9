"""``llm-assets what-if``: what a changed threshold would keep and drop, before anything runs."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llm_assets.cli.recipe_choice import change_text, current_recipe, recipe_path
from llm_assets.cli.shared import LOOKING, Json, Set, app, examples, open_root, stdout
from llm_assets.cli.tables import Row, print_json, print_table
from llm_assets.display import for_terminal
from llm_assets.errors import ConfigError
from llm_assets.notation import show_bounds, show_measured

if TYPE_CHECKING:
    from llm_assets.what_if import Shift, WhatIf

STEPS = {"filtered_docs": "after the filters", "deduped_docs": "after deduplication"}


@app.command(
    "what-if",
    rich_help_panel=LOOKING,
    epilog=examples(
        "llm-assets what-if --set filters.gopher_quality.min_words=20",
        "llm-assets what-if --set filters.c4=off --set dedup.scope=all --json",
        "llm-assets what-if --recipe fineweb --examples 3",
    ),
)
def what_if(
    context: typer.Context,
    settings: Set = None,
    recipe: Annotated[
        str | None, typer.Option(metavar="RECIPE", help="Compare with this recipe: a file, or one that ships: demo, fineweb.")
    ] = None,
    most: Annotated[int, typer.Option("--examples", min=0, metavar="N", help="Pages to name, of the gained and of the lost.")] = 10,
    domains: Annotated[int, typer.Option(min=0, metavar="N", help="Domains to name.")] = 10,
    memory: Annotated[str, typer.Option(envvar="LLM_ASSETS_MEMORY", metavar="SIZE", help="What DuckDB may take.")] = "4GB",
    as_json: Json = False,
) -> None:
    """Which documents another recipe would keep and drop, after filters and deduplication. Reads no text, and changes nothing."""
    from llm_assets.engine import LocalEngine
    from llm_assets.recipe import find_recipe, parse_recipe
    from llm_assets.what_if import compare_recipes

    root = open_root(context)
    if recipe is None and not settings:
        raise ConfigError("there is nothing to compare with: give --set KEY=VALUE, or --recipe (a file, demo, fineweb)")
    path = find_recipe(recipe) if recipe else recipe_path(root)
    other = parse_recipe(change_text(path, settings), str(path))
    with TemporaryDirectory(prefix="llm-assets-what-if-") as scratch:
        engine = LocalEngine(os.cpu_count() or 1, memory, Path(scratch) / "spill")
        outcome = compare_recipes(root, current_recipe(root), other, Path(scratch), engine, examples=most, domains=domains)
    if as_json:
        print_json(outcome_as_json(outcome))
    else:
        print_outcome(outcome)


def outcome_as_json(outcome: WhatIf) -> dict[str, Any]:
    """The figures after each of both stages, and its examples."""
    return {"notes": outcome.notes} | {shift.stage: _shift_as_json(shift) for shift in (outcome.filters, outcome.dedup)}


def _shift_as_json(shift: Shift) -> dict[str, Any]:
    totals: dict[str, Any] = {column: shift.total(column) for column in ("before", "after", "gained", "lost")}
    named = {
        f"{what}_examples": [_without(row, "gained") for row in shift.examples if row["gained"] == wanted]
        for what, wanted in (("gained", True), ("lost", False))
    }
    return totals | {"crawls": shift.crawls, "rules": shift.rules, "domains": shift.domains} | named


def _without(row: Row, name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def print_outcome(outcome: WhatIf) -> None:
    """The figures for eyes: in all, by crawl, by rule, by domain, and pages to look at."""
    for note in outcome.notes:
        stdout.print(f"[yellow]note[/]  {for_terminal(note)}", soft_wrap=True)
    for shift in (outcome.filters, outcome.dedup):
        gained, lost = shift.total("gained"), shift.total("lost")
        figures = f"{shift.total('before'):,} → {shift.total('after'):,} documents, [green]{gained:,} gained[/], [red]{lost:,} lost[/]"
        stdout.print(f"\n[bold]{STEPS[shift.stage]}[/]  {figures}", soft_wrap=True)
        if gained or lost:
            _print_shift(shift)


def _print_shift(shift: Shift) -> None:
    if len(shift.crawls) > 1:
        print_table(shift.crawls, as_json=False)
    print_table(
        [{"rule": row["rule"] or "not decided before", **_without(_without(row, "rule"), "stage")} for row in shift.rules], as_json=False
    )
    if shift.domains:
        print_table(shift.domains, as_json=False)
    for row in shift.examples:
        sign = "[green]+[/]" if row["gained"] else "[red]-[/]"
        title = f"  {for_terminal(' '.join(row['title'].split()), 80)}" if row["title"] else ""
        stdout.print(f"  {sign} {for_terminal(row['url'], 200)}{title}\n      [dim]{_tell_reason(row)}[/]", soft_wrap=True)


def _tell_reason(row: Row) -> str:
    """What took a gained document, or would take a lost one."""
    if row["rule"] is None:
        return "not decided before"
    if row["elder_id"] is not None:
        return f"{'was' if row['gained'] else 'would be'} {row['rule']} copy of {row['elder_id']}, similarity {row['value']:.2f}"
    rule = f"{'fell' if row['gained'] else 'would fall'} by {for_terminal(row['rule'])}"
    if row["low"] is None and row["high"] is None:
        return f"{rule}: {for_terminal(row['detail'] or 'no bound', 100)} is not asked for"
    return f"{rule}: {show_measured(row['value'], row['low'], row['high'])}, asked {show_bounds(row['low'], row['high'])}"

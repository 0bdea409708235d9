"""``llm-assets status|plan|verify``: whether everything is current, what a run would do, whether two roots are equal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from llm_assets.cli.recipe_choice import current_recipe
from llm_assets.cli.shared import RUNNING, Json, Set, app, examples, open_root, require_root, stdout
from llm_assets.cli.tables import print_table

if TYPE_CHECKING:
    from llm_assets.freshness import Fold
    from llm_assets.plan import Snapshot, Standing
    from llm_assets.recipe import Recipe
    from llm_assets.root import DataRoot

NO_CRAWL = "no crawl is declared: `llm-assets crawl add NAME --source …` declares one"
SECONDS = "{:,.1f}"


@app.command(rich_help_panel=RUNNING, epilog=examples("llm-assets status --json"))
def status(context: typer.Context, as_json: Json = False) -> None:
    """How every output stands: current, stale and because of what, missing, or failed. What is the same of many crawls is one row."""
    from llm_assets.freshness import fold_standings
    from llm_assets.plan import Snapshot, survey

    root = open_root(context)
    declared = root.crawls(disabled=True)
    snapshot = Snapshot.unattended(root, current_recipe(root))
    standings = survey(snapshot)
    rows = [_describe(snapshot, each) for each in standings] if as_json else [_fold(snapshot, each) for each in fold_standings(standings)]
    out = [crawl.name for crawl in declared if not crawl.enabled]
    rows += [dict.fromkeys(rows[0]) | {"output": f"crawl {name}", "state": "disabled"} for name in out]
    print_table(rows, as_json, formats={"seconds": SECONDS})
    if not (snapshot.crawls or as_json):
        stdout.print(NO_CRAWL)


def _describe(snapshot: Snapshot, standing: Standing) -> dict[str, object]:
    """One output, for a program: its row in the catalog's ``freshness``, and what its manifest counts."""
    from llm_assets.freshness import find_since

    manifest, since = snapshot.manifest(standing.asset, standing.crawl), find_since(snapshot, standing)
    return {
        "output": standing.label,
        "state": standing.state,
        "because": standing.because,
        "waits_for": standing.waits_for,
        "since": since.isoformat() if since else None,
        "seconds": None if standing.seconds is None else round(standing.seconds, 1),
        "kept": manifest.report.get("kept") if manifest else None,
        "unit": manifest.report.get("unit") if manifest else None,
        "version": manifest.data_version if manifest else None,
    }


def _fold(snapshot: Snapshot, fold: Fold) -> dict[str, object]:
    """One output, or several of which the same is to be told, for eyes: what was counted and how long it took is added up."""
    rows = [_describe(snapshot, each) for each in fold.standings]
    first, *others = fold.standings
    row = {name: rows[0][name] for name in ("state", "unit")}
    for name in ("kept", "seconds"):
        numbers = [number for row in rows if isinstance(number := row[name], int | float)]
        row[name] = sum(numbers) if numbers else None
    since = [str(row["since"]) for row in rows if row["since"]]
    row["since"] = max(since)[:16].replace("T", " ") if since else None
    because = ", ".join(first.because)
    if first.state == "current":
        because = "upstream pending" if first.waits_for else ""
    elif others:
        because = because.replace(f"[{first.crawl}]", "[…]")
    return {"output": fold.label, **{name: row[name] for name in ("state", "since", "kept", "unit", "seconds")}, "because": because}


@app.command(
    rich_help_panel=RUNNING,
    epilog=examples("llm-assets plan", "llm-assets plan --set filters.gopher_quality.min_words=20 --set filters.c4=off"),
)
def plan(context: typer.Context, settings: Set = None, as_json: Json = False) -> None:
    """What a run would do, because of what, and how long it took last time. With --set: what a change would cost."""
    root = open_root(context)
    print_plan(root, current_recipe(root, settings), as_json)


def print_plan(root: DataRoot, recipe: Recipe, as_json: bool) -> None:
    """What is not current under a recipe: what is sure to run, and what runs if its input comes out different."""
    from llm_assets.plan import Snapshot, survey

    snapshot = Snapshot(root, recipe)
    pending = [each for each in survey(snapshot) if each.state != "current" or each.waits_for]
    rows = [
        {
            "output": each.label,
            "runs": _tell_whether(each),
            "last_seconds": None if each.seconds is None or each.unchecked else round(each.seconds, 1),
            "because": _tell_why(each),
        }
        for each in pending
    ]
    print_table(rows, as_json, formats={"last_seconds": SECONDS}, empty="everything is current: nothing would run")
    if as_json:
        return
    if pending:
        stdout.print(_tell_time(pending), soft_wrap=True)
    if not snapshot.crawls:
        stdout.print(NO_CRAWL)


def _tell_whether(standing: Standing) -> str:
    if standing.unchecked:
        return "checks"
    return "maybe" if standing.state == "current" else "yes"


def _tell_time(pending: Sequence[Standing]) -> str:
    """What the last times add up to: of what is sure to run, and with what may run after it."""
    made = [each for each in pending if not each.unchecked]
    seconds = {sure: sum(each.seconds or 0 for each in made if (each.state != "current") is sure) for sure in (True, False)}
    unknown = sum(each.seconds is None for each in made)
    said = f"as it took last time: {timedelta(seconds=round(seconds[True]))}"
    if any(each.state == "current" for each in made):
        said += f", at most {timedelta(seconds=round(sum(seconds.values())))}"
    return said + (f"; {unknown:,} {'was' if unknown == 1 else 'were'} never made, of which nobody knows" if unknown else "")


def _tell_why(standing: Standing) -> str:
    """What makes it stale; or, where it is current itself, what would."""
    if standing.because:
        return ", ".join(standing.because)
    *others, last = standing.waits_for
    return f"if {', '.join(others)} or {last} changes" if others else f"if {last} changes"


@app.command(rich_help_panel=RUNNING, epilog=examples("llm-assets verify --against ../other/data", "llm-assets verify"))
def verify(
    context: typer.Context,
    against: Annotated[str | None, typer.Option(metavar="DIR|URL", help="Another data root.", show_default="its own manifests")] = None,
    as_json: Json = False,
) -> None:
    """Compare two roots byte for byte: every table, shard, tokenizer and model. Exit status 1 where they differ.

    Without --against: holds every file, archives too, against the hash it was written with. Exit status 1 where one is damaged.
    """
    if against is None:
        raise typer.Exit(_inspect(open_root(context), as_json=as_json))
    from llm_assets.root import DataRoot
    from llm_assets.store.objects import is_stored
    from llm_assets.verify import compare_roots

    root = open_root(context)
    other = require_root(DataRoot.at(against, root.state if is_stored(against) else None, make=False))
    comparisons = list(compare_roots(root, other))
    different = [each for each in comparisons if not each.equal]
    shown = comparisons if as_json else different
    if shown or as_json:
        print_table([{"output": each.output, "file": each.file, "verdict": each.verdict} for each in shown], as_json)
    if not as_json:
        equal = f"{len(comparisons) - len(different):,} of {len(comparisons):,} files are equal"
        stdout.print(equal if comparisons else "neither root has an output to compare")
    raise typer.Exit(1 if different or not comparisons else 0)


def _inspect(root: DataRoot, *, as_json: bool) -> int:
    from llm_assets.damage import REMEDY, inspect_root

    inspections = list(inspect_root(root))
    damaged = [each for each in inspections if not each.whole]
    shown = inspections if as_json else damaged
    if shown or as_json:
        print_table([{"output": each.output, "file": each.file, "verdict": each.verdict} for each in shown], as_json)
    if not as_json:
        stdout.print(f"{len(inspections) - len(damaged):,} of {len(inspections):,} files are what they were")
        if damaged:
            stdout.print(REMEDY, soft_wrap=True)
    return 1 if damaged else 0

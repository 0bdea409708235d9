"""``llm-assets status|plan|verify``: whether everything is current, what a run would do, whether two roots are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from llm_assets.cli.recipe_choice import current_recipe
from llm_assets.cli.shared import RUNNING, Json, Set, app, examples, open_root, require_root, stdout
from llm_assets.cli.tables import print_table

if TYPE_CHECKING:
    from llm_assets.plan import Standing
    from llm_assets.recipe import Recipe
    from llm_assets.root import DataRoot

NO_CRAWL = "no crawl is declared: `llm-assets crawl add NAME --source …` declares one"
SECONDS = "{:,.1f}"


@app.command(rich_help_panel=RUNNING, epilog=examples("llm-assets status --json"))
def status(context: typer.Context, as_json: Json = False) -> None:
    """How every output stands: current, stale and because of what, or missing."""
    from llm_assets.plan import Snapshot, survey

    root = open_root(context)
    snapshot = Snapshot(root, current_recipe(root))
    rows: list[dict[str, object]] = []
    for each in survey(snapshot):
        manifest = snapshot.manifest(each.asset, each.crawl)
        upstream = "upstream pending" if each.state == "current" and each.waits_for else ""
        rows.append(
            {
                "output": each.label,
                "state": each.state,
                "kept": manifest.report.get("kept") if manifest else None,
                "unit": manifest.report.get("unit") if manifest else None,
                "seconds": round(manifest.seconds, 1) if manifest else None,
            }
            | (
                {"version": manifest.data_version if manifest else None, "because": each.because, "waits_for": each.waits_for}
                if as_json
                else {"because": ", ".join(each.because) if each.state == "stale" else upstream}
            )
        )
    out = [crawl.name for crawl in root.crawls(disabled=True) if not crawl.enabled]
    rows += [dict.fromkeys(rows[0]) | {"output": f"crawl {name}", "state": "disabled"} for name in out]
    print_table(rows, as_json, formats={"seconds": SECONDS})
    if not (snapshot.crawls or as_json):
        stdout.print(NO_CRAWL)


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
            "runs": "maybe" if each.state == "current" else "yes",
            "last_seconds": None if each.seconds is None else round(each.seconds, 1),
            "because": _tell_why(each),
        }
        for each in pending
    ]
    print_table(rows, as_json, formats={"last_seconds": SECONDS}, empty="everything is current: nothing would run")
    if not (snapshot.crawls or as_json):
        stdout.print(NO_CRAWL)


def _tell_why(standing: Standing) -> str:
    """What makes it stale; or, where it is current itself, what would."""
    if standing.because:
        return ", ".join(standing.because)
    *others, last = standing.waits_for
    return f"if {', '.join(others)} or {last} changes" if others else f"if {last} changes"


@app.command(rich_help_panel=RUNNING, epilog=examples("llm-assets verify --against ../other/data"))
def verify(
    context: typer.Context,
    against: Annotated[str, typer.Option(metavar="DIR|URL", help="Another data root.")],
    as_json: Json = False,
) -> None:
    """Compare two roots byte for byte: every table, shard, tokenizer and model. Exit status 1 where they differ."""
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

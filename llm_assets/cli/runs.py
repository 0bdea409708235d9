"""``llm-assets run|status|plan|verify|demo|ui``: making things current, and knowing whether they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llm_assets.cli.demo import show_outcome
from llm_assets.cli.recipes import plan_rows, settle_recipe
from llm_assets.cli.shared import Json, Set, app, open_root, print_table, stdout
from llm_assets.plan import Snapshot, survey
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot
from llm_assets.services import run_plan, serve_interfaces
from llm_assets.verify import compare_roots

Workers = Annotated[int | None, typer.Option(help="Processes a stage uses. Decides no byte.", show_default="all cores", min=1)]
Device = Annotated[str | None, typer.Option(help="Where the model runs: auto, cpu, cuda.")]
RecipeName = Annotated[str | None, typer.Option("--recipe", help="On a new root: a recipe's file, or demo, fineweb.")]


def _materialize(root: DataRoot, workers: int | None, device: str | None) -> int:
    given = {"--workers": workers, "--device": device}
    return run_plan(root, [str(word) for option, value in given.items() if value is not None for word in (option, value)])


@app.command(epilog="Example: llm-assets run --recipe demo --set training.steps=200")
def run(context: typer.Context, recipe: RecipeName = None, settings: Set = None, workers: Workers = None, device: Device = None) -> None:
    """Materialize what is missing or stale, through Dagster. A second run has nothing to do."""
    root = open_root(context)
    settle_recipe(root, recipe, settings)
    raise typer.Exit(_materialize(root, workers, device))


@app.command()
def plan(context: typer.Context, settings: Set = None, as_json: Json = False) -> None:
    """What a run would do, because of what, and how long it took last time. With --set: what a change would cost."""
    root = open_root(context)
    if settings or not root.recipe.is_file():
        from llm_assets.cli.recipes import DEFAULT_RECIPE
        from llm_assets.recipe import find_recipe, override, parse_recipe

        path = root.recipe if root.recipe.is_file() else find_recipe(DEFAULT_RECIPE)
        recipe = parse_recipe(override(path.read_text(encoding="utf-8"), settings or ()), str(path))
    else:
        recipe = read_recipe(root.recipe)
    rows = plan_rows(survey(Snapshot(root, recipe)))
    if not rows and not as_json:
        stdout.print("everything is current")
        return
    print_table(rows, as_json)


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """How every output stands: current, stale and because of what, or missing."""
    root = open_root(context)
    recipe = settle_recipe(root, None, None)
    snapshot = Snapshot(root, recipe)
    rows = []
    for each in survey(snapshot):
        manifest = snapshot.manifest(each.asset, each.crawl)
        rows.append(
            {
                "output": each.label,
                "state": each.state,
                "kept": manifest.report.get("kept") if manifest else None,
                "unit": manifest.report.get("unit") if manifest else None,
                "seconds": round(manifest.seconds, 1) if manifest else None,
                "version": manifest.data_version[:12] if manifest else None,
                "because": ", ".join(each.because),
            }
        )
    rows += [{"output": crawl.name, "state": "disabled"} for crawl in root.crawls(disabled=True) if not crawl.enabled]
    print_table(rows, as_json)


@app.command()
def verify(
    context: typer.Context,
    against: Annotated[Path, typer.Option(help="Another data root.")],
    as_json: Json = False,
) -> None:
    """Compare two roots byte for byte: every table, shard, tokenizer and model. Exit status 1 where they differ."""
    comparisons = list(compare_roots(open_root(context), DataRoot.at(against)))
    different = [each for each in comparisons if not each.equal]
    shown = comparisons if as_json else different
    rows = [{"output": each.output, "file": each.file, "verdict": each.verdict} for each in shown]
    if rows or as_json:
        print_table(rows, as_json)
    if not as_json:
        stdout.print(f"{len(comparisons) - len(different):,} of {len(comparisons):,} files are equal")
    raise typer.Exit(1 if different or not comparisons else 0)


@app.command()
def demo(context: typer.Context, workers: Workers = None) -> None:
    """From nothing to a sampled model in minutes: crawls the documentation inside this Python, and runs everything."""
    root = open_root(context)
    if not root.declaration_path("demo").exists():
        root.add_crawl("demo", "python_docs", {})
    settle_recipe(root, None if root.recipe.is_file() else "demo", None)
    status_code = _materialize(root, workers, None)
    if status_code:
        raise typer.Exit(status_code)
    show_outcome(root)


@app.command()
def ui(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="Dagster's port.")] = 3000,
    mlflow_port: Annotated[int, typer.Option(help="MLflow's port.")] = 5000,
) -> None:
    """Serve Dagster's and MLflow's pages on loopback. One Ctrl-C ends both."""
    root = open_root(context)
    settle_recipe(root, None, None)
    stdout.print(f"Dagster: http://127.0.0.1:{port}   MLflow: http://127.0.0.1:{mlflow_port}   Ctrl-C ends both")
    raise typer.Exit(serve_interfaces(root, port, mlflow_port))

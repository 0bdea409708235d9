"""``llm-assets demo|run|ui``: making things current, and watching it in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from llm_assets.cli.recipe_choice import settle_recipe
from llm_assets.cli.shared import RUNNING, Set, app, examples, open_root, stdout

if TYPE_CHECKING:
    from llm_assets.root import DataRoot

Workers = Annotated[int | None, typer.Option(metavar="N", help="Processes a stage uses. Decides no byte.", show_default="all cores", min=1)]
Device = Annotated[str | None, typer.Option(metavar="DEVICE", help="Where the model runs: auto, cpu, cuda.", show_default="auto")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only warnings and what failed.")]
RecipeName = Annotated[str | None, typer.Option("--recipe", metavar="RECIPE", help="On a new root: a recipe's file, or demo, fineweb.")]
Port = Annotated[int, typer.Option(min=1, max=65535, metavar="PORT", help="Dagster's port.")]
MlflowPort = Annotated[int, typer.Option(min=1, max=65535, metavar="PORT", help="MLflow's port.")]


@app.command(rich_help_panel=RUNNING, epilog=examples("llm-assets demo", "llm-assets --home /tmp/demo demo --workers 2"))
def demo(context: typer.Context, workers: Workers = None) -> None:
    """From nothing to a sampled model in minutes: crawls the documentation inside this Python, and runs everything."""
    from llm_assets.cli.demo import show_outcome

    root = open_root(context, new=True)
    settle_recipe(root, None if root.recipe.is_file() else "demo", None)
    if not root.declaration_path("demo").exists():
        root.add_crawl("demo", "python_docs", {})
    status = _materialize(root, workers, None, quiet=False)
    if status:
        raise typer.Exit(status)
    show_outcome(root)


@app.command(
    rich_help_panel=RUNNING,
    epilog=examples("llm-assets run --recipe demo --set training.steps=200", "llm-assets run --set filters.gopher_quality.min_words=20"),
)
def run(
    context: typer.Context,
    recipe: RecipeName = None,
    settings: Set = None,
    workers: Workers = None,
    device: Device = None,
    quiet: Quiet = False,
) -> None:
    """Materialize what is missing or stale, through Dagster. A second run has nothing to do."""
    root = open_root(context, new=True)
    settle_recipe(root, recipe, settings)
    raise typer.Exit(_materialize(root, workers, device, quiet=quiet))


def _materialize(root: DataRoot, workers: int | None, device: str | None, *, quiet: bool) -> int:
    from llm_assets.services import run_plan

    given = {"--workers": workers, "--device": device}
    words = [str(word) for option, value in given.items() if value is not None for word in (option, value)]
    return run_plan(root, [*words, "--quiet"] if quiet else words)


@app.command(rich_help_panel=RUNNING, epilog=examples("llm-assets ui --port 3001 --mlflow-port 5001"))
def ui(context: typer.Context, port: Port = 3000, mlflow_port: MlflowPort = 5000) -> None:
    """Serve Dagster's and MLflow's pages on loopback. One Ctrl-C ends both."""
    from llm_assets.services import LOOPBACK, serve_interfaces

    root = open_root(context, new=True)
    settle_recipe(root, None, None)
    stdout.print("starting Dagster and MLflow …")
    ready = f"Dagster: http://{LOOPBACK}:{port}   MLflow: http://{LOOPBACK}:{mlflow_port}   Ctrl-C ends both"
    raise typer.Exit(serve_interfaces(root, port, mlflow_port, lambda: stdout.print(ready)))

"""``llm-assets demo|run|ui``: making things current, and watching it in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from llm_assets.cli.recipe_choice import settle_recipe
from llm_assets.cli.shared import RUNNING, Set, app, examples, open_root, read_catalog, stdout
from llm_assets.display import for_terminal

if TYPE_CHECKING:
    from llm_assets.root import DataRoot

Workers = Annotated[int | None, typer.Option(metavar="N", help="Processes a stage uses. Decides no byte.", show_default="all cores", min=1)]
EngineName = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="ENGINE",
        help="Where a stage's work runs: local, ray. Decides no byte.",
        show_default="local",
    ),
]
Device = Annotated[str | None, typer.Option(metavar="DEVICE", help="Where the model runs: auto, cpu, cuda.", show_default="auto")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only warnings and what failed.")]
Share = Annotated[
    str | None, typer.Option("--sample", metavar="SHARE", help="Run on a share of the documents, such as 1%, apart from the root.")
]
RecipeName = Annotated[str | None, typer.Option("--recipe", metavar="RECIPE", help="On a new root: a recipe's file, or demo, fineweb.")]
Port = Annotated[int, typer.Option(min=1, max=65535, metavar="PORT", help="Dagster's port.")]
MlflowPort = Annotated[int, typer.Option(min=1, max=65535, metavar="PORT", help="MLflow's port.")]


class _Machine(NamedTuple):
    """What a run works with; None where the environment says it."""

    engine: str | None
    workers: int | None
    device: str | None


@app.command(rich_help_panel=RUNNING, epilog=examples("llm-assets demo", "llm-assets --home /tmp/demo demo --workers 2"))
def demo(context: typer.Context, workers: Workers = None) -> None:
    """From nothing to a sampled model in minutes: crawls the documentation inside this Python, and runs everything."""
    from llm_assets.cli.demo import show_outcome

    root = open_root(context, new=True)
    settle_recipe(root, None if root.recipe.is_file() else "demo", None)
    if not root.declaration_path("demo").exists():
        root.add_crawl("demo", "python_docs", {})
    status = _materialize(root, _Machine(None, workers, None), quiet=False)
    if status:
        raise typer.Exit(status)
    show_outcome(root)


@app.command(
    rich_help_panel=RUNNING,
    epilog=examples(
        "llm-assets run --recipe demo --set training.steps=200",
        "llm-assets run --set filters.gopher_quality.min_words=20",
        "llm-assets run --engine ray",
        "llm-assets run --sample 1%",
        "llm-assets run --sample 5% --set training.steps=100",
    ),
)
def run(
    context: typer.Context,
    recipe: RecipeName = None,
    settings: Set = None,
    engine: EngineName = None,
    workers: Workers = None,
    device: Device = None,
    sample: Share = None,
    quiet: Quiet = False,
) -> None:
    """Materialize what is missing or stale, through Dagster. A second run has nothing to do.

    With --sample: of a share of the documents, in a root of its own, samples/ below the data root, which is only read. Then the
    funnel is shown. A larger share holds all documents of a smaller one; --set changes the sample's recipe alone.
    """
    if sample is not None:
        raise typer.Exit(_run_pilot(context, sample, recipe, settings, _Machine(engine, workers, device), quiet=quiet))
    root = open_root(context, new=True)
    settle_recipe(root, recipe, settings)
    raise typer.Exit(_materialize(root, _Machine(engine, workers, device), quiet=quiet))


def _run_pilot(
    context: typer.Context,
    share: str,
    recipe: str | None,
    settings: list[str] | None,
    machine: _Machine,
    *,
    quiet: bool,
) -> int:
    from llm_assets.catalog import fetch_rows
    from llm_assets.cli.looks import print_funnel
    from llm_assets.extract.sample import Sample, parse_share
    from llm_assets.pilot import open_pilot

    sample = Sample(parse_share(share))
    root = open_root(context)
    pilot = open_pilot(root, sample)
    settle_recipe(root, recipe, settings, pilot=pilot)
    if not quiet:
        stdout.print(f"a sample of {for_terminal(share.strip())} in {for_terminal(pilot.address)}", soft_wrap=True)
    status = _materialize(pilot, machine, quiet=quiet)
    if not (status or quiet):
        with read_catalog(pilot) as connection:
            print_funnel(fetch_rows(connection, "explain/funnel", crawl=None))
        stdout.print(f"[dim]look closer with `llm-assets --home {for_terminal(pilot.address)} …`[/]", soft_wrap=True)
    return status


def _materialize(root: DataRoot, machine: _Machine, *, quiet: bool) -> int:
    from llm_assets.services import run_plan

    root.crawls()  # one that cannot be followed is told before a process is started
    given = {"--engine": machine.engine, "--workers": machine.workers, "--device": machine.device}
    words = [str(word) for option, value in given.items() if value is not None for word in (option, value)]
    return run_plan(root, [*words, "--quiet"] if quiet else words)


@app.command(rich_help_panel=RUNNING, epilog=examples("llm-assets ui --port 3001 --mlflow-port 5001"))
def ui(context: typer.Context, port: Port = 3000, mlflow_port: MlflowPort = 5000) -> None:
    """Serve Dagster's and MLflow's pages on loopback. One Ctrl-C ends both."""
    from llm_assets.instance import LOOPBACK
    from llm_assets.services import serve_interfaces

    root = open_root(context, new=True)
    if not root.recipe.is_file():
        settle_recipe(root, None, None)
    stdout.print("starting Dagster and MLflow …")
    ready = f"Dagster: http://{LOOPBACK}:{port}   MLflow: http://{LOOPBACK}:{mlflow_port}   Ctrl-C ends both"
    raise typer.Exit(serve_interfaces(root, port, mlflow_port, lambda: stdout.print(ready)))

"""``python -m dagster_project.ablate``: trains and compares the variants of an ablation; ``llm-assets ablate`` starts it.

One MLflow run holds the ablation, with its table and plot; in it stands a run for each variant and seed. Where the same ablation
is asked for again, the same runs are gone on with.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from dagster_project.progress import shown_progress
from dagster_project.resources import Pipeline
from dagster_project.tracking.artifacts import training_logger
from dagster_project.tracking.experiment import HOME, Experiment, open_experiment
from llm_assets.ablation.comparison import Row, compare_trials
from llm_assets.ablation.held_out import HeldOut
from llm_assets.ablation.picture import draw_comparison
from llm_assets.ablation.plan import Ablation, read_ablation
from llm_assets.ablation.trial import Trial, run_trial
from llm_assets.ablation.variants import Variant
from llm_assets.display import for_terminal
from llm_assets.errors import LLMAssetsError
from llm_assets.model.device import choose_device
from llm_assets.services import end_with

if TYPE_CHECKING:
    from collections.abc import Iterator

ABLATION, TRIAL = "llm_assets.ablation", "llm_assets.trial"
"""Tags: what an MLflow run is about."""


def compare(ablation: Ablation, device: str, console: Console) -> None:
    """Runs every training that is not done, seed by seed, and writes table and plot beside the ablation and into MLflow."""
    import mlflow

    held_out = ablation.choose_held_out()
    experiment = open_experiment(ablation.main, ablation.variants[0].recipe)
    name = ablation.digest(held_out)
    with _open_run(experiment, {ABLATION: name, HOME: str(ablation.main.home)}, "ablation"):
        mlflow.log_params(
            {"tokens": ablation.tokens, "seeds": ablation.seeds, "held_out": held_out.origin, "held_out_bytes": held_out.bytes}
        )
        pairs = [(seed, variant) for seed in range(ablation.seeds) for variant in ablation.variants]
        trials = [_run(ablation, variant, seed, held_out, device, experiment, console) for seed, variant in pairs]
        rows = compare_trials(trials)
        target = ablation.comparison(held_out)
        _write(target, rows, trials, held_out, ablation)
        mlflow.log_artifacts(str(target))
        mlflow.log_metrics({f"bits_per_byte.{number}": row.mean for number, row in enumerate(rows)})


def _run(
    ablation: Ablation, variant: Variant, seed: int, held_out: HeldOut, device: str, experiment: Experiment, console: Console
) -> Trial:
    import mlflow

    tags = {TRIAL: ablation.digest(held_out, variant, seed), HOME: str(ablation.main.home)}
    with _open_run(experiment, tags, f"{variant.label[:80]} seed {seed}", nested=True) as run_id, shown_progress(console):
        from dagster_project.progress import WATCHER

        watcher = WATCHER.get()
        root = ablation.root_of(variant)
        tell = (lambda point: watcher("training", point.step, point.steps, "steps")) if watcher else None
        logger = training_logger(ablation.main, ablation.variants[0].recipe, run_id)
        trial = run_trial(root, variant, ablation.tokens, seed, held_out, device, logger, tell)
        mlflow.log_params({"variant": variant.label[:500], "seed": seed, "corpus": variant.name})
        figures = {name: float(value) for name, value in trial.figures.items() if not isinstance(value, str)}
        mlflow.log_metrics({**figures, "held_out_bits_per_byte": trial.bits_per_byte, "held_out_loss": trial.loss})
    console.print(f"  [green]✓[/] {for_terminal(variant.label)}, seed {seed}: {trial.bits_per_byte:.4f} bits per byte", soft_wrap=True)
    return trial


@contextmanager
def _open_run(experiment: Experiment, tags: dict[str, str], name: str, *, nested: bool = False) -> Iterator[str]:
    """The MLflow run of these tags, begun where there is none yet: its id."""
    import mlflow

    wanted = " and ".join(f"tags.`{key}` = '{value}'" for key, value in tags.items() if key != HOME)
    known = [run for run in experiment.client.search_runs([experiment.id], wanted) if run.data.tags.get(HOME) == tags[HOME]]
    if known:
        with mlflow.start_run(run_id=known[0].info.run_id, nested=nested) as run:
            yield run.info.run_id
    else:
        with mlflow.start_run(experiment_id=experiment.id, run_name=name, tags=tags, nested=nested) as run:
            yield run.info.run_id


def _write(target: Path, rows: Sequence[Row], trials: Sequence[Trial], held_out: HeldOut, ablation: Ablation) -> None:
    target.mkdir(parents=True, exist_ok=True)
    title = f"{ablation.tokens:,} tokens, {ablation.seeds} seeds; {held_out.bytes:,} bytes held out"
    (target / "comparison.png").write_bytes(draw_comparison(rows, trials, title))
    with (target / "comparison.csv").open("w", encoding="utf-8", newline="") as file:  # MLflow's pages show it as a table
        table = csv.DictWriter(file, [field.name for field in fields(Row)])
        table.writeheader()
        table.writerows(asdict(row) for row in rows)
    content: dict[str, Any] = {
        "tokens": ablation.tokens,
        "seeds": ablation.seeds,
        "held_out": {"origin": held_out.origin, "texts": len(held_out.texts), "bytes": held_out.bytes, "digest": held_out.digest},
        "rows": [asdict(row) for row in rows],
        "trials": [asdict(trial) for trial in trials],
    }
    (target / "comparison.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Reads the command line: a file that :func:`llm_assets.ablation.plan.write_ablation` wrote."""
    parser = argparse.ArgumentParser(prog="python -m dagster_project.ablate", description=__doc__)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--ends-with", type=int, metavar="DESCRIPTOR")
    arguments = parser.parse_args()
    if arguments.ends_with is not None:
        end_with(arguments.ends_with)
    console = Console(width=None if sys.stdout.isatty() else 180, quiet=arguments.quiet)
    try:
        compare(read_ablation(Pipeline().root, arguments.plan), choose_device(arguments.device), console)
    except LLMAssetsError as error:
        console.print(f"[red]error:[/] {for_terminal(str(error))}", soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("interrupted: the same command goes on from here")
        sys.exit(130)


if __name__ == "__main__":
    main()

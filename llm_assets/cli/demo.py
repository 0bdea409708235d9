"""The end of ``llm-assets demo``: what came out, and how to go on."""

from __future__ import annotations

import json
from typing import Any

from llm_assets.catalog import fetch_rows
from llm_assets.cli.looks import print_funnel
from llm_assets.cli.prediction import print_prediction
from llm_assets.cli.shared import read_catalog, stdout
from llm_assets.display import for_terminal
from llm_assets.formats.manifest import Artefact
from llm_assets.root import DataRoot
from llm_assets.sampling.prediction import read_table

NEXT_STEPS = """
[bold]Go on[/]
  llm-assets explain URL                   why a page was dropped, or kept
  llm-assets sql                           what can be queried
  llm-assets next "The function returns"   the likeliest next tokens
  llm-assets trace "The function returns"  what of a text stands in the training set
  llm-assets ui                            Dagster on :3000, MLflow on :5000
  llm-assets plan --set filters.gopher_quality.min_words=20
"""


def show_outcome(root: DataRoot) -> None:
    """Prints the funnel by rule, the ends of the loss curve, three samples and one next-token table."""
    with read_catalog(root) as connection:
        stdout.print("\n[bold]Funnel[/]")
        print_funnel(fetch_rows(connection, "explain/funnel", crawl=None))
    _show_curve(root.artefact("trained_model"))
    samples = root.artefact("evaluation_samples")
    _show_samples(samples)
    _show_next_tokens(samples)
    stdout.print(NEXT_STEPS)


def _read(artefact: Artefact, name: str) -> Any:
    return json.loads(artefact.path(name).read_text(encoding="utf-8"))


def _show_curve(model: Artefact) -> None:
    curve = _read(model, "curve.json")
    stdout.print("\n[bold]Loss[/] (nats a token)")
    for split in ("training", "validation"):
        steps, losses = curve[split]["step"], curve[split]["loss"]
        if steps:
            stdout.print(f"  {split:<11} step {steps[0]}: {losses[0]:.3f}  →  step {steps[-1]}: {losses[-1]:.3f}")


def _show_samples(samples: Artefact, most: int = 3) -> None:
    for sample in _read(samples, "samples.json")[:most]:
        stdout.print(
            f"\n[bold]Sample[/]  [bold cyan]{for_terminal(sample['prompt'])}[/]{for_terminal(sample['text'], 400)}", soft_wrap=True
        )


def _show_next_tokens(samples: Artefact) -> None:
    tables = _read(samples, "next_tokens.json")
    if not tables:
        return
    stdout.print("\n[bold]Next token[/]")
    print_prediction(min(map(read_table, tables), key=lambda table: table.rank or 0))

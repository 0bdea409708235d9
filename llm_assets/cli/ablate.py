"""``llm-assets ablate``: is a rule of the recipe worth it? Models of the same budget, compared on the same text."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llm_assets.cli.recipe_choice import recipe_path
from llm_assets.cli.shared import MODEL, Json, app, examples, open_root, stderr, stdout
from llm_assets.cli.tables import print_json, print_table
from llm_assets.display import for_terminal

if TYPE_CHECKING:
    from llm_assets.ablation.plan import Ablation, Forecast

FORMATS = dict.fromkeys(("mean", "spread"), "{:.4f}") | dict.fromkeys(("difference", "low", "high"), "{:+.4f}") | {"epochs": "{:.2f}"}


@app.command(
    rich_help_panel=MODEL,
    epilog=examples(
        "llm-assets ablate --set filters.c4=off --set filters.gopher_quality=off --tokens 2000000 --dry-run",
        "llm-assets ablate --set filters.c4=off --set dedup.scope=all --tokens 2000000 --seeds 3",
        "llm-assets ablate --set 'filters.c4=off; filters.fineweb_quality=off' --tokens 2000000 --held-out book.txt",
    ),
)
def ablate(
    context: typer.Context,
    settings: Annotated[
        list[str],
        typer.Option("--set", metavar="KEY=VALUE", help="A variant of the recipe; several settings of one are parted by semicolons."),
    ],
    tokens: Annotated[int, typer.Option(min=1, metavar="N", help="Tokens each model is trained on.")],
    seeds: Annotated[int, typer.Option(min=1, metavar="N", help="Models of each variant.")] = 2,
    held_out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A text, or JSON lines, to compare on.", show_default="validation documents common to all"),
    ] = None,
    workers: Annotated[int | None, typer.Option(metavar="N", help="Processes a stage uses.", show_default="all cores", min=1)] = None,
    device: Annotated[str, typer.Option(metavar="DEVICE", help="Where the models run: auto, cpu, cuda.")] = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would be trained, and how long it takes.")] = False,
    as_json: Json = False,
) -> None:
    """Train models on variants of the corpus, the same budget on each, and compare them on text that none has seen.

    Variants lie below ablations/ of the root and read its texts and signals. What is done is not done again. Table and plot are
    written there and into one MLflow run, with a run in it for each variant and seed.
    """
    from llm_assets.ablation.held_out import read_held_out
    from llm_assets.ablation.plan import Ablation, forecast
    from llm_assets.ablation.roots import require_texts
    from llm_assets.ablation.variants import read_variants

    root = open_root(context)
    variants = read_variants(recipe_path(root).read_text(encoding="utf-8"), settings)
    require_texts(root, variants[0].recipe)
    if held_out is not None:
        read_held_out(held_out)
    ablation = Ablation(root, variants, tokens, seeds, held_out)
    if dry_run:
        _tell_forecast(ablation, forecast(ablation), as_json=as_json)
        return
    status = _run(ablation, settings, workers, device, quiet=as_json)
    if status:
        raise typer.Exit(status)
    _show(ablation, as_json=as_json)


def _run(ablation: Ablation, settings: list[str], workers: int | None, device: str, *, quiet: bool) -> int:
    """Makes what each variant lacks of its shards, then trains and compares in a process of its own."""
    from llm_assets.ablation.plan import write_ablation
    from llm_assets.ablation.roots import is_packed, open_variant
    from llm_assets.ablation.variants import LAST
    from llm_assets.services import run_plan

    for variant in ablation.variants:
        root = open_variant(ablation.main, variant)
        if is_packed(root, variant.recipe):
            continue
        stderr.print(f"[bold]{for_terminal(variant.label)}[/] in {for_terminal(root.address)}", soft_wrap=True)
        words = ["--until", LAST, *(["--workers", str(workers)] if workers else []), *(["--quiet"] if quiet else [])]
        status = run_plan(root, words, stdout=sys.stderr if quiet else None)
        if status:
            return status
    plan = ablation.main.state / "ablation.json"
    write_ablation(plan, settings, ablation.tokens, ablation.seeds, ablation.text)
    words = ["--plan", str(plan), "--device", device, *(["--quiet"] if quiet else [])]
    return run_plan(ablation.main, words, "dagster_project.ablate", sys.stderr if quiet else None)


def _show(ablation: Ablation, *, as_json: bool) -> None:
    held_out = ablation.choose_held_out()
    folder = ablation.comparison(held_out)
    content: dict[str, Any] = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    if as_json:
        print_json({**content, "folder": str(folder)})
        return
    stdout.print(f"\nbits per byte on {held_out.bytes:,} bytes of {for_terminal(held_out.origin)}, the lower the better")
    print_table(
        [{**row, "by_seed": ", ".join(f"{each:+.4f}" for each in row["by_seed"])} for row in content["rows"]], False, formats=FORMATS
    )
    stdout.print(
        f"low to high: 95 % intervals of the differences, all together (Dunnett); table and plot in {for_terminal(str(folder))}",
        soft_wrap=True,
    )
    if ablation.seeds < 3:
        stdout.print("[dim]two seeds tell little of the spread: what is no difference here may be one with more[/]", soft_wrap=True)


def _tell_forecast(ablation: Ablation, forecasts: list[Forecast], *, as_json: bool) -> None:
    rows = [{**asdict(each), "assets": list(each.assets)} for each in forecasts]
    print_table(rows, as_json, formats={"data_seconds": "{:,.0f}", "training_seconds": "{:,.0f}"}, null="?")
    if as_json:
        return
    known = [each.data_seconds or 0 for each in forecasts] + [each.training_seconds or 0 for each in forecasts]
    unknown = any(each.data_seconds is None or each.training_seconds is None for each in forecasts)
    trainings = sum(each.trainings for each in forecasts)
    about = (
        f"{'more than ' if unknown else 'about '}{sum(known) / 60:,.1f} minutes, by what the root took"
        if any(known) or not unknown
        else "nobody knows how long"
    )
    stdout.print(f"{trainings:,} trainings of {ablation.tokens:,} tokens; {about}")
    if unknown:
        stdout.print(
            "[dim]the root has not made all of this yet, or trained no model: `llm-assets run` tells how fast it goes[/]", soft_wrap=True
        )

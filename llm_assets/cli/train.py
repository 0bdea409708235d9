"""``llm-assets train pack|adopt``: a model trained on another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llm_assets.cli.shared import MODEL, app, examples, open_root, stdout
from llm_assets.display import for_terminal

train = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Train the model on another machine, such as one with GPUs.")
app.add_typer(train, name="train", rich_help_panel=MODEL)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Check, and say what would be done.")]


@train.command(epilog=examples("llm-assets train pack gpu-run --dry-run", "llm-assets train pack gpu-run"))
def pack(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    dry_run: DryRun = False,
) -> None:
    """Write what training needs into a folder: shards, tokenizer, recipe, the program. Its README says the one command."""
    from llm_assets.handover import describe_pack, pack_training
    from llm_assets.recipe import read_recipe

    root = open_root(context)
    recipe = read_recipe(root.recipe)
    sizes = describe_pack(root, recipe)
    if not dry_run:
        pack_training(root, recipe, folder)
    done = "would hold" if dry_run else "holds"
    stdout.print(f"{for_terminal(str(folder))} {done} {len(sizes):,} files, {sum(sizes.values()) / 1e6:,.1f} MB of data", soft_wrap=True)
    if not dry_run:
        stdout.print("[dim]there: python -m llm_assets.training --shards . --out model[/]")


@train.command(epilog=examples("llm-assets train adopt gpu-run/model --dry-run", "llm-assets train adopt gpu-run/model"))
def adopt(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that training wrote.")],
    dry_run: DryRun = False,
) -> None:
    """Check a model that came back, and make it the root's own, with its curve in MLflow. What follows from it is run too."""
    from llm_assets.handover import check_model, receive_model
    from llm_assets.recipe import read_recipe
    from llm_assets.services import run_plan

    root = open_root(context)
    receipt = check_model(root, read_recipe(root.recipe), folder)
    loss = receipt.report.figures["training_loss"]
    stdout.print(f"{for_terminal(str(folder))} fits: {len(receipt.files)} files, training loss {loss:.4f}", soft_wrap=True)
    if not dry_run:
        receive_model(root, receipt, folder)
        raise typer.Exit(run_plan(root, []))

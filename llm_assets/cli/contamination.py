"""``llm-assets contamination``: evaluation sets that documents are compared with, and what was found of them."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from llm_assets.cli.inputs import DryRun, InputName, Yes, name_input, remove_input
from llm_assets.cli.recipe_choice import current_recipe
from llm_assets.cli.shared import SETTING_UP, Json, app, examples, open_root, read_catalog, stdout
from llm_assets.cli.tables import print_table
from llm_assets.display import for_terminal

if TYPE_CHECKING:
    from llm_assets.root import DataRoot

contamination = typer.Typer(no_args_is_help=True, help="Evaluation sets that are not to be trained on: side inputs.")
app.add_typer(contamination, name="contamination", rich_help_panel=SETTING_UP)


@contamination.command(
    "add",
    epilog=examples(
        "llm-assets contamination add piqa piqa.jsonl",
        "llm-assets contamination add own questions.jsonl --field frage --field antworten",
    ),
)
def add_set(
    context: typer.Context,
    name: InputName,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A JSON object a line: a text, or a question and its choices.")],
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="FIELD", help="A field with a text or a list of them; may be given several times, in order."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Copy an evaluation set into the root, and tell what is read of it. One of the same name is replaced."""
    from llm_assets.overlap.evaluation_set import gather_set

    name = name_input(name, path.name, "evaluation set")
    root = open_root(context, new=True)
    with TemporaryDirectory(prefix="evaluation-set-") as scratch:
        gather_set(path, Path(scratch), field or ())
        digest = root.add_input(name, Path(scratch))
    sets = current_recipe(root).contamination.evaluation_sets
    print_table([_describe(root, name, sets)], as_json)
    if as_json:
        return
    stdout.print(f"evaluation set {for_terminal(name)} is {digest[:12]}")
    if name not in sets:
        command = f"llm-assets run --set 'contamination.evaluation_sets={json.dumps([*sets, name])}'"
        stdout.print(f"`{for_terminal(command)}` compares documents with it, and rejects none unless", soft_wrap=True)
        stdout.print("`--set selection.contamination=reject` is added", soft_wrap=True)


@contamination.command("list", epilog=examples("llm-assets contamination list --json"))
def list_sets(context: typer.Context, as_json: Json = False) -> None:
    """Evaluation sets of the root, the fields that are read, and whether its recipe compares documents with them."""
    root = open_root(context)
    sets = current_recipe(root).contamination.evaluation_sets
    rows = [_describe(root, name, sets) for name in _find_sets(root)]
    print_table(rows, as_json, empty="no evaluation set was added: `llm-assets contamination add NAME FILE` adds one")


@contamination.command("show", epilog=examples("llm-assets contamination show", "llm-assets contamination show --json"))
def show_overlap(context: typer.Context, as_json: Json = False) -> None:
    """What documents share with each set, crawl by crawl: items found, and how much of it the corpus holds."""
    from llm_assets.catalog import fetch_rows

    with read_catalog(open_root(context)) as connection:
        rows = fetch_rows(connection, "report/evaluation_overlap", crawls=None)
    print_table(rows, as_json, empty="no crawl was compared with an evaluation set")


@contamination.command(
    "remove", epilog=examples("llm-assets contamination remove piqa --dry-run", "llm-assets contamination remove piqa --yes")
)
def remove_set(context: typer.Context, name: InputName, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Delete an evaluation set from the root; one that the recipe names stays."""
    root = open_root(context)
    read = current_recipe(root).contamination.evaluation_sets
    remove_input(root, name, "evaluation set", known=_find_sets(root), read=read, dry_run=dry_run, yes=yes)


def _find_sets(root: DataRoot) -> list[str]:
    """Evaluation sets among the side inputs."""
    from llm_assets.overlap.evaluation_set import is_set

    return [name for name in root.inputs() if is_set(root.input_path(name))]


def _describe(root: DataRoot, name: str, sets: tuple[str, ...]) -> dict[str, object]:
    from llm_assets.overlap.evaluation_set import read_fields, read_set

    folder = root.input_path(name)
    items = sum(1 for _ in read_set(folder))
    return {
        "input": name,
        "digest": root.input_version(name),
        "in_recipe": name in sets,
        "items": items,
        "fields": list(read_fields(folder)),
    }

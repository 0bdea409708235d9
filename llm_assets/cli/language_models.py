"""``llm-assets language-model``: who says which language a text is in, beside the identifiers that bring their model along."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llm_assets.cli.inputs import DryRun, GivenName, InputName, Yes, name_input, remove_input
from llm_assets.cli.recipe_choice import current_recipe
from llm_assets.cli.shared import SETTING_UP, Json, app, examples, open_root, stdout
from llm_assets.cli.tables import print_table
from llm_assets.display import for_terminal
from llm_assets.errors import ConfigError

if TYPE_CHECKING:
    from llm_assets.root import DataRoot

LID_176 = "https://dl.fbaipublicfiles.com/fasttext/supervised-models/lid.176.ftz"
"""fastText's own model: 176 languages, CC BY-SA 3.0. FineWeb's identifier."""

language_model = typer.Typer(no_args_is_help=True, help="fastText models that name languages: side inputs.")
app.add_typer(language_model, name="language-model", rich_help_panel=SETTING_UP)


@language_model.command("add", epilog=examples("llm-assets language-model add lid.176.ftz --name lid176"))
def add_model(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="FILE", help=f"A supervised model whose labels are languages, such as {LID_176}.")],
    name: GivenName = None,
) -> None:
    """Copy a fastText model into the root. One of the same name is replaced."""
    from llm_assets.language.fasttext import name_labels

    name = name_input(name, path.name, "language model")
    if not path.is_file():
        raise ConfigError(f"there is no file at {path}")
    labels = name_labels(path)
    digest = open_root(context, new=True).add_input(name, path)
    known = f"{len(labels):,} languages: {', '.join(labels)}"
    stdout.print(f"language model {for_terminal(name)} is {digest[:12]}; it knows {for_terminal(known, 300)}", soft_wrap=True)
    settings = shlex.join(["llm-assets", "run", "--set", "language.identifier=fasttext", "--set", f"language.model={name}"])
    stdout.print(f"`{for_terminal(settings)}` puts it to use", soft_wrap=True)


@language_model.command("list", epilog=examples("llm-assets language-model list --json"))
def list_models(context: typer.Context, as_json: Json = False) -> None:
    """Language models of the root, and whether its recipe asks one."""
    root = open_root(context)
    asked = current_recipe(root).language.model
    rows = [
        {"input": name, "digest": root.input_version(name), "in_recipe": name == asked, "file": path.name, "bytes": path.stat().st_size}
        for name, path in _find_models(root).items()
    ]
    print_table(rows, as_json, empty="no language model was added: `llm-assets language-model add FILE` adds one")


@language_model.command(
    "remove", epilog=examples("llm-assets language-model remove lid176 --dry-run", "llm-assets language-model remove lid176 --yes")
)
def remove_model(context: typer.Context, name: InputName, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Delete a language model from the root; one that the recipe asks stays."""
    root = open_root(context)
    asked = current_recipe(root).language.model
    remove_input(root, name, "language model", known=_find_models(root), read=[asked] if asked else [], dry_run=dry_run, yes=yes)


def _find_models(root: DataRoot) -> dict[str, Path]:
    """Language models among the side inputs."""
    from llm_assets.language.fasttext import find_model

    found = {name: find_model(root.input_path(name)) for name in root.inputs()}
    return {name: path for name, path in found.items() if path}

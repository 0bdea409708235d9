"""``llm-assets tokenizer``: other people's tokenizers, which the project's own is measured beside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llm_assets.cli.inputs import DryRun, GivenName, InputName, Yes, name_input, remove_input
from llm_assets.cli.shared import SETTING_UP, Json, app, examples, open_root, stdout
from llm_assets.cli.tables import print_table
from llm_assets.display import for_terminal
from llm_assets.errors import ConfigError

tokenizer = typer.Typer(no_args_is_help=True, help="Tokenizers that the project's own is compared with: side inputs.")
app.add_typer(tokenizer, name="tokenizer", rich_help_panel=SETTING_UP)


@tokenizer.command(
    "add",
    epilog=examples("llm-assets tokenizer add cl100k_base.tiktoken --name cl100k", "llm-assets tokenizer add vocab.bpe --name gpt2"),
)
def add_tokenizer(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A tokenizer.json, tiktoken's ranks or GPT-2's vocab.bpe.")],
    name: GivenName = None,
) -> None:
    """Copy a tokenizer into the root. The report of the next one trained has its bytes a token."""
    from llm_assets.tokenizer.ranks import find_tokenizer, read_tokenizer

    name = name_input(name, path.name, "tokenizer")
    if not path.is_file():
        raise ConfigError(f"there is no file at {path}")
    size = read_tokenizer(path).get_vocab_size()
    root = open_root(context, new=True)
    digest = root.add_input(name, path)
    if find_tokenizer(root.input_path(name)) is None:
        root.remove_input(name)
        raise ConfigError(f"{path.name} is not named like a tokenizer: call it tokenizer.json, NAME.tiktoken or NAME.bpe")
    stdout.print(f"tokenizer {for_terminal(name)} is {digest[:12]}; it has {size:,} tokens", soft_wrap=True)


@tokenizer.command("list", epilog=examples("llm-assets tokenizer list --json"))
def list_tokenizers(context: typer.Context, as_json: Json = False) -> None:
    """Tokenizers among the side inputs of the root."""
    from llm_assets.tokenizer.ranks import find_tokenizer

    root = open_root(context)
    found = {name: find_tokenizer(root.input_path(name)) for name in root.inputs()}
    rows = [
        {"input": name, "digest": root.input_version(name), "file": path.name, "bytes": path.stat().st_size}
        for name, path in found.items()
        if path
    ]
    print_table(rows, as_json, empty="no tokenizer was added: `llm-assets tokenizer add FILE` adds one")


@tokenizer.command("remove", epilog=examples("llm-assets tokenizer remove gpt2 --dry-run", "llm-assets tokenizer remove gpt2 --yes"))
def remove_tokenizer(context: typer.Context, name: InputName, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Delete a tokenizer from the root's side inputs; the project's own is none of them."""
    from llm_assets.tokenizer.ranks import find_tokenizer

    root = open_root(context)
    known = [each for each in root.inputs() if find_tokenizer(root.input_path(each))]
    remove_input(root, name, "tokenizer", known=known, read=(), dry_run=dry_run, yes=yes)

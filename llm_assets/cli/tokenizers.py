"""``llm-assets tokenizer``: other people's tokenizers, to be measured beside the project's own or taken for it; and its report."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llm_assets.cli.inputs import DryRun, GivenName, InputName, Yes, name_input, remove_input
from llm_assets.cli.recipe_choice import current_recipe
from llm_assets.cli.shared import SETTING_UP, Json, app, examples, open_root, stdout
from llm_assets.cli.tables import print_json, print_table
from llm_assets.display import for_terminal
from llm_assets.errors import ConfigError, DataError

if TYPE_CHECKING:
    from llm_assets.root import DataRoot

OURS = "this project's"

tokenizer = typer.Typer(no_args_is_help=True, help="Tokenizers of others (side inputs), and the report of the project's own.")
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
    """Copy a tokenizer into the root. The report of the project's next one has its bytes a token, and a recipe can take it instead."""
    from llm_assets.tokenizer.ranks import find_tokenizer, read_tokenizer

    name = name_input(name, path.name, "tokenizer")
    if not path.is_file():
        raise ConfigError(f"there is no file at {path}")
    read = read_tokenizer(path)
    root = open_root(context, new=True)
    digest = root.add_input(name, path)
    if find_tokenizer(root.input_path(name)) is None:
        root.remove_input(name)
        raise ConfigError(f"{path.name} is not named like a tokenizer: call it tokenizer.json, NAME.tiktoken or NAME.bpe")
    stdout.print(f"tokenizer {for_terminal(name)} is {digest[:12]}; it has {read.get_vocab_size():,} tokens", soft_wrap=True)
    settings = shlex.join(["llm-assets", "run", "--set", f"tokenizer.file={name}"])
    stdout.print(f"the next report has its bytes a token; `{for_terminal(settings)}` takes it, and trains none", soft_wrap=True)


@tokenizer.command("list", epilog=examples("llm-assets tokenizer list --json"))
def list_tokenizers(context: typer.Context, as_json: Json = False) -> None:
    """Tokenizers among the side inputs of the root, and whether its recipe takes one."""
    root = open_root(context)
    taken = current_recipe(root).tokenizer.file
    rows = [
        {"input": name, "digest": root.input_version(name), "in_recipe": name == taken, "file": path.name, "bytes": path.stat().st_size}
        for name, path in find_tokenizers(root).items()
    ]
    print_table(rows, as_json, empty="no tokenizer was added: `llm-assets tokenizer add FILE` adds one")


@tokenizer.command("remove", epilog=examples("llm-assets tokenizer remove gpt2 --dry-run", "llm-assets tokenizer remove gpt2 --yes"))
def remove_tokenizer(context: typer.Context, name: InputName, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Delete a tokenizer from the root's side inputs; one that the recipe takes stays."""
    root = open_root(context)
    taken = current_recipe(root).tokenizer.file
    remove_input(root, name, "tokenizer", known=find_tokenizers(root), read=[taken] if taken else [], dry_run=dry_run, yes=yes)


@tokenizer.command("show", epilog=examples("llm-assets tokenizer show", "llm-assets tokenizer show --json"))
def show_report(context: typer.Context, as_json: Json = False) -> None:
    """Bytes a token of the project's tokenizer by language and domain, beside the others; its longest tokens, and those never used."""
    path = open_root(context).artefact("tokenizer").path("report.json")
    report = json.loads(path.read_text(encoding="utf-8"))
    if "sample" not in report:
        raise DataError("this report is of an older version: `llm-assets run` writes it anew", path)
    if as_json:
        print_json(report)
        return
    sample, taken = report["sample"], report["taken_from"]
    made = f"taken from {for_terminal(taken)}, measured" if taken else "trained"
    drawn = f"{sample['documents']:,} of {sample['of_documents']:,} documents, {sample['bytes']:,} of {sample['of_bytes']:,} bytes"
    stdout.print(f"{report['vocabulary']:,} tokens, {made} on {drawn}, drawn by seed {report['seed']}", soft_wrap=True)
    print_table([*_compare(report)], as_json, formats=dict.fromkeys((OURS, *report["beside"]), "{:,.2f}"))
    stdout.print(f"\nlongest tokens: {_list_tokens(report['longest_tokens'])}", soft_wrap=True)
    stdout.print(
        f"never used: {report['dead_tokens']:,}; the longest of them: {_list_tokens(report['longest_dead_tokens'])}", soft_wrap=True
    )


def find_tokenizers(root: DataRoot) -> dict[str, Path]:
    """Files of the tokenizers among the side inputs."""
    from llm_assets.tokenizer.ranks import find_tokenizer

    found = {name: find_tokenizer(root.input_path(name)) for name in root.inputs()}
    return {name: path for name, path in found.items() if path}


def _compare(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Bytes a token: a row for all documents, one for each language, one for each of the largest domains."""
    others = report["beside"]
    yield _name_row("all", report) | {name: other["bytes_per_token"] for name, other in others.items()}
    for group, kind in (("languages", "language"), ("domains", "domain")):
        for name, counts in report[group].items():
            beside = {other: figures[group].get(name) for other, figures in others.items()}
            yield _name_row(f"{kind} {name}", counts) | beside


def _name_row(what: str, counts: Mapping[str, Any]) -> dict[str, Any]:
    """Its columns have blanks, which the name of a side input has not."""
    return {"bytes a token of": what, "in documents": counts["documents"], OURS: counts["bytes_per_token"]}


def _list_tokens(tokens: list[str]) -> str:
    return for_terminal(" ".join(f"'{token}'" for token in tokens), 1_000)

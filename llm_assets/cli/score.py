"""``llm-assets score``: how well the model predicts text it has not seen, and what it makes of tasks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llm_assets.cli.recipe_choice import current_recipe
from llm_assets.cli.sampling import Device, open_root_model
from llm_assets.cli.shared import MODEL, Json, app, examples, open_root, stdout
from llm_assets.cli.tables import print_json, print_table
from llm_assets.display import for_terminal
from llm_assets.errors import ConfigError

if TYPE_CHECKING:
    from llm_assets.root import DataRoot

FORMATS = {"loss": "{:.4f}", "bits_per_byte": "{:.4f}", "value": "{:.4g}", "error": "{:.3f}"}


@app.command(
    rich_help_panel=MODEL,
    epilog=examples(
        "llm-assets score",
        "llm-assets score --windows 100000 --domains 50 --json",
        "llm-assets score --tasks piqa.jsonl --tasks lambada.jsonl --limit 500",
        "llm-assets score --tasks own_task.yaml --items answers.jsonl",
    ),
)
def score(
    context: typer.Context,
    tasks: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="JSON lines, a task's YAML, or an evaluation set of the root; may be given several times."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="First items of each task only.")] = None,
    begin: Annotated[bool, typer.Option("--begin", help="Put end-of-text before every item, as before documents in training.")] = False,
    items: Annotated[Path | None, typer.Option(metavar="FILE", help="Write what came of every item of the tasks, as JSON lines.")] = None,
    windows: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Most windows of the validation split.", show_default="the recipe's")
    ] = None,
    domains: Annotated[int, typer.Option(min=0, metavar="N", help="Domains to name, largest first.")] = 20,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Loss and bits per byte on the validation split, by language and domain; or, with --tasks, tasks on files of your own.

    A line of a task has a query, choices and gold, or a context and its continuation, or a text. Tasks are scored by
    lm-evaluation-harness, the extra eval, as it scores the model's folder; nothing is fetched unless a YAML says so.
    """
    root = open_root(context)
    if tasks:
        _score_tasks(context, _find_tasks(root, tasks), limit, items, device, begin=begin, as_json=as_json)
        return
    if limit is not None or items is not None or begin:
        raise ConfigError("--limit, --items and --begin are about tasks: give some by --tasks")
    whole, sources = _score_validation(context, root, windows or current_recipe(root).sampling.scored_windows, device)
    if as_json:
        print_json({**whole, "languages": sources["languages"], "domains": sources["domains"][:domains]})
        return
    print_table([whole], as_json=False, formats=FORMATS)
    for kind, rows in (("languages", sources["languages"]), ("domains", sources["domains"][:domains])):
        if rows:
            stdout.print(f"\n[bold]{kind}[/]")
            print_table(rows, as_json=False, formats=FORMATS)


def _score_validation(
    context: typer.Context, root: DataRoot, most: int, device: str
) -> tuple[dict[str, Any], Mapping[str, Sequence[Mapping[str, Any]]]]:
    model, tokenizer = open_root_model(context, device)
    from llm_assets.gate import packed_corpora, shards_of
    from llm_assets.sampling.score import score_shards
    from llm_assets.sampling.sources import find_sources
    from llm_assets.training.batches import Windows, open_split

    shards = shards_of(root)
    windows = Windows([tokens for _, tokens in open_split(list(shards.values()), "validation")], model.dimensions.context)
    if not len(windows):
        raise ConfigError("the validation split has no whole window: a larger shards.validation_fraction holds out more")
    sources = find_sources(list(shards.values()), packed_corpora(root, shards))
    whole = score_shards(model, tokenizer, windows, most, sources)
    return {"windows": min(most, len(windows)), "of": len(windows), **asdict(whole)}, sources.describe()


def _find_tasks(root: DataRoot, given: Sequence[str]) -> dict[str, Path]:
    """Files by the name of their task. ConfigError where there is neither such a file nor such an evaluation set."""
    from llm_assets.overlap.evaluation_set import LINES, is_set

    sets = {name: root.input_path(name) / LINES for name in root.inputs() if is_set(root.input_path(name))}
    found: dict[str, Path] = {}
    for each in given:
        path = Path(each)
        name = each if each in sets and not path.is_file() else path.stem
        if name in found:
            raise ConfigError(f"two tasks are called {name}: rename one of the files")
        if each not in sets and not path.is_file():
            raise ConfigError(f"--tasks {each}: there is no such file, and no such evaluation set; there are: {', '.join(sets) or 'none'}")
        found[name] = path if path.is_file() else sets[each]
    return found


def _score_tasks(
    context: typer.Context,
    sources: Mapping[str, Path],
    limit: int | None,
    items: Path | None,
    device: str,
    *,
    begin: bool,
    as_json: bool,
) -> None:
    from llm_assets.sampling.tasks import require_harness, score_tasks

    require_harness()
    model, tokenizer = open_root_model(context, device)
    outcome = score_tasks(model, tokenizer, sources, limit, begin=begin)
    if items is not None:
        lines = [json.dumps({"task": task, **item}, default=str) for task, each in outcome.items.items() for item in each]
        items.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print_table([asdict(each) for each in outcome.scores], as_json, formats=FORMATS)
    if items is not None and not as_json:
        stdout.print(f"every item is in {for_terminal(str(items))}", soft_wrap=True)

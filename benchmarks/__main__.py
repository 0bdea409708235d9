"""The command line: one stage, one input, one line of JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from benchmarks import STAGES, find_stage
from benchmarks.measure import measure
from benchmarks.trial import Trial
from llm_assets.errors import ConfigError, LLMAssetsError
from llm_assets.recipe import find_recipe, override, parse_recipe

EXAMPLES = (
    "extract --input pages.warc.gz --truth pages.truth.jsonl.gz --limit 200",
    "extract --input pages.warc.gz --set extraction.engine=resiliparse",
    "url --input pages.warc.gz --side-input ut1=blacklists --set 'url_filter.block_lists=[\"ut1\"]'",
    "dedup --input corpus.jsonl",
    "train --input book.txt --limit 2000",
    "train --input book.txt --size 1B",
    "generate --input book.txt --size 1B",
)

app = typer.Typer(rich_markup_mode="markdown", pretty_exceptions_enable=False, add_completion=False)


@app.command(
    no_args_is_help=True,
    epilog="\n\n".join(f"- `python -m benchmarks {example}`" for example in EXAMPLES),
    help="Measures one stage on one core, and prints one line of JSON.\n\n"
    + "\n".join(f"- **{name}** {summary}" for name, summary in STAGES.items()),
)
def run_stage(
    stage: Annotated[str, typer.Argument(help="One of those above.", metavar="STAGE", show_default=False)],
    input_path: Annotated[Path, typer.Option("--input", help="A WARC file, a JSON Lines file of documents, or a text file.")],
    truth: Annotated[Path | None, typer.Option(help="What is true of the input (extract, language, pii).")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="First documents of the input only; for train, steps.")] = None,
    tokenizer: Annotated[Path | None, typer.Option(help="A tokenizer.json (encode).")] = None,
    recipe: Annotated[str, typer.Option(help="A recipe that ships, or a file.")] = "fineweb",
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe.")] = None,
    side_inputs: Annotated[
        list[str] | None, typer.Option("--side-input", metavar="NAME=FOLDER", help="What the recipe calls so (url, language).")
    ] = None,
    size: Annotated[str | None, typer.Option(help="124M or 1B, on a GPU where there is one (train, generate).")] = None,
) -> None:
    if stage not in STAGES:
        raise ConfigError(f"there is no stage {stage!r}; there are {', '.join(STAGES)}")
    path = find_recipe(recipe)
    chosen = parse_recipe(override(path.read_text(encoding="utf-8"), settings or ()), str(path))
    with TemporaryDirectory(prefix="benchmark-") as scratch:
        folders = {name: Path(folder) for name, _, folder in (each.partition("=") for each in side_inputs or ())}
        trial = Trial(input_path, truth, limit, tokenizer, chosen, Path(scratch), folders, size)
        print(json.dumps(measure(stage, find_stage(stage)(trial))))


def main() -> None:
    """Runs the command line. An error raised on purpose is printed in a line; exit status 1."""
    try:
        app()
    except LLMAssetsError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()

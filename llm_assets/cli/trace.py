"""``llm-assets trace``: what of a text stands in the training set, and on which pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llm_assets.cli.shared import MODEL, Json, app, examples, open_root, read_catalog, stdout
from llm_assets.cli.tables import print_json, print_table
from llm_assets.cli.words import read_words
from llm_assets.display import for_plain_text, for_terminal

if TYPE_CHECKING:
    from llm_assets.provenance import SourcedRun
    from llm_assets.trace.text import Trace

TEXT_CHARACTERS = 60
"""Of a run in the table: the whole of it stands above."""

STYLE = "underline"
COLOURS = ("bright_cyan", "bright_yellow", "bright_green", "bright_magenta")
"""Of one run after the other, so that two neighbours differ."""


@app.command(
    rich_help_panel=MODEL,
    epilog=examples(
        "llm-assets trace 'The function returns a list of all the names'",
        "llm-assets trace --file sample.txt --least 12",
        "llm-assets trace --json < page.txt",
    ),
)
def trace(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="What to look for.", show_default="standard input")] = None,
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="Instead of a text, that of a file.")] = None,
    least: Annotated[int, typer.Option(metavar="N", help="Tokens of a run at least; shorter ones are often chance.", min=1)] = 8,
    documents: Annotated[int, typer.Option(metavar="N", help="Documents to name of each run; all are counted.", min=1)] = 3,
    as_json: Json = False,
) -> None:
    """Show which stretches of a text stand word for word in the training set, how often, and on which pages."""
    words = read_words(text, file)
    root = open_root(context)
    from llm_assets.provenance import open_tracer, source_runs

    traced = open_tracer(root).trace(words, least, documents)
    with read_catalog(root) as connection:
        runs = source_runs(connection, traced)
    if as_json:
        print_json({"tokens": traced.tokens, "runs": [asdict(run) for run in runs]})
        return
    _print_text(traced)
    stdout.print(f"[dim]{traced.tokens:,} tokens; {traced.covered:,} of {len(words):,} characters lie in runs of {least} tokens or more[/]")
    print_table([row for number, run in enumerate(runs, 1) for row in _tabulate(number, run)], False, empty="no run was found")


def _print_text(traced: Trace) -> None:
    """The text with its runs underlined; where two overlap, in the colour of the one that begins later."""
    from llm_assets.trace.shown import show_pieces

    marked = (
        f"[{STYLE} {COLOURS[runs[-1] % len(COLOURS)]}]{for_terminal(text)}[/]" if runs else for_terminal(text)
        for text, runs in show_pieces(traced)
    )
    stdout.print("".join(marked), soft_wrap=True)


def _tabulate(number: int, run: SourcedRun) -> Iterator[dict[str, Any]]:
    """A row for each document of a run; what is of the run stands in the first."""
    of_run: dict[str, Any] = {"run": number, "tokens": run.tokens, "occurrences": run.occurrences, "documents": run.documents}
    of_run["text"] = for_plain_text(" ".join(run.text.split()), TEXT_CHARACTERS)
    for source in run.sources:
        yield of_run | {"id": source.id, "crawl": source.crawl, "url": source.url}
        of_run = dict.fromkeys(of_run)

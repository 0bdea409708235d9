"""``llm-assets trace``: what of a text stands in the training set, and on which pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llm_assets.cli.shared import MODEL, Json, app, examples, open_root, read_catalog, stdout
from llm_assets.cli.tables import print_json, print_table
from llm_assets.cli.words import read_words
from llm_assets.display import for_plain_text, for_terminal

if TYPE_CHECKING:
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
    from llm_assets.provenance import find_sources, list_docs, open_tracer, trace_as_rows

    traced = open_tracer(root).trace(words, least, documents)
    with read_catalog(root) as connection:
        rows = trace_as_rows(traced, find_sources(connection, list_docs(traced)))
    if as_json:
        print_json({"tokens": traced.tokens, "runs": rows})
        return
    _print_text(traced)
    stdout.print(f"[dim]{traced.tokens:,} tokens; {traced.covered:,} of {len(words):,} characters lie in runs of {least} tokens or more[/]")
    print_table([row for number, each in enumerate(rows, 1) for row in _tabulate(number, each)], False, empty="no run was found")


def _print_text(traced: Trace) -> None:
    """The text with its runs underlined; where two overlap, in the colour of the one that begins later."""
    from llm_assets.trace.shown import show_pieces

    marked = (
        f"[{STYLE} {COLOURS[runs[-1] % len(COLOURS)]}]{for_terminal(text)}[/]" if runs else for_terminal(text)
        for text, runs in show_pieces(traced)
    )
    stdout.print("".join(marked), soft_wrap=True)


def _tabulate(number: int, row: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """A row for each document of a run; what is of the run stands in the first."""
    sources: list[dict[str, Any]] = row["sources"] or [{}]
    of_run = {"run": number, **{name: row[name] for name in ("tokens", "occurrences", "documents")}}
    of_run["text"] = for_plain_text(" ".join(row["text"].split()), TEXT_CHARACTERS)
    return [
        (of_run if place == 0 else dict.fromkeys(of_run)) | {name: source.get(name) for name in ("id", "crawl", "url")}
        for place, source in enumerate(sources)
    ]

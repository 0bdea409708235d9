"""``llm-assets funnel|explain|sql``: where documents went, and why."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from llm_assets.catalog import fetch_rows, open_catalog, query_rows
from llm_assets.cli.shared import Json, app, open_root, print_json, print_table, stdout
from llm_assets.display import for_terminal
from llm_assets.explain import Life
from llm_assets.explain import explain as tell_lives
from llm_assets.formats.doc import format_doc
from llm_assets.recipe import read_recipe


@app.command()
def funnel(
    context: typer.Context,
    crawl: Annotated[str | None, typer.Option(help="Only this crawl.")] = None,
    as_json: Json = False,
) -> None:
    """How many documents each rule took, stage by stage, and how many were kept."""
    with open_catalog(open_root(context).catalog) as connection:
        rows = fetch_rows(connection, "explain/funnel", crawl=crawl)
    print_table(rows, as_json)


@app.command(epilog="Example: llm-assets explain https://example.org/page")
def explain(context: typer.Context, what: Annotated[str, typer.Argument(metavar="URL|DOC")], as_json: Json = False) -> None:
    """The life of a document: its record, its signals beside their bounds, the rule that took it or its place in the shards."""
    root = open_root(context)
    lives = tell_lives(root, read_recipe(root.recipe), what)
    if as_json:
        print_json([asdict(life) | {"doc": format_doc(life.capture["doc"])} for life in lives])
        return
    for life in lives:
        _print_life(life)


def _print_life(life: Life) -> None:
    capture = life.capture
    stdout.print(f"\n[bold]{capture['id']}[/]  {for_terminal(str(capture['url']))}")
    extent = f"byte {capture['offset']:,}, {capture['length']:,} bytes"
    stdout.print(f"  record     {for_terminal(life.file)} at {extent}, status {capture['status']}")
    if capture["title"]:
        stdout.print(f"  title      {for_terminal(capture['title'], 200)}")
    if capture["language"]:
        stdout.print(f"  language   {capture['language']} ({capture['language_score']:.3f})")
    if life.judged:
        table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
        for name in ("", "signal", "value", "bounds"):
            table.add_column(name, justify="right" if name == "value" else "left")
        for judged in life.judged:
            low, high = ("" if bound is None else f"{bound:g}" for bound in (judged.low, judged.high))
            mark = "[green]✓[/]" if judged.within else "[red]✗[/]"
            value = "" if judged.value is None else f"{judged.value:.4g}"
            table.add_row(mark, judged.rule, value, f"{low} … {high}")
        stdout.print(table)
    if life.elder:
        elder = life.elder
        kind = f"{elder['kind']}, {elder['similarity']:.2f}"
        stdout.print(f"  copy of    {elder['elder_id']} {for_terminal(str(elder['elder_url']))} ({kind})")
    for redaction in life.redactions:
        stdout.print(f"  redacted   {redaction['kind']} in {redaction['field']}, bytes {redaction['start']:,} to {redaction['end']:,}")
    stdout.print(f"  fate       {_fate(life)}")


def _fate(life: Life) -> str:
    capture = life.capture
    if capture["rule"] is None:
        return "under way: later stages have not been materialized"
    if capture["rule"] == "kept":
        place = life.place
        if place is None:
            return "[green]kept[/]"
        return f"[green]kept[/]: {place['split']} shard {place['shard']}, {place['length']:,} tokens from {place['start']:,}"
    value = "" if capture["value"] is None else f", measured {capture['value']:.4g}"
    bounds = [f"{word} {capture[name]:g}" for word, name in (("at least", "low"), ("at most", "high")) if capture[name] is not None]
    asked = f", asked {' and '.join(bounds)}" if bounds else ""
    detail = f" ({for_terminal(capture['detail'], 200)})" if capture["detail"] else ""
    return f"[red]rejected[/] in {capture['stage']} by {for_terminal(capture['rule'])}{value}{asked}{detail}"


@app.command(epilog="Example: llm-assets sql 'select rule, count(*) from verdicts group by all order by 2 desc'")
def sql(
    context: typer.Context,
    query: Annotated[str | None, typer.Argument(help="A query; - reads it from standard input. Left out: lists the views.")] = None,
    show: Annotated[bool, typer.Option("--print", help="Print the text of a view instead of running a query.")] = False,
    as_json: Json = False,
) -> None:
    """Run a query on the catalog, or list its views. The same file opens in any DuckDB client."""
    root = open_root(context)
    text = sys.stdin.read() if query == "-" else query
    with open_catalog(root.catalog) as connection:
        if text is None:
            stdout.print(f"[dim]{for_terminal(str(Path(root.catalog)))}[/]")
            rows = fetch_rows(connection, "explain/views")
        elif show:
            rows = [row for row in fetch_rows(connection, "explain/views") if row["view"] == text]
            stdout.print(for_terminal(str(rows[0]["definition"])) if rows else f"there is no view {for_terminal(text)}")
            return
        else:
            rows = query_rows(connection, text)
    print_table([{name: value for name, value in row.items() if name != "definition"} for row in rows], as_json)

"""``llm-assets funnel|explain|sql``: where documents went, and why."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.table import Table

from llm_assets.cli.recipe_choice import current_recipe
from llm_assets.cli.shared import LOOKING, Json, app, examples, open_root, read_catalog, require_text, stdout
from llm_assets.cli.tables import Row, print_json, print_table
from llm_assets.display import for_terminal
from llm_assets.errors import ConfigError


@app.command(rich_help_panel=LOOKING, epilog=examples("llm-assets funnel", "llm-assets funnel --crawl pages --json"))
def funnel(
    context: typer.Context,
    crawl: Annotated[str | None, typer.Option(metavar="NAME", help="Only this crawl.")] = None,
    as_json: Json = False,
) -> None:
    """How many documents each rule took, stage by stage, and how many were kept."""
    from llm_assets.catalog import fetch_rows

    root = open_root(context)
    if crawl is not None:
        root.crawl(crawl)
    with read_catalog(root) as connection:
        rows = fetch_rows(connection, "explain/funnel", crawl=crawl)
    if as_json:
        print_json(rows)
    else:
        print_funnel(rows)


def print_funnel(rows: Sequence[Row]) -> None:
    """The funnel for eyes: below each crawl its stages, below each stage its rules, with shares of the crawl's documents."""
    if not rows:
        stdout.print("[dim]no document has met its fate yet[/]")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "documents", "share"):
        table.add_column(name, justify="right" if name else "left", overflow="fold", no_wrap=bool(name))
    for crawl, of_crawl in _by(rows, "crawl"):
        total = sum(row["documents"] for row in of_crawl)
        table.add_row(f"[bold]{for_terminal(crawl)}[/]", f"{total:,}", "")
        kept = [row for row in of_crawl if row["rule"] == "kept"]
        for stage, of_stage in _by([row for row in of_crawl if row["rule"] != "kept"], "stage"):
            taken = sum(row["documents"] for row in of_stage)
            table.add_row(f"  [red]rejected[/] in {for_terminal(stage)}", f"{taken:,}", f"{taken / total:.1%}")
            for row in of_stage:
                table.add_row(
                    f"    {for_terminal(row['rule'])}", f"[dim]{row['documents']:,}[/]", f"[dim]{row['documents'] / total:.1%}[/]"
                )
        for row in kept:
            table.add_row("  [green]kept[/]", f"{row['documents']:,}", f"{row['documents'] / total:.1%}")
    stdout.print(table)


def _by(rows: Sequence[Row], name: str) -> list[tuple[str, list[Row]]]:
    return [(key, list(group)) for key, group in groupby(rows, lambda row: row[name])]


@app.command(
    rich_help_panel=LOOKING,
    epilog=examples("llm-assets explain https://example.org/page", "llm-assets explain 0-0-26 --json"),
)
def explain(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="URL|DOC", help="A page's URL, or a document's key such as 0-0-26.")],
    as_json: Json = False,
) -> None:
    """The life of a document: its record, its signals beside their bounds, the rule that took it or its place in the shards."""
    from llm_assets.cli.life import print_life
    from llm_assets.explain import tell_lives

    root = open_root(context)
    with read_catalog(root) as connection:
        lives = tell_lives(connection, root, current_recipe(root), require_text(what, "URL"))
    if as_json:
        print_json([life.as_json() for life in lives])
        return
    for life in lives:
        print_life(life)


@app.command(
    rich_help_panel=LOOKING,
    epilog=examples(
        "llm-assets sql",
        "llm-assets sql --print funnel",
        "llm-assets sql 'select rule, count(*) as n from verdicts group by all order by n desc'",
        "llm-assets sql - --json < query.sql",
    ),
)
def sql(
    context: typer.Context,
    query: Annotated[
        str | None, typer.Argument(metavar="QUERY", help="A query; - reads it from standard input. Left out: lists the views.")
    ] = None,
    show: Annotated[bool, typer.Option("--print", help="Print the text of the view of this name instead.")] = False,
    as_json: Json = False,
) -> None:
    """Run a query on the catalog, or list its views. The same file opens in any DuckDB client."""
    from llm_assets.catalog import fetch_rows

    root = open_root(context)
    text = sys.stdin.buffer.read().decode("utf-8", "replace") if query == "-" else query
    with read_catalog(root) as connection:
        if text is not None and not show:
            print_table(_run(connection, require_text(text, "query")), as_json, null="NULL")
            return
        views = fetch_rows(connection, "explain/views")
    if show:
        typer.echo(_definition(views, text))
        return
    if not as_json:
        stdout.print(f"[dim]{for_terminal(str(root.catalog))}[/]", soft_wrap=True)
    print_table([{"view": row["view"], "columns": row["columns"]} for row in views], as_json)


def _run(connection: Any, text: str) -> list[dict[str, Any]]:
    """Rows of a person's own query. ConfigError of one line where it is refused."""
    from llm_assets.catalog import query_rows

    try:
        return query_rows(connection, text)
    except ConfigError as error:
        reason = " ".join(str(error).partition("\n\nLINE ")[0].split())
        raise ConfigError(f"{reason}; `llm-assets sql` lists the views and their columns") from error


def _definition(views: Sequence[Row], name: str | None) -> str:
    """The text of a view: its file, where it is one of this project's, else as the catalog has it."""
    from llm_assets.catalog import VIEWS, read_query

    if name in VIEWS:
        return read_query(f"views/{name}").rstrip()
    found = {str(row["view"]): str(row["definition"]) for row in views}
    if name not in found:
        raise ConfigError(f"there is no view {name or 'without a name'}; there are: {', '.join(found)}")
    return found[name]

"""One way to print rows: a table for eyes, JSON for programs. What pages and models say is harmless in both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import typer
from rich.cells import cell_len
from rich.console import JustifyMethod
from rich.markup import render
from rich.table import Table

from llm_assets.cli.shared import stdout
from llm_assets.cli.values import show_value
from llm_assets.display import for_terminal
from llm_assets.plain_values import DOC_KEYS, make_plain

Row = Mapping[str, Any]

NARROWEST = 12
"""Columns of the screen that a text needs to be readable when it is folded."""


def print_table(
    rows: Sequence[Row], as_json: bool, *, formats: Mapping[str, str] | None = None, empty: str = "no rows", null: str = ""
) -> None:
    """Rows as a table, or as a JSON list of objects.

    ``formats`` says how numbers of a column are written for eyes, ``empty`` what is said where there are no rows, ``null`` what
    stands for nothing; where that is nothing too, a column without any value is left out. Rows that the screen is too narrow for
    are printed one below the other.
    """
    if as_json:
        print_json(rows)
        return
    if not rows:
        stdout.print(f"[dim]{empty}[/]")
        return
    columns = {name: [show_value(name, row.get(name), (formats or {}).get(name), null) for row in rows] for name in rows[0]}
    columns = {name: cells for name, cells in columns.items() if null or any(cells)}
    numbers = {name for name in columns if _is_number(name, rows)}
    widths = {name: max(cell_len(name), *(render(cell, emoji=False).cell_len for cell in cells)) for name, cells in columns.items()}
    whole = {name for name, cells in columns.items() if name in numbers or _is_name(cells, widths[name])}
    if sum(widths[name] if name in whole else min(widths[name], NARROWEST) for name in columns) + 2 * (len(columns) - 1) > stdout.width:
        _print_records(columns)
        return
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in columns:
        justify: JustifyMethod = "right" if name in numbers else "left"
        table.add_column(for_terminal(name), justify=justify, no_wrap=name in whole, overflow="fold")
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*cells)
    stdout.print(table)


def _is_name(cells: Sequence[str], width: int) -> bool:
    """Whether a column holds what must not be folded: no prose, and nothing that would take half the screen."""
    return width <= stdout.width // 2 and not any(" " in cell for cell in cells)


def _print_records(columns: Mapping[str, Sequence[str]]) -> None:
    """Each row as a list of names and values."""
    for number, cells in enumerate(zip(*columns.values(), strict=True), 1):
        stdout.print(f"[dim]row {number:,}[/]")
        table = Table.grid("", "", padding=(0, 2, 0, 0))
        table.columns[1].overflow = "fold"
        for name, cell in zip(columns, cells, strict=True):
            table.add_row(f"[bold]{for_terminal(name)}[/]", cell)
        stdout.print(table)


def print_json(value: Any) -> None:
    """JSON: document keys as text, texts redacted, nothing in it that JSON does not have. Its escapes keep control characters off."""
    typer.echo(json.dumps(make_plain("", value), indent=1, ensure_ascii=True, allow_nan=False))


def _is_number(name: str, rows: Sequence[Row]) -> bool:
    values = [row.get(name) for row in rows if row.get(name) is not None]
    return name not in DOC_KEYS and bool(values) and all(isinstance(v, int | float | Decimal) and not isinstance(v, bool) for v in values)

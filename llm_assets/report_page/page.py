"""One HTML file of the figures: no script, no address that is fetched, whatever a page says in it.

Its policy forbids everything but its own style, by hash. The template escapes every value; what pages say is redacted first.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from llm_assets.display import for_html
from llm_assets.notation import show_bounds, show_measured, show_number
from llm_assets.report_page.drawing import HEIGHT, WIDTH, draw_bars, place_cuts, shade_outside
from llm_assets.report_page.figures import Figures, Row
from llm_assets.report_page.histograms import BINS

HERE = Path(__file__).parent


def render_page(figures: Figures, sections: Mapping[str, str]) -> str:
    """The page. ``sections`` are the recipe's, with their versions."""
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {
        "said": say,
        "reason": tell_reason,
        "breakable": _break_name,
        "number": show_number,
        "bars": draw_bars,
        "cuts": place_cuts,
        "outside": shade_outside,
        "groupby_order": _group_in_order,
    }
    style = (HERE / "page.css").read_text(encoding="utf-8")
    return environment.get_template("page.html.jinja").render(
        figures=figures,
        sections=sections,
        style=Markup(style),  # noqa: S704  # the file beside this one
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        width=WIDTH,
        height=HEIGHT,
        bins=BINS,
        lengths=[(f"{2 ** row['power']:,} and more", f"{row['documents']:,}", f"{row['tokens']:,}") for row in figures.token_lengths],
        similarities=[
            (row["kind"], f"{row['similarity']:.1f}", f"{row['documents']:,}", f"{row['removed']:,}") for row in figures.similarities
        ],
        redactions=[(row["kind"], f"{row['redactions']:,}", f"{row['documents']:,}") for row in figures.redactions],
    )


def say(text: str, limit: int) -> Markup:
    """What a page says: redacted, harmless, clipped, escaped."""
    return Markup(for_html(text, limit))  # noqa: S704  # for_html has escaped it


def tell_reason(row: Row) -> str:
    """What was measured of a document, and what was asked; nothing where that says nothing."""
    if row["elder_id"] is not None:
        return f"copy of {row['elder_id']}, similarity {row['value']:.2f}"
    asked = show_bounds(row["low"], row["high"])
    if not asked:
        return f"found: {say(row['detail'], 120).unescape()}" if row["detail"] else ""
    return f"measured {show_measured(row['value'], row['low'], row['high'])}, asked {asked}"


def _break_name(name: str) -> Markup:
    """A long name that a narrow page may break behind its dots and underscores."""
    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[._])", name))


def _group_in_order(rows: Iterable[Any], *names: str) -> list[tuple[Any, list[Any]]]:
    """Neighbouring rows with equal values of a name (or a tuple of several), in the order they come."""
    rows = list(rows)
    key = itemgetter(*names) if rows and isinstance(rows[0], Mapping) else attrgetter(*names)
    return [(value, list(group)) for value, group in groupby(rows, key)]

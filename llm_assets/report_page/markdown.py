"""The same figures as Markdown, for Dagster's pages: its viewer shows no pictures that a page brings along, so bars are letters.

Whatever pages say is redacted and escaped: no markup, no HTML, no link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from llm_assets.display import for_markdown, for_plain_text
from llm_assets.notation import show_bounds
from llm_assets.report_page.drawing import spell_histogram
from llm_assets.report_page.figures import Fall, Row
from llm_assets.report_page.histograms import Histogram
from llm_assets.report_page.page import tell_reason

if TYPE_CHECKING:
    from llm_assets.sampling.memory import TracedSample

BAR_LETTERS = 20
MOST_RUNS = 3
"""Verbatim runs to show of a sample."""

_ADDRESS = re.compile(r"(?i)&#58;(?=//)|www(?=&#46;)")
"""Where :func:`for_markdown` has escaped the beginning of an address."""


def write_waterfall(falls: Sequence[Fall], unit: str = "documents") -> str:
    """A table of rules: what each took of what was left, and what was kept."""
    total = max(falls[0].left, 1) if falls else 1
    rows = [
        (
            for_markdown(fall.rule),
            f"{fall.documents:,}",
            f"{fall.documents / total:.1%}",
            f"`{_spell_fall(fall, total)}`",
        )
        for fall in falls
    ]
    return _write_table(("rule", unit, "share", "left, and taken"), "lrrl", rows)


def _spell_fall(fall: Fall, total: int) -> str:
    before, after = (round(count / total * BAR_LETTERS) for count in (fall.left, fall.left - fall.documents))
    return "█" * before if fall.rule == "kept" else "█" * after + "░" * max(before - after, 1)


def write_histograms(histograms: Iterable[Histogram]) -> str:
    """A table of signals: the bounds, and how the documents lie beside them, from ``low`` to ``high``."""
    rows = [
        (
            for_markdown(each.signal),
            "; ".join(dict.fromkeys(show_bounds(bound.low, bound.high, bound.low_open, bound.high_open) for _, bound in each.rules)),
            each.name_edge(0),
            f"`{spell_histogram(each)}`",
            each.name_edge(len(each.documents)),
        )
        for each in histograms
    ]
    return _write_table(("signal", "bounds", "low", "documents, by square root", "high"), "llrll", rows)


def write_overlap(rows: Sequence[Row]) -> str:
    """A table of evaluation sets: how many items were found in documents, and how many of these the corpus holds."""
    cells = [
        (
            for_markdown(row["crawl"]),
            for_markdown(row["evaluation"]),
            *(f"{row[name]:,}" for name in ("items", "not_sought", "items_found", "documents", "items_in_corpus", "documents_in_corpus")),
        )
        for row in rows
    ]
    heads = ("crawl", "evaluation", "items", "not sought", "items found", "documents", "items in corpus", "documents in corpus")
    return _write_table(heads, "llrrrrrr", cells)


def write_scores(rows: Sequence[Row]) -> str:
    """A table of domains or languages: what was scored of each, and the model's bits per byte on it."""
    cells = [(for_markdown(row["name"]), f"{row['tokens']:,}", f"{row['bytes']:,}", f"{row['bits_per_byte']:.3f}") for row in rows]
    return _write_table(("name", "tokens", "bytes", "bits per byte"), "lrrr", cells)


def write_samples(samples: Iterable[Row]) -> str:
    """A table of documents to look at, with what was measured of each."""
    rows = [
        (
            for_markdown(f"{row['stage']}: {row['rule']}" if row["rule"] != "kept" else "kept"),
            for_markdown(row["id"]),
            _write_code(row["url"] or "", 100),
            _write_prose(row["title"] or "", 80),
            _write_prose(tell_reason(row), 120),
            _write_prose(row["excerpt"] or "", 160),
        )
        for row in samples
    ]
    return _write_table(("fate", "document", "url", "title", "reason", "text"), "llllll", rows)


def write_memory(samples: Iterable[TracedSample], urls: Mapping[str, str]) -> str:
    """A table of samples, and below each its longest verbatim runs in the training set; ``urls`` are those of documents by their keys."""
    rows = []
    for sample in samples:
        text = "".join(piece for piece, _ in sample.pieces)
        inside = sum(len(piece) for piece, runs in sample.pieces if runs)
        rows.append((_write_prose(text, 160), f"{inside / max(len(text), 1):.0%} verbatim", "", "", "", ""))
        for run in sorted(sample.runs, key=lambda run: -run.tokens)[:MOST_RUNS]:
            counts = (f"{run.tokens:,}", f"{run.occurrences:,}", f"{run.documents:,}")
            url = _write_code(urls.get(run.docs[0], ""), 100)
            rows.append((f"↳ {_write_prose(run.text, 120)}", *counts, for_markdown(run.docs[0]), url))
    return _write_table(("sample, and its runs", "tokens", "places", "documents", "first document", "url"), "lrrrll", rows)


def write_continuations(samples: Iterable[Mapping[str, str]]) -> str:
    """A table of prompts, and of what a model made of each (``prompt`` and ``text``)."""
    return _write_table(
        ("prompt", "the model goes on"), "ll", [(_write_prose(each["prompt"]), _write_prose(each["text"])) for each in samples]
    )


def _write_prose(text: str, limit: int | None = None) -> str:
    """What a page says, in which no viewer finds an address to link: a word joiner keeps its parts apart."""
    return _ADDRESS.sub("\\g<0>&#8288;", for_markdown(text, limit))


def _write_code(text: str, limit: int) -> str:
    """An address to copy: in a span of code nothing is linked."""
    line = " ".join(for_plain_text(text, limit).split()).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if line else ""


def _write_table(header: Sequence[str], sides: str, rows: Sequence[Sequence[str]]) -> str:
    rules = ["--:" if side == "r" else "---" for side in sides.ljust(len(header), "l")]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rules, *rows))

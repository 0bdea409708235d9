"""What the report shows, asked of the catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from llm_assets.catalog import execute_query, fetch_rows
from llm_assets.formats.doc import make_doc
from llm_assets.quality.bounds import Filter, list_bounds
from llm_assets.report import Report
from llm_assets.report_page.histograms import Histogram, count_histograms

STAGES = ("extracted_text", "filtered_docs", "deduped_docs", "selected_docs", "pii_scrubbed_corpus")
MOST_KEYS = (1 << 48) - 1
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Extent:
    """The documents that are looked at, by the smallest and the largest key: all, or a crawl's."""

    first: int = 0
    last: int = (1 << 64) - 1

    @classmethod
    def of_crawl(cls, sequence: int) -> Extent:
        """All documents of one crawl."""
        return cls(make_doc(sequence, 0, 0), make_doc(sequence, 0, 0) + MOST_KEYS)


@dataclass(frozen=True)
class Fall:
    """A step of the waterfall: ``documents`` a rule took of what was ``left`` before it. The last step is what was kept."""

    stage: str
    rule: str
    documents: int
    left: int


@dataclass(frozen=True)
class Figures:
    """All of it. Texts in ``samples`` and names in ``domains`` are untrusted, and not redacted yet."""

    crawls: Sequence[Row]
    falls: Sequence[Fall]
    histograms: Sequence[Histogram]
    languages: Sequence[Row]
    domains: Sequence[Row]
    token_lengths: Sequence[Row]
    similarities: Sequence[Row]
    redactions: Sequence[Row]
    samples: Sequence[Row]


def collect_figures(
    connection: duckdb.DuckDBPyConnection, filters: Mapping[str, Filter], extent: Extent, *, samples: int = 3, most: int = 20
) -> Figures:
    """Asks the catalog for everything: ``samples`` documents a rule, ``most`` languages and domains."""
    execute_query(connection, "report/domain_of")
    keys = {"first": extent.first, "last": extent.last}
    return Figures(
        crawls=fetch_rows(connection, "report/crawls", **keys),
        falls=count_falls(connection, filters, extent),
        histograms=count_histograms(connection, filters, **keys),
        languages=fetch_rows(connection, "report/languages", **keys, most=most),
        domains=fetch_rows(connection, "report/domains", **keys, most=most),
        token_lengths=fetch_rows(connection, "report/token_lengths", **keys),
        similarities=fetch_rows(connection, "report/similarities", **keys),
        redactions=fetch_rows(connection, "report/redactions", **keys),
        samples=draw_samples(connection, filters, extent, samples),
    )


def count_falls(connection: duckdb.DuckDBPyConnection, filters: Mapping[str, Filter], extent: Extent) -> list[Fall]:
    """The waterfall: rules by stage, those of the filters in the recipe's order, then documents under way, then what was kept."""
    rows = fetch_rows(connection, "report/fates", first=extent.first, last=extent.last)
    place = _places(filters)
    rows.sort(key=lambda row: place(row["stage"], row["rule"]))
    left = sum(row["documents"] for row in rows)
    falls = []
    for row in rows:
        falls.append(Fall(row["stage"] or "under way", row["rule"] or "later stages were not materialized", row["documents"], left))
        left -= row["documents"]
    return falls


def falls_of(report: Report, filters: Mapping[str, Filter]) -> list[Fall]:
    """The waterfall of one stage, from its report."""
    place = _places(filters)
    rules = sorted(report.rejected.items(), key=lambda item: (place(report.stage, item[0]), item[0]))
    falls, left = [], report.read
    for rule, documents in (*rules, ("kept", report.kept)):
        falls.append(Fall(report.stage, rule, documents, left))
        left -= documents
    return falls


def draw_samples(connection: duckdb.DuckDBPyConnection, filters: Mapping[str, Filter], extent: Extent, most: int) -> list[Row]:
    """Documents of each fate, ``most`` a rule, in the waterfall's order."""
    execute_query(connection, "report/domain_of")
    rows = fetch_rows(connection, "report/samples", first=extent.first, last=extent.last, most=most)
    place = _places(filters)
    return sorted(rows, key=lambda row: place(row["stage"], row["rule"]))


def _places(filters: Mapping[str, Filter]) -> Callable[[str | None, str | None], tuple[int, int, int]]:
    """A sorting key of (stage, rule): stages in order, filters in the recipe's, the kept last."""
    order: dict[str, int] = {}
    for _, rule, _ in list_bounds(filters):
        order.setdefault(rule, len(order))

    def place(stage: str | None, rule: str | None) -> tuple[int, int, int]:
        stage_place = STAGES.index(stage) if stage in STAGES else len(STAGES) - 1
        return (len(STAGES) if rule == "kept" else stage_place, order.get(rule or "", len(order)), stage is None)

    return place

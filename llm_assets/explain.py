"""The life of a document, told from the catalog: its record, the rule that took it or its place in the shards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from llm_assets.catalog import fetch_rows, open_catalog
from llm_assets.errors import ConfigError
from llm_assets.formats.doc import parse_doc, split_doc
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import FILES
from llm_assets.quality.bounds import Bound, is_within
from llm_assets.recipe import Recipe
from llm_assets.root import DataRoot


@dataclass(frozen=True)
class Judged:
    """A signal beside a bound the recipe puts on it."""

    rule: str
    signal: str
    value: float | None
    low: float | None
    high: float | None
    within: bool


@dataclass(frozen=True)
class Life:
    """All that is known of one document. ``capture`` is its row of the view ``documents``; every text in it is untrusted."""

    capture: Mapping[str, Any]
    file: str
    judged: tuple[Judged, ...]
    elder: Mapping[str, Any] | None
    redactions: tuple[Mapping[str, Any], ...]
    place: Mapping[str, Any] | None


def explain(root: DataRoot, recipe: Recipe, what: str) -> list[Life]:
    """Every capture of a URL, or the document of a key such as ``0-0-17``. ConfigError where there is none, with near URLs."""
    doc = None if "://" in what or "/" in what or "." in what else parse_doc(what)
    with open_catalog(root.catalog) as connection:
        captures = fetch_rows(connection, "explain/captures", url=what, doc=doc)
        if not captures:
            near = [row["url"] for row in fetch_rows(connection, "explain/similar_urls", piece=what.rstrip("/").rsplit("/", 1)[-1])]
            raise ConfigError(f"no document of {what!r} in the catalog" + (f"; near it: {', '.join(near)}" if near else ""))
        return [_tell_life(connection, root, recipe, capture) for capture in captures]


def _tell_life(connection: duckdb.DuckDBPyConnection, root: DataRoot, recipe: Recipe, capture: Mapping[str, Any]) -> Life:
    doc = capture["doc"]
    signals = fetch_rows(connection, "explain/signals", doc=doc)
    elders = fetch_rows(connection, "explain/elders", doc=doc)
    places = fetch_rows(connection, "explain/places", doc=doc)
    return Life(
        capture,
        _find_file(root, capture["crawl"], doc),
        tuple(_judge(recipe, signals[0])) if signals else (),
        elders[0] if elders else None,
        tuple(fetch_rows(connection, "explain/redactions", doc=doc)),
        places[0] if places else None,
    )


def _find_file(root: DataRoot, crawl: str, doc: int) -> str:
    raw = root.artefact("raw_crawl", crawl)
    files: list[Path] = raw.table("files")
    number = split_doc(doc)[1]
    return next((row["location"] for row in read_table(files, FILES).to_pylist() if row["file"] == number), "?")


def _judge(recipe: Recipe, signals: Mapping[str, Any]) -> list[Judged]:
    judged = []
    for name, section in recipe.filters.items():
        bounds: list[Bound] = list(section.bounds())  # type: ignore[attr-defined]  # FILTERS holds Filters only
        for bound in bounds:
            if bound.language not in (None, signals["language"]):
                continue
            value = signals[bound.signal]
            rule = f"{name}.{bound.rule or bound.signal}"
            judged.append(Judged(rule, bound.signal, value, bound.low, bound.high, is_within(value, bound)))
    return judged

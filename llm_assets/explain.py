"""The life of a document, told from the catalog: its record, what each stage made of it, its place in the shards."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from llm_assets.catalog import fetch_rows
from llm_assets.errors import ConfigError
from llm_assets.formats.doc import format_doc, parse_doc, split_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import FILES
from llm_assets.notation import show_bounds, show_measured, show_number
from llm_assets.quality.bounds import Bound, Filter, is_within, list_bounds
from llm_assets.recipe import Recipe
from llm_assets.root import DataRoot


@dataclass(frozen=True)
class Judged:
    """What a rule of the recipe asks of a document, beside what was measured.

    ``wanted`` names the languages that a rule is about where the document's ``language`` is none of them: whatever was measured,
    it is not within.
    """

    rule: str
    signal: str
    value: float | None
    language: str
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    wanted: tuple[str, ...] = ()
    within: bool = False

    @property
    def measured(self) -> str:
        """What was measured, for eyes; where it is the language that breaks the rule, the language."""
        return self.language if self.wanted else show_measured(self.value, self.low, self.high)

    @property
    def asked(self) -> str:
        """Such as ``30–100,000``, ``≤ 0.3``, ``> 0.65``, or which languages are wanted."""
        return " or ".join(self.wanted) if self.wanted else show_bounds(self.low, self.high, self.low_open, self.high_open)

    @property
    def breach(self) -> str:
        """Such as ``measured 3, asked ≥ 5``."""
        if self.wanted:
            return f"the language is {self.measured}, wanted is {self.asked}"
        return f"measured {self.measured}, asked {self.asked}"


@dataclass(frozen=True)
class Life:
    """All that is known of one document. ``capture`` is its row of the view ``documents``; every text in it is untrusted.

    ``extraction`` says what its record gave. ``judged`` has a row a rule, in the recipe's order: the first that is not within is the
    reason; ``unbounded`` are the signals no rule asks about. ``outdated`` says that the filters were changed since its verdict.
    ``elder`` is whose copy it is, ``copies`` how often it was copied, ``family`` the root it goes back to if it survived,
    ``redactions`` the places of stand-ins, ``place`` where its tokens lie.
    """

    capture: Mapping[str, Any]
    file: str | None
    extraction: Mapping[str, Any] | None
    judged: tuple[Judged, ...]
    unbounded: Mapping[str, float]
    outdated: bool
    elder: Mapping[str, Any] | None
    copies: Mapping[str, Any] | None
    family: int | None
    redactions: tuple[Mapping[str, Any], ...]
    place: Mapping[str, Any] | None

    @property
    def broken(self) -> tuple[Judged, ...]:
        """The rules it does not meet."""
        return tuple(each for each in self.judged if not each.within)

    @property
    def url_rule(self) -> str | None:
        """The rule of the URL filter that took it, ``none`` where it let it pass, None where it was never asked."""
        rule = self.capture["rule"] or ""
        if rule.startswith("url_filter."):
            return str(rule)
        return "none" if self.extraction is not None or rule.startswith("extraction.") else None

    @property
    def reason(self) -> str:
        """What was measured and what was asked of it by the rule that took it; empty where that rule measures nothing."""
        capture = self.capture
        broken = next((each for each in self.broken if each.rule == capture["rule"] and not self.outdated), None)
        if broken is not None:
            return broken.breach
        measured = "" if capture["value"] is None else f"measured {show_number(capture['value'])}"
        ends = (("at least", "low"), ("at most", "high"))
        asked = " and ".join(f"{words} {show_number(capture[name])}" for words, name in ends if capture[name] is not None)
        return ", ".join(filter(None, (measured, f"asked {asked}" if asked else "")))

    def as_json(self) -> dict[str, Any]:
        """All of it, the document's key first, and which rules it breaks."""
        told = {"url_rule": self.url_rule, "broken": [each.rule for each in self.broken], "redacted": self.redacted}
        return {"doc": format_doc(self.capture["doc"]), **asdict(self), **told}

    @property
    def redacted(self) -> Mapping[str, int]:
        """Redactions by kind."""
        return Counter(str(each["kind"]) for each in self.redactions)


def tell_lives(connection: duckdb.DuckDBPyConnection, root: DataRoot, recipe: Recipe, what: str) -> list[Life]:
    """Every capture of a URL, or the document of a key such as ``0-0-17``. ConfigError where there is none, with near URLs."""
    return [_tell_life(connection, root, recipe, capture) for capture in find_captures(connection, what)]


def find_captures(connection: duckdb.DuckDBPyConnection, what: str) -> list[dict[str, Any]]:
    """Rows of the view ``documents``: every capture of a URL, or the document of a key. ConfigError where there is none."""
    doc = _find_key(what)
    captures = fetch_rows(connection, "explain/captures", url=what, doc=doc)
    if not captures:
        raise ConfigError(_tell_absence(connection, what, doc))
    return captures


def _find_key(what: str) -> int | None:
    """The key that a text is, or None: a text that only looks like one is no document's."""
    try:
        return parse_doc(what)
    except ConfigError:
        return None


def _tell_absence(connection: duckdb.DuckDBPyConnection, what: str, doc: int | None) -> str:
    """Why nothing was found, and what was perhaps meant."""
    if doc is not None:
        record = next(iter(fetch_rows(connection, "explain/records", doc=doc)), None)
        if record is not None:
            return f"record {what} is no document: it is of type {record['type']}, and only responses are read"
        return f"there is no document {what} in the catalog"
    host, piece = _split_url(what)
    near = [row["url"] for row in fetch_rows(connection, "explain/similar_urls", what=what, host=host, piece=piece)] if piece else []
    hint = (
        f"near it: {', '.join(near)}" if near else "a URL as it was crawled is wanted, or a key such as 12-345-6789 (crawl, file, record)"
    )
    return f"there is no document of {what!r} in the catalog; {hint}"


def _split_url(what: str) -> tuple[str, str]:
    """Host and last part of the path, for whatever was typed; a URL parser would refuse half of it."""
    host, _, path = re.sub(r"^\w+://", "", what).partition("/")
    piece = path.rstrip("/").rsplit("/", 1)[-1]
    return host or piece, piece or host


def _tell_life(connection: duckdb.DuckDBPyConnection, root: DataRoot, recipe: Recipe, capture: Mapping[str, Any]) -> Life:
    doc, crawl = capture["doc"], capture["crawl"]

    def first(query: str) -> Mapping[str, Any] | None:
        return next(iter(fetch_rows(connection, query, doc=doc)), None)

    signals, survivor = first("explain/signals"), first("explain/families")
    judged = tuple(judge(recipe.filters, signals)) if signals else ()
    asked = {"doc", "language", *(each.signal for each in judged)}
    decision = root.manifest("filtered_docs", crawl)
    return Life(
        capture=capture,
        file=_find_file(root, crawl, doc),
        extraction=first("explain/extractions"),
        judged=judged,
        unbounded={name: value for name, value in (signals or {}).items() if name not in asked},
        outdated=decision is not None and decision.inputs.get("recipe/filters") != recipe.fingerprint("filters"),
        elder=first("explain/elders"),
        copies=first("explain/copies"),
        family=survivor["family"] if survivor else None,
        redactions=tuple(fetch_rows(connection, "explain/redactions", doc=doc)),
        place=first("explain/places"),
    )


def _find_file(root: DataRoot, crawl: str, doc: int) -> str | None:
    """Where the record's file lay when it was listed; its raw crawl may have been deleted since."""
    manifest = root.manifest("raw_crawl", crawl)
    if manifest is None:
        return None
    listed = Artefact(root.place("raw_crawl", crawl) / manifest.folder, manifest.files, mirror=root.mirror).table("files")
    number = split_doc(doc)[1]
    return next((row["location"] for row in read_table(listed, FILES).to_pylist() if row["file"] == number), None)


def judge(filters: Mapping[str, Filter], signals: Mapping[str, Any]) -> Iterator[Judged]:
    """What ``sql/quality/broken.sql`` decides of every document at once, told of one: a row a rule, in the recipe's order.

    Of a rule's bounds by language, the one of the document's language holds, else the one without; where there is neither, the
    document breaks the rule. A rule on what was not measured is left out.
    """
    rules: dict[str, list[Bound]] = {}
    for _, rule, bound in list_bounds(filters):
        rules.setdefault(rule, []).append(bound)
    language = signals["language"]
    for rule, bounds in rules.items():
        signal = bounds[0].signal
        if signal not in signals:
            continue
        value = signals[signal]
        by_language = {bound.language: bound for bound in bounds}
        asked = by_language.get(language, by_language.get(None))
        if asked is None:
            yield Judged(rule, signal, value, language, wanted=tuple(str(bound.language) for bound in bounds))
        else:
            within = is_within(value, asked)
            yield Judged(rule, signal, value, language, asked.low, asked.high, asked.low_open, asked.high_open, within=within)

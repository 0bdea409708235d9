"""Bounds on signals: what a filter is made of, and the relation SQL reads them from."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import pyarrow as pa
from pydantic import Field, model_validator

from llm_assets.errors import ConfigError
from llm_assets.quality.signal import Signal
from llm_assets.section import Section

BOUNDS = pa.schema(
    [
        pa.field("position", pa.uint32(), False),
        pa.field("filter", pa.string(), False),
        pa.field("rule", pa.string(), False),
        pa.field("signal", pa.string(), False),
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
        pa.field("low_open", pa.bool_(), False),
        pa.field("high_open", pa.bool_(), False),
        pa.field("language", pa.string()),
    ]
)
"""One row a bound, in the recipe's order. ``rule`` is ``FILTER.RULE``; ``language`` null holds for those that no other row names."""


@dataclass(frozen=True)
class Bound:
    """Keeps documents whose ``signal`` lies from ``low`` to ``high``, both included unless they are open; NaN lies in none.

    ``rule`` names it within its filter, the signal's name unless told. Bounds of one rule, each with its ``language``, make a
    threshold by language: a document takes the one of its language, else the one without; where there is neither, it
    breaks the rule.
    """

    signal: str
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    language: str | None = None
    rule: str = ""


class Filter(Section, ABC):
    """A configuration that names bounds on signals."""

    signals: ClassVar[tuple[Signal, ...]]
    """What must be measured for it, in the order of the columns."""

    @abstractmethod
    def bounds(self) -> Iterator[Bound]:
        """The bounds in the order they are tried; the same rules whatever the values."""

    def bounds_by_language(self) -> Iterator[Bound]:
        """The bounds, and after each those that replace it for a language."""
        yield from self.bounds()


class ThresholdFilter(Filter):
    """A filter whose keys are thresholds, some of them other ones for some languages."""

    by_language: Mapping[str, Self] = Field({}, repr=False)
    """Thresholds that differ for documents in a language, by its code: ``[filters.NAME.by_language.de]``. A key left out there has the
    value it has for all others."""

    @model_validator(mode="before")
    @classmethod
    def _inherit(cls, given: Any) -> Any:
        """Each language's table starts from the keys that stand beside ``by_language``."""
        if not isinstance(given, Mapping) or not isinstance(given.get("by_language"), Mapping):
            return given
        own = {key: value for key, value in given.items() if key != "by_language"}
        tables = {
            code: {**own, **_refuse_nesting(code, table)} if isinstance(table, Mapping) else table
            for code, table in given["by_language"].items()
        }
        return {**own, "by_language": tables}

    def bounds_by_language(self) -> Iterator[Bound]:
        """The bounds, and after each those that replace it for a language."""
        chosen = [each.bounds() for each in self.by_language.values()]
        for bound, *others in zip(self.bounds(), *chosen, strict=True):
            yield bound
            for code, other in zip(self.by_language, others, strict=True):
                if other != bound:
                    yield replace(other, language=code)


def _refuse_nesting(code: str, table: Mapping[str, Any]) -> Mapping[str, Any]:
    if "by_language" in table:
        raise ValueError(f"by_language.{code} has thresholds, and no languages of its own")
    return table


def list_bounds(filters: Mapping[str, Filter]) -> Iterator[tuple[str, str, Bound]]:
    """Every bound in the recipe's order, those of languages included: name of the filter, name of the rule, bound."""
    for name, chosen in filters.items():
        for bound in chosen.bounds_by_language():
            yield name, f"{name}.{bound.rule or bound.signal}", bound


def bounds_table(filters: Mapping[str, Filter]) -> pa.Table:
    """The bounds of all filters as a table of schema BOUNDS, in the order of ``filters``.

    Raises ConfigError where one rule has two bounds for the same language, or bounds on two signals, or one that is NaN.
    """
    rows = [
        {
            "filter": name,
            "rule": rule,
            "signal": bound.signal,
            "low": bound.low,
            "high": bound.high,
            "low_open": bound.low_open,
            "high_open": bound.high_open,
            "language": bound.language,
        }
        for name, rule, bound in list_bounds(filters)
    ]
    known: dict[str, tuple[str, set[str | None]]] = {}
    for row in rows:
        rule, signal, language = str(row["rule"]), str(row["signal"]), row["language"]
        of, languages = known.setdefault(rule, (signal, set()))
        if of != signal or language in languages:
            raise ConfigError(f"rule {rule} has two bounds for {language or 'any language'} or on two signals: {of}, {signal}")
        if any(isinstance(end, float) and math.isnan(end) for end in (row["low"], row["high"])):
            raise ConfigError(f"rule {rule} has the bound NaN, within which nothing lies; leave the filter out to switch it off")
        languages.add(None if language is None else str(language))
    return pa.Table.from_pylist([{"position": position, **row} for position, row in enumerate(rows)], schema=BOUNDS)


def is_within(value: float | None, bound: Bound) -> bool:
    """Whether a measured value meets the bound; what ``sql/quality/broken.sql`` says of every document at once."""
    if value is None or math.isnan(value):
        return False
    above = bound.low is None or value > bound.low or (value == bound.low and not bound.low_open)
    below = bound.high is None or value < bound.high or (value == bound.high and not bound.high_open)
    return above and below

"""Bounds on signals: what a filter is made of, and the relation SQL reads them from."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

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
"""One row a bound, in the recipe's order. ``rule`` is ``FILTER.RULE``."""


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
        """The bounds in the order they are tried."""


def bounds_table(filters: Mapping[str, Filter]) -> pa.Table:
    """The bounds of all filters as a table of schema BOUNDS, in the order of ``filters``.

    Raises ConfigError where one rule has two bounds for the same language, or bounds on two signals, or one that is NaN.
    """
    rows = [
        {
            "filter": name,
            "rule": f"{name}.{bound.rule or bound.signal}",
            "signal": bound.signal,
            "low": bound.low,
            "high": bound.high,
            "low_open": bound.low_open,
            "high_open": bound.high_open,
            "language": bound.language,
        }
        for name, chosen in filters.items()
        for bound in chosen.bounds()
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

"""How each signal is spread over the documents, and where its bounds cut. Counted in SQL; only bins come to Python."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from llm_assets.catalog import bind, fetch_rows
from llm_assets.notation import show_number
from llm_assets.quality.bounds import Bound, Filter, list_bounds
from llm_assets.quality.signals import DESCRIPTIONS

BINS = 48
COUNTED = ("count", "bytes", "characters")
"""Units whose values run over orders of magnitude."""

BEYOND_BOUND = 2.5
"""How far a linear scale runs, in upper bounds: what lies beyond is one bin."""

SCALES = pa.schema([("signal", pa.string()), ("low", pa.float64()), ("width", pa.float64()), ("logarithmic", pa.bool_())])
LANGUAGE_SCORE = ("language_score", "fraction", "how sure the identifier is of the language")


@dataclass(frozen=True)
class Scale:
    """Bins of one width from ``low`` on: of the value, or of ln(1 + value) where it is ``logarithmic``."""

    low: float
    width: float
    logarithmic: bool

    def place(self, value: float) -> float:
        """Where a value lies, in bins from the left, inside the picture."""
        moved = math.log1p(max(value, 0.0)) if self.logarithmic else value
        return min(max((moved - self.low) / self.width, 0.0), float(BINS))

    def value(self, edge: int) -> float:
        """The value at the left edge of a bin."""
        moved = self.low + edge * self.width
        return math.expm1(moved) if self.logarithmic else moved


@dataclass(frozen=True)
class Histogram:
    """A signal: ``documents`` and those of them that ``passed`` all filters, bin by bin; ``missing`` had no value (NaN),
    ``largest`` is the largest value.

    ``rules`` names what bounds it, with the bound (several where a rule has one for some languages).
    """

    signal: str
    unit: str
    definition: str
    scale: Scale
    documents: tuple[int, ...]
    passed: tuple[int, ...]
    missing: int
    largest: float
    rules: tuple[tuple[str, Bound], ...]

    @property
    def filter(self) -> str | None:
        """The first filter that bounds it."""
        return self.rules[0][0].partition(".")[0] if self.rules else None

    def cuts(self) -> list[tuple[float, float]]:
        """Every bound's ends, once each, ascending: the value, and where it cuts, in bins from the left.

        A bound includes its ends, so a count is cut half a step beyond.
        """
        beyond = 0.5 if self.unit == "count" else 0.0
        ends = {(bound.low, -beyond) for _, bound in self.rules} | {(bound.high, beyond) for _, bound in self.rules}
        finite = sorted((end, side) for end, side in ends if end is not None and math.isfinite(end))
        return [(end, self.scale.place(end + side)) for end, side in finite]

    def name_edge(self, number: int) -> str:
        """The value at the left edge of a bin, to four figures; at the right end with + where values lie beyond."""
        value = self.scale.value(number)
        return show_number(float(f"{value:.4g}")) + ("+" if number == BINS and self.largest > value else "")

    def describe_bin(self, number: int) -> str:
        """What a bin holds, in words: its range and its documents."""
        first, last = number == 0, number == BINS - 1
        low, high = self.name_edge(number), self.name_edge(number + 1)
        extent = f"below {high}" if first else f"{low} and more" if last else f"{low} to {high}"
        return f"{extent}: {self.documents[number]:,} documents, {self.passed[number]:,} passed"


def count_histograms(connection: duckdb.DuckDBPyConnection, filters: Mapping[str, Filter], first: int, last: int) -> list[Histogram]:
    """A histogram of every signal measured on documents ``first`` to ``last``: the bounded ones in the recipe's order, then the others.

    Reads ``signals`` and ``passed``.
    """
    bounded: dict[str, list[tuple[str, Bound]]] = {}
    for _, rule, bound in list_bounds(filters):
        bounded.setdefault(bound.signal, []).append((rule, bound))
    known = {name: (unit, definition) for name, unit, definition in _list_signals()}
    ranges = {row["signal"]: row for row in fetch_rows(connection, "report/ranges", first=first, last=last)}
    order = [name for name in (*bounded, *(name for name in known if name not in bounded)) if name in ranges and name in known]
    scales = {name: choose_scale(known[name][0], ranges[name], bounded.get(name, ())) for name in order}
    rows = [{"signal": name, "low": each.low, "width": each.width, "logarithmic": each.logarithmic} for name, each in scales.items()]
    bind(connection, "scales", pa.Table.from_pylist(rows, schema=SCALES))
    counts = {name: ([0] * BINS, [0] * BINS) for name in order}
    for row in fetch_rows(connection, "report/histograms", first=first, last=last, bins=BINS):
        documents, passed = counts[row["signal"]]
        documents[row["bin"]], passed[row["bin"]] = row["documents"], row["passed"]
    return [
        Histogram(
            name,
            *known[name],
            scale=scales[name],
            documents=tuple(counts[name][0]),
            passed=tuple(counts[name][1]),
            missing=ranges[name]["missing"],
            largest=ranges[name]["most"] or 0.0,
            rules=tuple(bounded.get(name, ())),
        )
        for name in order
    ]


def _list_signals() -> Iterator[tuple[str, str, str]]:
    yield LANGUAGE_SCORE
    yield from ((signal.name, signal.unit, signal.definition) for signal in DESCRIPTIONS)


def choose_scale(unit: str, extent: Mapping[str, float | None], rules: Sequence[tuple[str, Bound]]) -> Scale:
    """Linear from 0 a good way past the upper bound, or to the largest value; logarithmic for counts that a bound does not hold small."""
    lows = [bound.low for _, bound in rules if bound.low is not None and math.isfinite(bound.low)]
    highs = [bound.high for _, bound in rules if bound.high is not None and math.isfinite(bound.high)]
    least, most = extent["least"] or 0.0, extent["most"] or 0.0
    if unit in ("count", "bytes") or (unit in COUNTED and not highs):
        low, high = (math.log1p(max(end, 0.0)) for end in (min(least, *lows, most), max(most, *highs, 1.0)))
        return Scale(low, max(high - low, 1e-9) / BINS * (1 + 1e-9), logarithmic=True)
    high = max(highs) * BEYOND_BOUND if highs and max(highs) > 0 else most
    high = min(high, 1.0) if unit == "fraction" else high
    return Scale(0.0, (high if high > 0 else 1.0) / BINS * (1 + 1e-9), logarithmic=False)

"""What explain tells of one document is what SQL decided of all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.catalog import bind, connect, fetch_rows, read_query
from llm_assets.explain import judge
from llm_assets.quality.bounds import Bound, Filter, bounds_table
from llm_assets.quality.signal import Signal

LANGUAGES = ("en", "de", "fr")
values = st.one_of(st.sampled_from([0.0, 0.5, 1.0, float("nan")]), st.floats(-2, 2))
ends = st.one_of(st.none(), st.sampled_from([0.0, 0.5, 1.0]))


class Chosen(Filter):
    """A filter of whatever bounds."""

    signals: ClassVar[tuple[Signal, ...]] = ()
    chosen: tuple[tuple[str, tuple[Bound, ...]], ...]

    def bounds(self) -> Iterator[Bound]:
        for _, bounds in self.chosen:
            yield from bounds


@st.composite
def filters(draw: st.DrawFn) -> dict[str, Filter]:
    """Rules on one of two signals, each with bounds for some languages, or for all, or for both."""
    made: dict[str, Filter] = {}
    for name in ("first", "second"):
        rules = []
        for rule in draw(st.lists(st.sampled_from("abc"), unique=True, max_size=3)):
            signal = draw(st.sampled_from(["x", "y"]))
            languages = draw(st.lists(st.sampled_from([None, "en", "de"]), unique=True, min_size=1, max_size=3))
            bounds = tuple(
                Bound(signal, draw(ends), draw(ends), draw(st.booleans()), draw(st.booleans()), language, rule) for language in languages
            )
            rules.append((rule, bounds))
        made[name] = Chosen(chosen=tuple(rules))
    return made


documents = st.lists(st.tuples(st.sampled_from(LANGUAGES), values, values), min_size=1, max_size=20)


@settings(max_examples=15, deadline=None)
@given(filters(), documents)
def test_the_broken_rules_are_those_of_the_query_in_its_order(made: dict[str, Filter], measured: list[tuple[str, float, float]]) -> None:
    signals = [{"doc": doc, "language": language, "x": x, "y": y} for doc, (language, x, y) in enumerate(measured)]
    with connect() as connection:
        bind(connection, "signals", pa.Table.from_pylist(signals))
        bind(connection, "bounds", bounds_table(made))
        connection.sql(read_query("quality/broken")).create("broken")
        broken = connection.table("broken").order("doc, position").project("doc, rule").fetchall()
        reasons = {row["doc"]: row["rule"] for row in fetch_rows(connection, "quality/decide", stage="filtered_docs")}
    told = {row["doc"]: [each.rule for each in judge(made, row) if not each.within] for row in signals}
    assert [(doc, rule) for doc, rules in told.items() for rule in rules] == broken
    assert {doc: rules[0] for doc, rules in told.items() if rules} == reasons

import math
from functools import cache

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llm_assets.catalog import bind, connect, read_query
from llm_assets.errors import ConfigError
from llm_assets.explain import judge
from llm_assets.quality import FILTERS
from llm_assets.quality.bounds import BOUNDS, Bound, Filter, bounds_table, is_within
from llm_assets.quality.language import LanguageFilter
from llm_assets.recipe import parse_recipe


class OfBounds(Filter):
    """Any bounds."""

    signals = ()
    chosen: tuple[Bound, ...]

    def bounds(self):
        yield from self.chosen


def of(*bounds: Bound) -> OfBounds:
    return OfBounds(chosen=bounds)


@cache
def database() -> duckdb.DuckDBPyConnection:
    """One for all examples: opening it costs more than asking."""
    return connect()


def broken(rows: list[dict], filters: dict[str, Filter]) -> list[tuple]:
    """What SQL says: (doc, rule, value, low, high, detail), by document and position."""
    names = sorted({name for row in rows for name in row} - {"doc", "language"})
    schema = pa.schema([("doc", pa.uint64()), ("language", pa.string()), *((name, pa.float64()) for name in names)])
    bind(database(), "signals", pa.Table.from_pylist([{"language": "en", **row} for row in rows], schema=schema))
    bind(database(), "bounds", bounds_table(filters))
    found = database().sql(read_query("quality/broken")).order("doc, position").fetchall()
    return [(doc, *rest) for doc, _, *rest in found]


ENDS = st.sampled_from([None, -math.inf, -1.0, -0.0, 0.0, 0.3, 1.0, math.inf])
VALUES = st.sampled_from([None, math.nan, -math.inf, -1.0, -0.0, 0.0, 0.1 + 0.2, 0.3, math.nextafter(0.3, 0), 1.0, math.inf])


@settings(deadline=None, max_examples=40)
@given(st.lists(VALUES, min_size=1, max_size=6), ENDS, ENDS, st.booleans(), st.booleans())
@example([math.nan, None, math.inf], None, None, False, False)
def test_sql_and_python_agree_on_what_lies_within_a_bound(values, low, high, low_open, high_open):
    bound = Bound("x", low, high, low_open, high_open)
    out = {doc for doc, *_ in broken([{"doc": doc, "x": value} for doc, value in enumerate(values)], {"f": of(bound)})}
    assert out == {doc for doc, value in enumerate(values) if not is_within(value, bound)}


RULES = st.dictionaries(st.sampled_from([None, "en", "de"]), st.tuples(ENDS, ENDS, st.booleans(), st.booleans()), min_size=1)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["en", "de", "fr"]), VALUES, VALUES), min_size=1, max_size=5), RULES, RULES)
def test_sql_and_python_agree_on_bounds_by_language_and_on_why(documents, of_x, of_y):
    filters = {
        name: of(*(Bound(signal, *ends, language=language) for language, ends in chosen.items()))
        for name, signal, chosen in (("one", "x", of_x), ("two", "y", of_y))
    }
    rows = [{"doc": doc, "language": language, "x": x, "y": y} for doc, (language, x, y) in enumerate(documents)]
    told = [
        (row["doc"], each.rule, row[each.signal], each.low, each.high, row["language"] if each.wanted else None)
        for row in rows
        for each in judge(filters, row)
        if not each.within
    ]
    # As texts, since NaN is no equal of itself; a table of bounds knows one zero.
    assert repr(broken(rows, filters)).replace("-0.0", "0.0") == repr(told).replace("-0.0", "0.0")


@pytest.mark.parametrize(
    ("value", "bound", "within"),
    [
        (0.3, Bound("x", high=0.3), True),
        (0.3, Bound("x", high=0.3, high_open=True), False),
        (0.65, Bound("x", low=0.65, low_open=True), False),
        (0.0, Bound("x", low=0.0), True),
        (math.nan, Bound("x"), False),
        (None, Bound("x"), False),
        (math.inf, Bound("x", low=1), True),
    ],
)
def test_bounds_include_their_ends_unless_open_and_nothing_measured_lies_in_none(value, bound, within):
    assert is_within(value, bound) is within


def test_a_document_takes_the_bound_of_its_language_else_the_one_without():
    filters = {"f": of(Bound("x", high=5), Bound("x", high=9, language="de"))}
    rows = [{"doc": doc, "language": language, "x": 7.0} for doc, language in enumerate(["en", "de", "und"])]
    assert broken(rows, filters) == [(0, "f.x", 7.0, None, 5.0, None), (2, "f.x", 7.0, None, 5.0, None)]


def test_a_language_that_no_bound_names_breaks_the_rule_and_is_told():
    filters = {"language": LanguageFilter(languages={"en": 0.65, "de": 0.8})}
    scores = [("en", 0.65), ("en", 0.66), ("de", 0.8), ("de", 0.81), ("fr", 0.99)]
    rows = [{"doc": doc, "language": language, "language_score": score} for doc, (language, score) in enumerate(scores)]
    assert broken(rows, filters) == [
        (0, "language.score", 0.65, 0.65, None, None),
        (2, "language.score", 0.8, 0.8, None, None),
        (4, "language.score", 0.99, None, None, "fr"),
    ]


def test_a_filter_has_other_thresholds_for_a_language_where_they_differ():
    recipe = parse_recipe("[filters.gopher_quality]\nmin_words = 20\n[filters.gopher_quality.by_language.de]\nmax_mean_word_length = 14")
    rows = bounds_table(recipe.filters).to_pylist()
    lengths = [(row["language"], row["low"], row["high"]) for row in rows if row["signal"] == "mean_word_length"]
    assert lengths == [(None, 3, 10), ("de", 3, 14)]
    assert [row["low"] for row in rows if row["signal"] == "words"] == [20]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("gopher_quality.by_language.de]\nmin_word = 3", "gopher_quality.by_language.de.min_word is unknown; did you mean 'min_words'"),
        ("gopher_quality.by_language.de.by_language.fr]\nmin_words = 3", "by_language.de has thresholds, and no languages of its own"),
        ("gopher_quality.by_language]\nde = 3", "gopher_quality.by_language.de: input should be"),
        ("language.by_language.de]", "filters.language.by_language is unknown"),
    ],
)
def test_thresholds_of_a_language_are_refused_by_key(table, said):
    with pytest.raises(ConfigError, match=said.replace(".", r"\.")):
        parse_recipe(f"[filters.{table}")


def test_every_broken_bound_is_found_in_the_order_of_the_filters():
    low, high = of(Bound("x", low=1, rule="few"), Bound("y", low=1)), of(Bound("x", high=-1))
    rows = [{"doc": 1, "x": 0.0, "y": 0.0}]
    assert [rule for _, rule, *_ in broken(rows, {"a": low, "b": high})] == ["a.few", "a.y", "b.x"]
    assert [rule for _, rule, *_ in broken(rows, {"b": high, "a": low})] == ["b.x", "a.few", "a.y"]


def test_without_filters_nothing_is_broken():
    assert bounds_table({}).schema == BOUNDS
    assert broken([{"doc": 1, "x": math.nan}], {}) == []


@pytest.mark.parametrize(
    "bounds",
    [
        (Bound("x", low=1), Bound("x", high=2)),
        (Bound("x", rule="same"), Bound("y", rule="same", language="de")),
        (Bound("x", language="de"), Bound("x", language="de")),
        (Bound("x", low=math.nan),),
    ],
)
def test_rules_that_contradict_themselves_are_refused_by_name(bounds):
    with pytest.raises(ConfigError, match=r"rule f\.(x|same) has"):
        bounds_table({"f": of(*bounds)})


FINEWEB = [
    ("language.score", 0.65, None),
    ("gopher_repetition.duplicate_line_fraction", None, 0.30),
    ("gopher_repetition.duplicate_paragraph_fraction", None, 0.30),
    ("gopher_repetition.duplicate_line_character_fraction", None, 0.20),
    ("gopher_repetition.duplicate_paragraph_character_fraction", None, 0.20),
    ("gopher_repetition.top_2_gram_character_fraction", None, 0.20),
    ("gopher_repetition.top_3_gram_character_fraction", None, 0.18),
    ("gopher_repetition.top_4_gram_character_fraction", None, 0.16),
    ("gopher_repetition.duplicate_5_gram_character_fraction", None, 0.15),
    ("gopher_repetition.duplicate_6_gram_character_fraction", None, 0.14),
    ("gopher_repetition.duplicate_7_gram_character_fraction", None, 0.13),
    ("gopher_repetition.duplicate_8_gram_character_fraction", None, 0.12),
    ("gopher_repetition.duplicate_9_gram_character_fraction", None, 0.11),
    ("gopher_repetition.duplicate_10_gram_character_fraction", None, 0.10),
    ("gopher_quality.words", 50, 100_000),
    ("gopher_quality.mean_word_length", 3, 10),
    ("gopher_quality.hash_word_ratio", None, 0.1),
    ("gopher_quality.ellipsis_word_ratio", None, 0.1),
    ("gopher_quality.bullet_line_fraction", None, 0.9),
    ("gopher_quality.ellipsis_line_fraction", None, 0.3),
    ("gopher_quality.alpha_word_fraction", 0.8, None),
    ("gopher_quality.stop_words", 2, None),
    ("c4.lorem_ipsum", None, 0),
    ("c4.curly_brackets", None, 0),
    ("c4.sentences", 5, None),
    ("fineweb_quality.line_punctuation_fraction", 0.12, None),
    ("fineweb_quality.short_line_fraction", None, 0.67),
    ("fineweb_quality.cleaned_duplicate_line_character_fraction", None, 0.01),
    ("fineweb_quality.newlines_per_word", None, 0.3),
]


def test_the_defaults_are_the_published_thresholds():
    table = bounds_table({name: chosen() for name, chosen in FILTERS.items()})
    assert [(row["rule"], row["low"], row["high"]) for row in table.to_pylist()] == FINEWEB

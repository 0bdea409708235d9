"""What another recipe would do is what the run then does."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_root import CRAWLS, ENGINE, RECIPE, kept_docs, make_judged_root, read, run_decisions

from llm_assets.errors import ConfigError
from llm_assets.recipe import override, parse_recipe, put_recipe
from llm_assets.root import DataRoot
from llm_assets.what_if import DECIDED, Shift, WhatIf, compare_recipes


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> DataRoot:
    """A root whose filters and deduplication were run. It is for reading."""
    root = make_judged_root(tmp_path_factory.mktemp("what_if") / "home")
    run_decisions(root)
    return root


@pytest.fixture
def own(decided: DataRoot, tmp_path: Path) -> DataRoot:
    """A copy of that root, to be changed."""
    return DataRoot.at(shutil.copytree(decided.home, tmp_path / "home"))


def ask(root: DataRoot, text: str, **more: int) -> WhatIf:
    with TemporaryDirectory() as scratch:
        return compare_recipes(root, read(root), parse_recipe(text), Path(scratch), ENGINE, **more)


def changed(shift: Shift, gained: bool) -> set[int]:
    return {row["doc"] for row in shift.documents.to_pylist() if row["gained"] == gained}


def hold_to_the_run(root: DataRoot, text: str) -> WhatIf:
    """Asks, then sets the recipe and runs, and compares document by document."""
    before = {asset: kept_docs(root, asset) for asset in DECIDED}
    told = ask(root, text)
    put_recipe(root.recipe, text)
    run_decisions(root)
    for shift in (told.filters, told.dedup):
        after = kept_docs(root, shift.stage)
        assert changed(shift, gained=True) == after - before[shift.stage]
        assert changed(shift, gained=False) == before[shift.stage] - after
        assert (shift.total("before"), shift.total("after")) == (len(before[shift.stage]), len(after))
        assert shift.total("gained") == len(after - before[shift.stage])
        assert shift.total("lost") == len(before[shift.stage] - after)
    return told


@pytest.mark.parametrize(
    "changes",
    [
        ["filters.gopher_quality.min_words=50"],
        ["filters.gopher_quality.by_language.de.min_words=60"],
        ["filters.language=off", "filters.gopher_quality=off", "filters.c4=off"],
        ["dedup.exact=false"],
        ["dedup.verify=0.9"],
        ["dedup.scope=all", "dedup.verify=0.5", "filters.gopher_quality.min_words=20"],
    ],
    ids=", ".join,
)
def test_gained_and_lost_are_those_of_the_run(changes: Sequence[str], own: DataRoot) -> None:
    told = hold_to_the_run(own, override(RECIPE, changes))
    assert told.dedup.documents.num_rows, "the case shows nothing"


thresholds = st.tuples(
    st.integers(0, 80).map("filters.gopher_quality.min_words={}".format),
    st.sampled_from(["filters.c4=off", "filters.c4.max_curly_brackets=1", "filters.c4.min_sentences=6"]),
    st.sampled_from(["dedup.scope=all", "dedup.scope=crawl", "dedup.exact=false"]),
    st.sampled_from([0, 0.4, 0.6, 1]).map("dedup.verify={}".format),
)


@settings(max_examples=2)
@given(st.lists(thresholds, min_size=1, max_size=2))
def test_one_recipe_after_another_is_foretold(recipes: list[tuple[str, ...]]) -> None:
    with TemporaryDirectory() as folder:
        root = make_judged_root(Path(folder) / "home")
        for changes in recipes:
            hold_to_the_run(root, override(RECIPE, changes))


def test_another_order_of_filters_changes_no_document(own: DataRoot) -> None:
    head, *tables = RECIPE.split("[filters.")
    filters, rest = "[filters.".join(tables).split("[signatures]")
    turned = head + "".join(f"[filters.{table}" for table in reversed(filters.split("[filters."))) + "[signatures]" + rest
    assert list(parse_recipe(turned).filters) == ["c4", "gopher_quality", "language"]
    told = hold_to_the_run(own, turned)
    assert told.filters.documents.num_rows == told.dedup.documents.num_rows == 0


def test_the_recipe_of_the_root_changes_nothing(decided: DataRoot) -> None:
    told = ask(decided, RECIPE)
    assert (told.notes, told.filters.documents.num_rows, told.dedup.documents.num_rows) == ((), 0, 0)


def test_crawls_rules_and_domains_add_up(decided: DataRoot) -> None:
    told = ask(decided, override(RECIPE, ["filters.gopher_quality.min_words=50", "filters.c4=off"]))
    for shift in (told.filters, told.dedup):
        assert [row["crawl"] for row in shift.crawls] == list(CRAWLS)
        for rows in (shift.rules, shift.domains):
            assert sum(row["gained"] for row in rows) == shift.total("gained")
            assert sum(row["lost"] for row in rows) == shift.total("lost")
        assert shift.total("after") == shift.total("before") + shift.total("gained") - shift.total("lost")


def test_examples_are_as_many_as_asked_and_bear_value_and_bound(decided: DataRoot) -> None:
    shift = ask(decided, override(RECIPE, ["filters.gopher_quality.min_words=50"]), examples=3, domains=2).filters
    assert (len(shift.examples), len(shift.domains)) == (3, 2)
    for row in shift.examples:
        assert (row["rule"], row["low"], row["gained"]) == ("gopher_quality.words", 50, False)
        assert row["value"] < 50
    assert len({row["url"].split("/")[2] for row in shift.examples}) == 3, "one domain was shown twice before another once"


def test_an_example_lost_as_a_copy_names_its_elder(decided: DataRoot) -> None:
    examples = ask(decided, override(RECIPE, ["dedup.scope=all"])).dedup.examples
    assert examples
    assert all(row["elder_id"] and row["stage"] == "deduped_docs" for row in examples)


def test_nothing_is_written_in_the_root(decided: DataRoot) -> None:
    before = {path: path.stat().st_mtime_ns for path in decided.home.rglob("*")}
    ask(decided, override(RECIPE, ["filters.c4=off", "dedup.scope=all"]))
    assert {path: path.stat().st_mtime_ns for path in decided.home.rglob("*")} == before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("cleaning.min_words_per_line=5", "[cleaning] decides quality_signals"),
        ("language.max_characters=500", "[language] decides quality_signals"),
        ("extraction.engine=resiliparse", "[extraction] decides extracted_text"),
        ("url_filter.block_lists=[]", None),
        ("signatures.bands=4", "[signatures] decides minhash_signatures"),
    ],
)
def test_what_would_be_measured_anew_is_refused(change: str, told: str | None, decided: DataRoot) -> None:
    if told is None:
        assert not ask(decided, override(RECIPE, [change])).dedup.documents.num_rows
        return
    with pytest.raises(ConfigError) as error:
        ask(decided, override(RECIPE, [change]))
    assert told in str(error.value)


def test_a_section_that_decides_nothing_is_noted(decided: DataRoot) -> None:
    told = ask(decided, override(RECIPE, ["training.steps=5", "filters.c4=off"]))
    assert told.notes == ("[training] differs too, and decides no document",)
    assert told.filters.total("gained")


def test_a_recipe_that_was_set_and_not_run_is_noted_and_counted(own: DataRoot) -> None:
    put_recipe(own.recipe, override(RECIPE, ["filters.c4=off"]))
    told = hold_to_the_run(own, override(RECIPE, ["filters.c4=off", "filters.gopher_quality.min_words=40"]))
    assert any("did not follow the present recipe yet" in note for note in told.notes)
    assert told.filters.total("gained")


def test_a_crawl_that_was_not_measured_is_left_out_and_noted(own: DataRoot) -> None:
    shutil.rmtree(own.place("quality_signals", "b"))
    told = ask(own, override(RECIPE, ["filters.c4=off"]))
    assert [row["crawl"] for row in told.filters.crawls] == ["a"]
    assert any("crawl b is left out" in note for note in told.notes)


def test_a_root_without_measurements_is_refused(root: DataRoot) -> None:
    with pytest.raises(ConfigError, match="no crawl has been measured"):
        ask(root, root.recipe.read_text())

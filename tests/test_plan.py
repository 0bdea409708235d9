"""The planner: exactly what a change makes stale, and what can run next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError
from llm_assets.formats.manifest import record_check
from llm_assets.plan import ASSETS, PER_CRAWL, Group, Snapshot, label, runnable, survey
from llm_assets.recipe import override, put_recipe, read_recipe
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.step import begin_step


def make(root: DataRoot, asset: str, crawl: str | None, content: str) -> None:
    """Materializes an output whose kept files hold a text."""
    with begin_step(root, read_recipe(root.recipe), LocalEngine(), asset, crawl) as step:
        for name in ASSETS[asset].kept:
            file = name.replace("*", "x") if "." in name else f"{name}.parquet"
            (step.folder / file).write_text(content)
        step.report = Report(asset, 1, 1)
    assert step.manifest is not None
    for check in ASSETS[asset].checks:
        record_check(root.place(asset, crawl), step.manifest.folder, check, passed=True)


def make_all(root: DataRoot, content: Callable[[str], str] = lambda name: name) -> list[str]:
    """Runs the plan to its end, as a run does. Returns what ran, in order."""
    ran: list[str] = []
    while groups := runnable(survey(Snapshot(root, read_recipe(root.recipe)))):
        for asset in groups[0].assets:
            make(root, asset, groups[0].crawl, content(label(asset, groups[0].crawl)))
            ran.append(label(asset, groups[0].crawl))
    return ran


def change(root: DataRoot, setting: str) -> None:
    put_recipe(root.recipe, override(root.recipe.read_text(), [setting]))


def test_a_new_root_runs_everything_once_in_order(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    assert make_all(root) == [label(name, "a" if node.per_crawl else None) for name, node in ASSETS.items()]
    assert make_all(root) == []


def test_the_first_group_of_a_new_crawl_is_all_of_it_down_to_the_corpus(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    first = runnable(survey(Snapshot(root, read_recipe(root.recipe))))[0]
    assert first == Group("a", tuple(PER_CRAWL[: PER_CRAWL.index("token_shards")]))


@pytest.mark.parametrize(
    ("setting", "first"),
    [
        ("extraction.fast=true", "extracted_text[a]"),
        ("language.identifier=langdetect", "quality_signals[a]"),
        ("filters.gopher_quality.min_words=21", "filtered_docs[a]"),
        ("dedup.scope=all", "deduped_docs[a]"),
        ("selection.contamination=reject", "selected_docs[a]"),
        ("pii.replacement=tags", "pii_scrubbed_corpus[a]"),
        ("tokenizer.max_digits=1", "tokenizer"),
        ("trace_index.part_tokens=9", "trace_index"),
        ("sampling.seed=9", "evaluation_samples"),
    ],
)
def test_a_section_makes_stale_the_stages_that_read_it_and_identical_output_stops_the_wave(
    root: DataRoot, add_crawl: Callable[[str], None], setting: str, first: str
) -> None:
    add_crawl("a")
    make_all(root)
    change(root, setting)
    assert make_all(root) == [first]


def test_a_language_model_is_an_input_of_the_signals(root: DataRoot, add_crawl: Callable[[str], None], tmp_path: Path) -> None:
    add_crawl("a")
    put_recipe(root.recipe, override(root.recipe.read_text(), ["language.identifier=fasttext", "language.model=lid"]))
    model = tmp_path / "lid.bin"
    for content in ("a model", "a better model"):
        model.write_text(content)
        root.add_input("lid", model)
        assert "quality_signals[a]" in make_all(root)
        snapshot = Snapshot(root, read_recipe(root.recipe))
        assert snapshot.inputs("quality_signals", "a")["input/lid"] == root.input_version("lid")


def test_a_tokenizer_taken_from_a_file_is_stale_when_that_file_changed_and_nothing_follows_where_it_came_out_the_same(
    root: DataRoot, add_crawl: Callable[[str], None], tmp_path: Path
) -> None:
    add_crawl("a")
    make_all(root)
    file = tmp_path / "given.tiktoken"
    file.write_text("some ranks")
    root.add_input("given", file)
    assert make_all(root) == []  # beside the project's own it is measured, and decides nothing
    change(root, "tokenizer.file=given")
    assert make_all(root) == ["tokenizer"]
    file.write_text("other ranks")
    root.add_input("given", file)
    assert Snapshot(root, read_recipe(root.recipe)).standing("tokenizer").because == ("input/given changed",)
    assert make_all(root) == ["tokenizer"]


def test_a_section_two_stages_read_makes_both_stale(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    make_all(root)
    change(root, "cleaning.min_words_per_line=2")
    assert make_all(root) == ["quality_signals[a]", "minhash_signatures[a]", "overlap_signals[a]", "pii_scrubbed_corpus[a]"]


def test_a_changed_output_runs_what_reads_it(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    make_all(root)
    change(root, "filters.gopher_quality.min_words=21")
    ran = make_all(root, lambda name: "fewer" if name in ("filtered_docs[a]", "deduped_docs[a]", "selected_docs[a]") else name)
    assert ran == [
        "filtered_docs[a]",
        "deduped_docs[a]",
        "overlap_signals[a]",
        "selected_docs[a]",
        "pii_scrubbed_corpus[a]",
        "token_shards[a]",
    ]


def test_a_threshold_changed_and_changed_back_runs_the_filter_twice(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    make_all(root)
    for value in (21, 20):
        change(root, f"filters.gopher_quality.min_words={value}")
        assert make_all(root) == ["filtered_docs[a]"]


def test_a_new_crawl_touches_no_older_one_nor_the_tokenizer(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    make_all(root)
    add_crawl("b")
    ran = make_all(root)
    assert [name for name in ran if "[a]" in name or name == "tokenizer"] == []
    assert ran[: len(PER_CRAWL)] == [label(name, "b") for name in PER_CRAWL]


def test_an_older_crawl_that_changes_makes_the_younger_ones_deduplication_stale(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    add_crawl("b")
    make_all(root)
    make(root, "minhash_signatures", "a", "other")
    assert make_all(root, lambda name: name) == ["deduped_docs[a]", "deduped_docs[b]", "selected_docs[a]"]


def make_all_but(root: DataRoot, *crawls: str) -> list[str]:
    """Runs the plan to its end, as a run does in which these crawls fail at once. Returns what ran, in order."""
    ran: list[str] = []
    recipe = read_recipe(root.recipe)
    while groups := [each for each in runnable(survey(Snapshot(root, recipe, frozenset(crawls)))) if each.crawl not in crawls]:
        for asset in groups[0].assets:
            make(root, asset, groups[0].crawl, label(asset, groups[0].crawl))
            ran.append(label(asset, groups[0].crawl))
    return ran


def test_a_crawl_that_failed_holds_up_nothing_and_is_no_part_of_what_is_global(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    add_crawl("b")
    assert make_all_but(root, "a") == [label(name, "b" if node.per_crawl else None) for name, node in ASSETS.items()]
    inputs = root.manifest("training_set").inputs  # type: ignore[union-attr]  # it was made above
    assert [name for name in inputs if name.startswith("token_shards")] == ["token_shards[b]"]


@pytest.mark.parametrize("asset", [name for name in PER_CRAWL if name != "token_shards"])
def test_a_crawl_that_fails_anywhere_holds_up_no_younger_one(root: DataRoot, add_crawl: Callable[[str], None], asset: str) -> None:
    add_crawl("a")
    for each in PER_CRAWL[: PER_CRAWL.index(asset)]:
        make(root, each, "a", each)
    add_crawl("b")
    assert make_all_but(root, "a")[-1] == "evaluation_samples"
    assert make_all_but(root, "a") == []


def test_a_crawl_that_failed_is_part_of_what_is_global_once_it_is_whole(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    add_crawl("b")
    make_all_but(root, "b")
    assert make_all(root) == [*(label(name, "b") for name in PER_CRAWL), "training_set"]


def test_shards_that_are_not_current_are_no_part_of_the_training_set_of_a_run_in_which_their_crawl_failed(
    root: DataRoot, add_crawl: Callable[[str], None]
) -> None:
    add_crawl("a")
    add_crawl("b")
    make_all(root)
    change(root, "shards.shard_tokens=4096")
    assert make_all_but(root, "b") == ["token_shards[a]", "training_set"]
    assert "token_shards[b]" not in root.manifest("training_set").inputs  # type: ignore[union-attr]  # it was made above


def test_nothing_global_is_made_of_no_crawl_where_all_failed(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    make_all(root)
    change(root, "shards.shard_tokens=4096")
    assert make_all_but(root, "a") == []


def test_a_global_output_made_by_hand_waits_for_no_crawl(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    make_all(root)
    add_crawl("b")
    make(root, "training_set", None, "training_set")
    assert Snapshot(root, read_recipe(root.recipe)).standing("training_set").waits_for == ("token_shards[b]",)
    assert root.manifest("training_set").inputs.keys() >= {"token_shards[a]"}  # type: ignore[union-attr]  # it was made above


def test_a_raised_code_version_makes_an_output_stale(
    root: DataRoot, add_crawl: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    add_crawl("a")
    make_all(root)
    monkeypatch.setitem(ASSETS, "filtered_docs", replace(ASSETS["filtered_docs"], code="2"))
    stale = [each for each in survey(Snapshot(root, read_recipe(root.recipe))) if each.state == "stale"]
    assert [(each.label, each.because) for each in stale] == [("filtered_docs[a]", ("code 1 → 2",))]


def test_an_output_whose_check_failed_holds_back_what_reads_it_until_it_passes(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    make_all(root)
    place, manifest = root.place("filtered_docs", "a"), root.manifest("filtered_docs", "a")
    assert manifest is not None
    record_check(place, manifest.folder, "nothing_lost", passed=False)
    standings = {each.label: each for each in survey(Snapshot(root, read_recipe(root.recipe)))}
    assert standings["filtered_docs[a]"].because == ("check nothing_lost failed",)
    assert standings["deduped_docs[a]"].waits_for == ("filtered_docs[a]",)
    record_check(place, manifest.folder, "nothing_lost", passed=True)
    assert {each.state for each in survey(Snapshot(root, read_recipe(root.recipe)))} == {"current"}


def test_a_check_of_an_older_output_says_nothing_of_the_current_one(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    make_all(root)
    record_check(root.place("filtered_docs", "a"), "another", "nothing_lost", passed=True)
    standing = next(each for each in survey(Snapshot(root, read_recipe(root.recipe))) if each.label == "filtered_docs[a]")
    assert standing.because == ("check nothing_lost has not run", "check bounds_held has not run")


def test_a_crawl_declared_anew_is_stale_and_its_neighbours_are_not(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    for name in ("a", "b"):
        add_crawl(name)
    make_all(root)
    root.replace_crawl("b", "python_docs", {})
    standings = {each.label: each for each in survey(Snapshot(root, read_recipe(root.recipe)))}
    assert [name for name, each in standings.items() if each.state != "current"] == ["raw_crawl[b]"]
    assert standings["raw_crawl[b]"].because == ("crawl/b changed",)


def test_a_declaration_that_cannot_be_followed_holds_up_no_step_of_another_crawl(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    for name in ("a", "b"):
        add_crawl(name)
    root.declaration_path("a").write_text("[open\n")
    recipe = read_recipe(root.recipe)
    assert runnable(survey(Snapshot.unattended(root, recipe)))[0].crawl == "b"
    for asset in PER_CRAWL[: PER_CRAWL.index("token_shards")]:
        make(root, asset, "b", asset)
    for asset, crawl in (("raw_crawl", "a"), ("tokenizer", None)):
        with pytest.raises(ConfigError, match=r"a\.toml is not valid TOML"):
            make(root, asset, crawl, "")


def test_a_step_whose_input_is_missing_says_what_to_do_first(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    with pytest.raises(ConfigError, match=r"filtered_docs\[a\] reads quality_signals\[a\], not materialized yet"):
        make(root, "filtered_docs", "a", "x")

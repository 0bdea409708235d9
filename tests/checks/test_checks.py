"""Each check passes on a sound root, and fails for its own reason where one thing is damaged."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sound_root import CRAWL, DOCS, NO_DOCUMENT, WITHOUT_TEXT, Rows, change, make_sound_root, put, write_model, write_samples

from llm_assets.checks import CHECKS
from llm_assets.errors import DataError
from llm_assets.formats.doc import format_doc
from llm_assets.plan import ASSETS, Snapshot
from llm_assets.recipe import override, put_recipe, read_recipe
from llm_assets.root import DataRoot

GUARDS = [(node.name, check) for node in ASSETS.values() for check in node.checks]
Damage = Callable[[Rows], Rows]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> DataRoot:
    return make_sound_root(tmp_path_factory.mktemp("sound") / "home")


@pytest.fixture
def root(sound: DataRoot, tmp_path: Path) -> DataRoot:
    return DataRoot.at(shutil.copytree(sound.home, tmp_path / "home"))


def ask(root: DataRoot, check: str, asset: str) -> list[dict[str, Any]]:
    snapshot = Snapshot.at_hand(root, read_recipe(root.recipe))
    return [dict(row) for row in CHECKS[check](snapshot, asset, CRAWL if ASSETS[asset].per_crawl else None)]


def without(doc: int) -> Damage:
    return lambda rows: [row for row in rows if row["doc"] != doc]


def twice(doc: int) -> Damage:
    return lambda rows: [copy for row in rows for copy in [row] * (1 + (row["doc"] == doc))]


def setting(doc: int, **values: Any) -> Damage:
    return lambda rows: [row | values if row["doc"] == doc else row for row in rows]


def adding(doc: int) -> Damage:
    return lambda rows: [*rows, {**(rows[0] if rows else {"stage": "a", "rule": "b"}), "doc": doc}]


@pytest.mark.parametrize(("asset", "check"), GUARDS)
def test_a_sound_output_passes(sound: DataRoot, asset: str, check: str) -> None:
    assert ask(sound, check, asset) == []


def test_every_check_guards_an_asset_and_says_what_it_asks() -> None:
    assert set(CHECKS) == {check for _, check in GUARDS}
    assert all(check.__doc__ for check in CHECKS.values())


KEPT = {
    "quality_signals": "signals",
    "filtered_docs": "docs",
    "minhash_signatures": "signatures",
    "deduped_docs": "docs",
    "selected_docs": "docs",
    "pii_scrubbed_corpus": "corpus",
}


@pytest.mark.parametrize(("asset", "table"), KEPT.items())
def test_a_document_that_vanishes_or_stands_twice_or_comes_from_nowhere_is_told(root: DataRoot, asset: str, table: str) -> None:
    for damage, row in (
        (without(DOCS[1]), {"doc": DOCS[1], "came_in": 1, "kept": 0, "rejected": 0}),
        (adding(DOCS[1]), {"doc": DOCS[1], "came_in": 1, "kept": 2, "rejected": 0}),
        (adding(99), {"doc": 99, "came_in": 0, "kept": 1, "rejected": 0}),
    ):
        before = root.place(asset, CRAWL).joinpath("manifest.json").read_bytes()
        change(root, asset, table, damage)
        assert ask(root, "nothing_lost", asset) == [row]
        root.place(asset, CRAWL).joinpath("manifest.json").write_bytes(before)


@pytest.mark.parametrize("asset", ["filtered_docs", "deduped_docs", "selected_docs", "pii_scrubbed_corpus"])
def test_a_document_that_is_kept_and_rejected_is_told(root: DataRoot, asset: str) -> None:
    change(root, asset, "rejections", adding(DOCS[0]))
    assert ask(root, "nothing_lost", asset) == [{"doc": DOCS[0], "came_in": 1, "kept": 1, "rejected": 1}]


@pytest.mark.parametrize(
    ("table", "damage", "row"),
    [
        ("texts", without(DOCS[3]), {"doc": DOCS[3], "records": 1, "texts": 0, "rejections": 0}),
        ("rejections", without(WITHOUT_TEXT), {"doc": WITHOUT_TEXT, "records": 1, "texts": 0, "rejections": 0}),
        ("rejections", adding(DOCS[3]), {"doc": DOCS[3], "records": 1, "texts": 1, "rejections": 1}),
        ("records", without(DOCS[3]), {"doc": DOCS[3], "records": 0, "texts": 1, "rejections": 0}),
        ("records", twice(NO_DOCUMENT), {"doc": NO_DOCUMENT, "records": 2, "texts": 0, "rejections": 0}),
    ],
)
def test_a_record_without_its_one_end_is_told(root: DataRoot, table: str, damage: Damage, row: dict[str, Any]) -> None:
    change(root, "extracted_text", table, damage)
    assert ask(root, "nothing_lost", "extracted_text") == [row]


def test_a_document_that_stands_twice_in_the_corpus_is_told(root: DataRoot) -> None:
    change(root, "pii_scrubbed_corpus", "corpus", twice(DOCS[2]))
    assert ask(root, "keys_unique", "pii_scrubbed_corpus") == [{"doc": DOCS[2], "times": 2}]


@pytest.mark.parametrize(
    ("asset", "table", "damage", "fault"),
    [
        ("quality_signals", "signals", setting(DOCS[0], words=29.0), "passed, but meets fewer rules than there are"),
        ("quality_signals", "signals", setting(DOCS[0], words=math.nan), "passed, but meets fewer rules than there are"),
        ("quality_signals", "signals", setting(DOCS[5], words=19.0), "passed, but meets fewer rules than there are"),
        ("quality_signals", "signals", setting(DOCS[5], language="fr"), "passed, but meets fewer rules than there are"),
        ("filtered_docs", "docs", adding(DOCS[6]), "passed, but meets fewer rules than there are"),
        (
            "filtered_docs",
            "rejections",
            setting(DOCS[6], rule="gopher_quality.max_words", value=25.0),
            "rejected by a rule that the recipe has not",
        ),
        ("filtered_docs", "rejections", setting(DOCS[6], value=24.0), "rejected with another value than was measured"),
        ("quality_signals", "signals", setting(DOCS[6], words=30.0), "rejected, but meets the rule told of it"),
        ("quality_signals", "signals", setting(DOCS[7], language="en"), "rejected, but meets the rule told of it"),
    ],
)
def test_a_document_that_breaks_a_bound_and_passed_or_breaks_none_and_did_not_is_told(
    root: DataRoot, asset: str, table: str, damage: Damage, fault: str
) -> None:
    change(root, asset, table, damage)
    assert fault in [row["fault"] for row in ask(root, "bounds_held", "filtered_docs")]


def test_bounds_that_changed_while_the_filters_ran_are_not_held_against_the_output(root: DataRoot) -> None:
    put_recipe(root.recipe, override(root.recipe.read_text(), ["filters.gopher_quality.min_words=60"]))
    with pytest.raises(DataError, match="filters changed while"):
        ask(root, "bounds_held", "filtered_docs")


def test_a_survivor_that_never_passed_is_told(root: DataRoot) -> None:
    change(root, "deduped_docs", "docs", adding(DOCS[6]))
    assert [row["doc"] for row in ask(root, "survivors_passed", "deduped_docs")] == [DOCS[6]]


@pytest.mark.parametrize(
    ("field", "value"), [("text", "write to ada@mail.test"), ("url", "https://a.invalid/?to=ada@mail.test"), ("title", "ada@mail.test")]
)
def test_an_address_in_any_field_of_the_corpus_is_told_and_not_shown(root: DataRoot, field: str, value: str) -> None:
    change(root, "pii_scrubbed_corpus", "corpus", setting(DOCS[1], **{field: value}))
    assert ask(root, "no_pii_left", "pii_scrubbed_corpus") == [{"doc": format_doc(DOCS[1]), "field": field, "kind": "email"}]


def test_a_family_on_both_sides_of_the_split_is_told(root: DataRoot) -> None:
    change(root, "deduped_docs", "docs", lambda rows: [row | {"family": DOCS[0]} for row in rows])
    assert ask(root, "splits_disjoint", "token_shards") == [{"family": DOCS[0], "splits": 2}]


def test_a_document_without_a_place_in_the_shards_is_told(root: DataRoot) -> None:
    change(root, "token_shards", "documents", without(DOCS[1]))
    assert ask(root, "shards_complete", "token_shards") == [{"doc": DOCS[1], "in_corpus": True, "in_shards": False}]


BEGINS = "a document begins elsewhere than the one before ends"
FILLS = "a shard holds more or fewer tokens than its documents"
ENDS = "an end-of-text is missing, or within a document"


@pytest.mark.parametrize(
    ("damage", "faults"),
    [
        (without(DOCS[1]), {BEGINS, FILLS, ENDS}),
        (lambda rows: [row | {"length": row["length"] - 1} if row == rows[-1] else row for row in rows], {FILLS, ENDS}),
        (lambda rows: [row | {"start": row["start"] + 1} if row == rows[0] else row for row in rows], {BEGINS, ENDS}),
        (lambda rows: [row | {"shard": 9} if row == rows[-1] else row for row in rows], {FILLS, ENDS}),
    ],
)
def test_documents_that_do_not_fill_their_shards_are_told(root: DataRoot, damage: Damage, faults: set[str]) -> None:
    change(root, "token_shards", "documents", damage)
    assert {row["fault"] for row in ask(root, "tokens_match", "token_shards")} >= faults


def test_a_byte_of_a_shard_that_changed_is_an_error_that_names_the_file(root: DataRoot) -> None:
    path = next(root.artefact("token_shards", CRAWL).folder.glob("train-*.tokens"))
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    with pytest.raises(DataError, match=path.name):
        ask(root, "tokens_match", "token_shards")


@pytest.mark.parametrize(
    ("text", "sizes"), [("Document 2 tells of bïrds and 日木. " * 3, "equal"), ("another text", "different")], ids=["as long", "shorter"]
)
def test_tokens_that_are_not_the_text_are_told(root: DataRoot, text: str, sizes: str) -> None:
    change(root, "pii_scrubbed_corpus", "corpus", setting(DOCS[2], text=text))
    (row,) = ask(root, "shards_decode", "token_shards")
    assert row["doc"] == format_doc(DOCS[2])
    assert (row["bytes"] == row["text_bytes"]) == (sizes == "equal")


def test_of_a_large_crawl_every_nth_document_is_decoded(root: DataRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_assets.checks.shards.DECODED_DOCUMENTS", 2)
    change(root, "pii_scrubbed_corpus", "corpus", lambda rows: [row | {"text": "no text"} for row in rows])
    assert sorted(row["doc"] for row in ask(root, "shards_decode", "token_shards")) == [format_doc(DOCS[0]), format_doc(DOCS[2])]


@pytest.mark.parametrize(
    ("damage", "row"),
    [
        ({"loss": math.nan}, {"what": "training loss", "fault": "nan at step 2"}),
        ({"weight": math.inf}, {"what": "head", "fault": "1 of 2 weights are no number"}),
    ],
)
def test_a_loss_or_a_weight_that_is_no_number_is_told(root: DataRoot, damage: dict[str, float], row: dict[str, str]) -> None:
    put(root, "trained_model", lambda target: write_model(target, **damage))
    assert ask(root, "loss_finite", "trained_model") == [row]


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ({"samples": 1}, "samples.json"),
        ({"probabilities": ()}, "next_tokens.json, table 0"),
        ({"probabilities": (0.2, 0.3)}, "next_tokens.json, table 0"),
        ({"probabilities": (0.9, 0.8)}, "next_tokens.json, table 0"),
        ({"loss": math.nan}, "scores.json"),
    ],
)
def test_samples_and_tables_that_are_not_whole_are_told(root: DataRoot, damage: dict[str, Any], what: str) -> None:
    put(root, "evaluation_samples", lambda target: write_samples(target, **damage))
    assert [row["what"] for row in ask(root, "samples_whole", "evaluation_samples")] == [what]

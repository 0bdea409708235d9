"""Evaluation sets on the command line, and what was found of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_pages import KEPT, key

from llm_assets.formats.manifest import describe_output, put_manifest, with_figures
from llm_assets.formats.parquet import write_rows
from llm_assets.formats.tables import CONTAMINATION, EVALUATIONS
from llm_assets.root import DataRoot
from llm_assets.shelves import rebuild_catalog


@pytest.fixture
def quiz(tmp_path: Path) -> Path:
    path = tmp_path / "quiz.jsonl"
    path.write_text('{"question": "Where is tea kept?", "choices": ["in a cup", "in a jar"]}\n')
    return path


def test_a_set_is_added_and_what_is_read_is_told(call, own_pages: DataRoot, quiz: Path) -> None:
    out = call("contamination", "add", "quiz", str(quiz), home=own_pages).out
    assert "question, choices" in out
    assert 'contamination.evaluation_sets=["quiz"]\' compares' in out.replace("`", "")
    assert own_pages.input_path("quiz").joinpath("evaluation.jsonl").read_bytes() == quiz.read_bytes()


def test_sets_alone_are_listed_and_whether_the_recipe_names_them(call, own_pages: DataRoot, quiz: Path, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    own_pages.add_input("given", tmp_path / "tokenizer.json")
    call("contamination", "add", "quiz", str(quiz), "--field", "question", home=own_pages)
    own_pages.recipe.write_text('[contamination]\nevaluation_sets = ["quiz"]\n')
    (row,) = json.loads(call("contamination", "list", "--json", home=own_pages).out)
    assert (row["input"], row["in_recipe"], row["items"], row["fields"]) == ("quiz", True, 1, ["question"])


def test_a_file_that_is_no_set_is_not_added(call, own_pages: DataRoot, tmp_path: Path) -> None:
    (tmp_path / "page.jsonl").write_text("<html>")
    status, _, err = call("contamination", "add", "quiz", str(tmp_path / "page.jsonl"), home=own_pages)
    assert status == 1
    assert "line 1 is not JSON" in err
    assert own_pages.inputs() == {}


def test_a_set_that_the_recipe_names_is_not_removed_and_another_is(call, own_pages: DataRoot, quiz: Path) -> None:
    for name in ("named", "idle"):
        call("contamination", "add", name, str(quiz), home=own_pages)
    own_pages.recipe.write_text('[contamination]\nevaluation_sets = ["named"]\n')
    assert "would be removed" in call("contamination", "remove", "idle", "--dry-run", home=own_pages).out
    assert call("contamination", "remove", "named", "--yes", home=own_pages).status == 1
    assert call("contamination", "remove", "idle", "--yes", home=own_pages).status == 0
    assert list(own_pages.inputs()) == ["named"]


def test_what_was_found_is_shown_by_crawl_and_set(call, own_pages: DataRoot) -> None:
    place = own_pages.place("overlap_signals", "pages")
    sets = [{"sequence": 0, "evaluation": name, "items": 9, "not_sought": 1} for name in ("quiz", "tales")]
    found = [{"doc": key(KEPT), "evaluation": "quiz", "item": item, "ngrams": 3} for item in (0, 4)]
    write_rows(place / "1/evaluations.parquet", sets, EVALUATIONS)
    write_rows(place / "1/contamination/00000.parquet", found, CONTAMINATION)
    manifest = describe_output("overlap_signals", "pages", place / "1", (), "1", {})
    put_manifest(place, with_figures(manifest, {"kept": 1, "unit": "documents", "read": 1}, "2026-01-01T00:00:00+00:00", 1.0))
    rebuild_catalog(own_pages)
    names = ("evaluation", "items", "not_sought", "items_found", "documents", "items_in_corpus", "documents_in_corpus")
    rows = json.loads(call("contamination", "show", "--json", home=own_pages).out)
    assert [tuple(row[name] for name in names) for row in rows] == [("quiz", 9, 1, 2, 1, 2, 1), ("tales", 9, 1, 0, 0, 0, 0)]


def test_where_nothing_was_compared_that_is_said(call, own_pages: DataRoot) -> None:
    assert "no crawl was compared" in call("contamination", "show", home=own_pages).out

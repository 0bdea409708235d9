"""``llm-assets what-if`` as it is typed and read."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from judged_root import make_judged_root, run_decisions
from typer.testing import CliRunner

from llm_assets.cli import app
from llm_assets.errors import ConfigError

FEWER = ("--set", "filters.gopher_quality.min_words=50")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_judged_root(tmp_path_factory.mktemp("command") / "home")
    run_decisions(root)
    return root.home


def asked(home: Path, *words: str) -> Any:
    return CliRunner().invoke(app, ["--home", str(home), "what-if", *words])


def test_json_has_the_figures_after_both_stages(home: Path) -> None:
    told = json.loads(asked(home, *FEWER, "--json", "--examples", "3").stdout)
    assert list(told) == ["notes", "filtered_docs", "deduped_docs"]
    filters = told["filtered_docs"]
    assert filters["after"] == filters["before"] - filters["lost"]
    assert filters["gained"] == 0 < filters["lost"]
    assert filters["rules"] == [{"stage": "filtered_docs", "rule": "gopher_quality.words", "gained": 0, "lost": filters["lost"]}]
    assert len(filters["lost_examples"]) == 3
    example = filters["lost_examples"][0]
    assert example["low"] == 50
    assert example["doc"].count("-") == 2


def test_a_person_reads_figures_rules_domains_and_pages(home: Path) -> None:
    out = asked(home, *FEWER).stdout
    assert "after the filters" in out
    assert "after deduplication" in out
    assert "would fall by gopher_quality.words: 30, asked 50–100,000" in out
    assert re.search(r"^site\d\.test +0 +[1-9]", out, re.MULTILINE)


def test_what_a_page_says_is_shown_harmlessly_and_redacted(home: Path) -> None:
    for out in (asked(home, *FEWER).stdout, asked(home, *FEWER, "--json").stdout):
        assert "[bold red]<script>alert(1)</script> mail <EMAIL>" in out
        assert not [letter for letter in out if unicodedata.category(letter) in ("Cc", "Cf") and letter != "\n"]


def test_another_recipe_may_be_named(home: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "other.toml"
    recipe.write_text("[signatures]\nbands = 3\nrows = 2\n")
    assert json.loads(asked(home, "--recipe", str(recipe), "--json").stdout)["filtered_docs"]["gained"]


def test_nothing_to_compare_with_is_an_error(home: Path) -> None:
    assert isinstance(asked(home).exception, ConfigError)

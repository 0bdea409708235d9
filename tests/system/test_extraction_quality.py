"""The quality of the recipe's extraction on every page with a truth: floors that may only be raised."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.extract import prepare
from benchmarks.trial import Trial
from llm_assets.recipe import find_recipe, parse_recipe

pytestmark = [pytest.mark.system, pytest.mark.shared_data]

FLOORS = {"f1": 0.8718, "snippet_accuracy": 0.9223}


def test_extraction_never_falls_below_its_floors(shared_data: Path, tmp_path: Path) -> None:
    recipe = find_recipe("fineweb")
    web = shared_data / "web"
    trial = Trial(
        input=web / "pages.warc.gz",
        truth=web / "pages.truth.jsonl.gz",
        limit=None,
        tokenizer=None,
        recipe=parse_recipe(recipe.read_text(encoding="utf-8"), str(recipe)),
        scratch=tmp_path,
    )
    work = prepare(trial)
    figures = work.judge(work.run())
    assert {"f1_pages": figures["f1_pages"], "snippets": figures["snippets"]} == {"f1_pages": 875, "snippets": 1095}
    for name, floor in FLOORS.items():
        figure = figures[name]
        assert figure is not None
        assert float(figure) >= floor, name

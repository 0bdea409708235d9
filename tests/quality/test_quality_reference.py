from pathlib import Path

import pytest

from llm_assets.quality import FILTERS
from llm_assets.quality.reference import render_reference
from llm_assets.quality.signals import DESCRIPTIONS

PAGE = Path(__file__).parents[2] / "docs/reference/signals.md"
ROWS = {line.split("`")[1]: line for line in render_reference().splitlines() if line.startswith("| `") and line.count(" | ") == 4}


def test_the_page_says_what_the_code_says():
    assert PAGE.read_text(encoding="utf-8") == render_reference(), "python -m llm_assets.quality.reference > docs/reference/signals.md"


@pytest.mark.parametrize("signal", DESCRIPTIONS, ids=lambda signal: signal.name)
def test_a_signal_stands_there_with_unit_definition_and_source(signal):
    cells = [cell.strip() for cell in ROWS[signal.name].split("|")]
    assert cells[2] == signal.unit
    assert cells[3] == signal.definition.replace("``", "`")
    assert cells[4] == (signal.source or "–")


@pytest.mark.parametrize("name", [name for name in FILTERS if name != "language"])
def test_every_key_of_a_filter_is_told_beside_the_signal_it_bounds(name):
    page = render_reference().split(f"## `[filters.{name}]`")[1].split("## ")[0]
    signals = page.split("| key |")[0]
    for key in FILTERS[name].model_fields:
        if key != "by_language":
            assert f"`{key}`" in signals

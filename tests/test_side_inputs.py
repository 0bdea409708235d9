"""Side inputs that a recipe names: found before anything runs, or told with what adds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError
from llm_assets.plan import ASSETS
from llm_assets.recipe import Recipe, override, parse_recipe
from llm_assets.root import DataRoot
from llm_assets.side_inputs import FORGETTING, KINDS, SIDE_INPUTS, check_inputs, name_inputs
from llm_assets.step import begin_step

NAMING = {
    "extracted_text": ("url_filter.block_lists=['absent']", "llm-assets blocklist add FILE --name absent"),
    "quality_signals": ("language.model=absent", "llm-assets language-model add FILE --name absent"),
    "overlap_signals": ("contamination.evaluation_sets=['absent']", "llm-assets contamination add absent FILE"),
    "tokenizer": ("tokenizer.file=absent", "llm-assets tokenizer add FILE --name absent"),
}


def recipe_of(setting: str) -> Recipe:
    return parse_recipe(override("", [setting, "language.identifier=fasttext"] if "model" in setting else [setting]))


def test_every_asset_that_reads_side_inputs_is_tried_here() -> None:
    assert SIDE_INPUTS.keys() == NAMING.keys() <= ASSETS.keys()
    assert KINDS.keys() == {*SIDE_INPUTS, FORGETTING}


@pytest.mark.parametrize("asset", NAMING)
def test_an_input_that_was_not_added_is_told_with_the_command_that_adds_it(root: DataRoot, asset: str) -> None:
    setting, command = NAMING[asset]
    recipe = recipe_of(setting)
    with pytest.raises(ConfigError, match=f"{setting.partition('=')[0]}: there is no side input 'absent'; there are: none. `{command}`"):
        check_inputs(root, recipe, *ASSETS)


@pytest.mark.parametrize("asset", NAMING)
def test_an_input_that_was_added_is_no_matter(root: DataRoot, tmp_path: Path, asset: str) -> None:
    (tmp_path / "file").write_text("content")
    root.add_input("absent", tmp_path / "file")
    recipe = recipe_of(NAMING[asset][0])
    check_inputs(root, recipe, *ASSETS)
    assert [name_inputs(root, recipe, each) for each in ASSETS if name_inputs(root, recipe, each)] in ([("absent",)], [["absent"]])


def test_an_asset_is_held_to_its_own_inputs_alone(root: DataRoot) -> None:
    check_inputs(root, recipe_of("tokenizer.file=absent"), "extracted_text", "token_shards")


def test_a_step_whose_side_input_is_absent_begins_nothing(root: DataRoot) -> None:
    with (
        pytest.raises(ConfigError, match="tokenizer add"),
        begin_step(root, recipe_of("tokenizer.file=absent"), LocalEngine(), "tokenizer"),
    ):
        pytest.fail("it began")
    assert [path.name for path in root.place("tokenizer").iterdir()] == [".lock"]

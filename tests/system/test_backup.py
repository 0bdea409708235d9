"""A copy of a whole root is current wherever it lies, and equal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from programs import call

from llm_assets.plan import Snapshot, survey
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot

pytestmark = pytest.mark.system


def test_a_copy_of_a_root_without_its_state_has_nothing_to_run_and_is_equal(undisturbed: DataRoot, tmp_path: Path) -> None:
    copy = DataRoot.at(shutil.copytree(undisturbed.home, tmp_path / "elsewhere", ignore=shutil.ignore_patterns(".state")))
    assert {each.state for each in survey(Snapshot(copy, read_recipe(copy.recipe)))} == {"current"}
    compared = call(copy, "verify", "--against", undisturbed.home)
    assert compared.returncode == 0, compared.stdout

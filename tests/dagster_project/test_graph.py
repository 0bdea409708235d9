"""The graph Dagster sees is the planner's, and says of itself what a person wants to know."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.assets import GRAPH
from dagster_project.automation import external_versions
from dagster_project.definitions import defs
from llm_assets.plan import ASSETS, Snapshot
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot
from llm_assets.side_inputs import KINDS

BY_NAME = {asset.key.to_user_string(): asset for asset in GRAPH}


def test_the_graph_and_the_planner_know_the_same_assets_in_the_same_order() -> None:
    assert list(BY_NAME) == list(ASSETS)


@pytest.mark.parametrize("name", list(ASSETS))
def test_an_asset_depends_on_what_the_planner_says_it_reads(name: str) -> None:
    node = ASSETS[name]
    expected = {*node.reads, *(f"recipe/{section}" for section in node.sections)} | ({"seniors"} if name == "deduped_docs" else set())
    expected |= {f"input/{KINDS[name]}"} if name in KINDS else set()
    assert {key.to_user_string() for key in BY_NAME[name].asset_deps[BY_NAME[name].key]} == expected


@pytest.mark.parametrize("name", list(ASSETS))
def test_an_asset_is_partitioned_and_versioned_as_the_planner_says(name: str) -> None:
    asset, node = BY_NAME[name], ASSETS[name]
    assert (asset.partitions_def is not None) == node.per_crawl
    assert asset.code_versions_by_key[asset.key] == node.code


@pytest.mark.parametrize("name", list(ASSETS))
def test_an_asset_has_group_kinds_owner_and_description(name: str) -> None:
    spec = BY_NAME[name].get_asset_spec()
    assert spec.group_name
    assert spec.kinds
    assert spec.owners
    assert spec.description


def test_a_side_input_that_changes_moves_the_version_of_its_kind_alone(root: DataRoot, tmp_path: Path) -> None:
    root.recipe.write_text('[url_filter]\nblock_lists = ["spam"]\n')

    def look() -> dict[dg.AssetKey, str]:
        return {key: version for key, _, version in external_versions(Snapshot(root, read_recipe(root.recipe)))}

    seen = [look()]
    for text in ("spam.test", "spam.test\nmore.test"):
        (tmp_path / "list").write_text(text)
        root.add_input("spam", tmp_path / "list")
        seen.append(look())
    for before, after in pairwise(seen):
        assert [key.path for key in after if after[key] != before[key]] == [["input", "block_lists"]]


def test_the_definitions_hold_together() -> None:
    dg.Definitions.validate_loadable(defs)


def test_the_graph_loads_without_what_only_stages_use() -> None:
    heavy = "{'torch', 'polars', 'pandas', 'numba', 'mlflow', 'matplotlib'}"
    code = f"import sys, dagster_project.definitions; print(sorted({heavy} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_both_jobs_are_there() -> None:
    assert {job.name for job in defs.resolve_all_job_defs()} >= {"crawl_to_corpus", "everything"}


def test_the_checks_that_guard_an_asset_are_those_the_planner_waits_for() -> None:
    graph = defs.resolve_asset_graph()
    blocking = [key for key in graph.asset_check_keys if graph.get_check_spec(key).blocking]
    checks = {(key.asset_key.to_user_string(), key.name) for key in blocking}
    assert checks == {(node.name, check) for node in ASSETS.values() for check in node.checks}

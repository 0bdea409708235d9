"""A root whose home is an object store: the same bytes as in a folder, and the same on every machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm_assets.plan import Snapshot, runnable, survey
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot
from llm_assets.verify import compare_roots

Run = Callable[..., tuple[bool, str]]


@pytest.fixture(scope="module")
def folder_root(tmp_path_factory: pytest.TempPathFactory, make_root: Callable[..., DataRoot], run_root: Run) -> DataRoot:
    """The tiny graph, run in a folder."""
    root = make_root(tmp_path_factory.mktemp("folder") / "home", pages=12)
    well, said = run_root(root)
    assert well, said
    return root


@pytest.fixture(scope="module")
def address(object_store: Any) -> str:
    object_store.create_bucket(Bucket="corpus-of-all")
    return "s3://corpus-of-all/tiny"


@pytest.fixture(scope="module")
def stored_root(address: str, tmp_path_factory: pytest.TempPathFactory, make_root: Callable[..., DataRoot], run_root: Run) -> DataRoot:
    """The tiny graph, run in a store by one machine."""
    root = make_root(address, pages=12, state=tmp_path_factory.mktemp("state"))
    well, said = run_root(root)
    assert well, said
    return root


def test_a_run_in_a_store_ends_byte_equal_to_one_in_a_folder(stored_root: DataRoot, folder_root: DataRoot) -> None:
    comparisons = list(compare_roots(stored_root, folder_root))
    assert len(comparisons) > 20
    assert [each for each in comparisons if not each.equal] == []


def test_another_machine_sees_everything_current_and_runs_nothing(
    stored_root: DataRoot, address: str, tmp_path: Path, run_root: Run
) -> None:
    other = DataRoot.at(address, tmp_path / "state")
    standings = survey(Snapshot(other, read_recipe(other.recipe)))
    assert {each.state for each in standings} == {"current"}
    assert runnable(standings) == []
    well, said = run_root(other)
    assert well
    assert "everything is current" in said
    fetched = [path for path in other.home.rglob("*") if path.suffix in {".parquet", ".tokens", ".gz"}]
    assert fetched == []

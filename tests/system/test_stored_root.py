"""A root whose home is an object store: the same bytes as in a folder, and the same root on every machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from programs import call

from llm_assets.root import DataRoot

pytestmark = pytest.mark.system

ADDRESS = "s3://corpus-of-all/tiny"


@pytest.fixture(scope="module")
def stored(object_store: Any, tmp_path_factory: pytest.TempPathFactory, new_root: Callable[..., DataRoot]) -> DataRoot:
    """The whole graph, run by ``llm-assets run`` on one machine."""
    object_store.create_bucket(Bucket="corpus-of-all")
    root = new_root(ADDRESS, tmp_path_factory.mktemp("one machine"))
    done = call(root, "run", "--device", "cpu")
    assert done.returncode == 0, done.stdout
    return root


@pytest.fixture(scope="module")
def other(stored: DataRoot, tmp_path_factory: pytest.TempPathFactory) -> DataRoot:
    """The same root, as a machine sees it that has nothing of it yet."""
    return DataRoot.at(stored.address, tmp_path_factory.mktemp("another machine"))


def test_another_machine_sees_everything_current_and_runs_nothing(other: DataRoot) -> None:
    done = call(other, "run", "--device", "cpu")
    assert done.returncode == 0, done.stdout
    assert "everything is current" in done.stdout
    assert [path for path in other.home.rglob("*") if path.suffix in {".parquet", ".tokens", ".safetensors", ".gz"}] == []


@pytest.mark.parametrize("against", ["a folder", "a store"])
def test_what_was_made_in_a_store_is_byte_equal_to_what_is_made_in_a_folder(against: str, other: DataRoot, undisturbed: DataRoot) -> None:
    mine, theirs = (other, undisturbed) if against == "a folder" else (undisturbed, other)
    done = call(mine, "verify", "--against", theirs.address, "--json")
    assert done.returncode == 0, done.stdout
    files = json.loads(done.stdout)
    assert len(files) > 20
    assert {each["verdict"] for each in files} == {"equal"}


@pytest.mark.parametrize("words", [("funnel",), ("sql", "select * from documents order by doc"), ("generate", "The function")])
def test_another_machine_answers_as_the_folder_does(words: tuple[str, ...], other: DataRoot, undisturbed: DataRoot) -> None:
    done = call(other, *words, "--json")
    assert done.returncode == 0, done.stdout
    assert done.stdout == call(undisturbed, *words, "--json").stdout

"""A root in an object store, as files on two machines."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import FileEntry
from llm_assets.store.layout import is_small
from llm_assets.store.mirror import Mirror
from llm_assets.store.objects import write_object

FOLDER = "tokenizer/20261129T101500-0a1b2c3d"
Machine = Callable[[str], Mirror]


def entry_of(path: str, content: bytes) -> FileEntry:
    return FileEntry(path, len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def here(machine: Machine) -> Mirror:
    return machine("here")


@pytest.fixture
def there(machine: Machine) -> Mirror:
    return machine("there")


def write_output(mirror: Mirror, name: str, content: bytes) -> Path:
    path = mirror.folder / FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    mirror.push([path])
    return path


def test_a_small_file_that_one_machine_writes_is_there_on_another_after_a_look(here: Mirror, there: Mirror) -> None:
    here.put_text(here.folder / "crawls/demo.toml", "sequence = 0\n")
    there.refresh()
    assert (there.folder / "crawls/demo.toml").read_text() == "sequence = 0\n"
    here.put_text(here.folder / "crawls/demo.toml", "sequence = 1\n")
    there.refresh()
    assert (there.folder / "crawls/demo.toml").read_text() == "sequence = 1\n"


def test_a_small_file_that_one_machine_removes_is_gone_on_another_after_a_look(here: Mirror, there: Mirror) -> None:
    here.put_text(here.folder / "crawls/demo.toml", "")
    there.refresh()
    here.remove(here.folder / "crawls/demo.toml")
    there.refresh()
    assert not (there.folder / "crawls/demo.toml").exists()


def test_a_look_within_the_age_one_allows_asks_nobody(here: Mirror, there: Mirror) -> None:
    there.refresh()
    here.put_text(here.folder / "recipe.toml", "")
    there.refresh(max_age_seconds=60)
    assert not (there.folder / "recipe.toml").exists()


def test_a_small_file_that_was_lost_here_comes_again(here: Mirror) -> None:
    path = here.folder / "recipe.toml"
    here.put_text(path, "[pii]\n")
    here.refresh()
    path.unlink()
    here.refresh()
    assert path.read_text() == "[pii]\n"


def test_a_new_small_file_is_written_by_one_of_two_machines(here: Mirror, there: Mirror) -> None:
    assert here.put_text(here.folder / "crawls/demo.toml", "here", new=True)
    assert not there.put_text(there.folder / "crawls/demo.toml", "there", new=True)
    there.refresh()
    assert (there.folder / "crawls/demo.toml").read_text() == "here"


def test_files_of_outputs_come_when_they_are_asked_for(here: Mirror, there: Mirror) -> None:
    write_output(here, "docs/00000.parquet", b"rows")
    there.refresh()
    path = there.folder / FOLDER / "docs/00000.parquet"
    assert not path.exists()
    assert there.fetch(path, entry_of("docs/00000.parquet", b"rows")).read_bytes() == b"rows"


def test_a_file_that_is_there_already_is_not_fetched_again(here: Mirror) -> None:
    path = write_output(here, "a", b"rows")
    write_object(here.url_of(path), b"other")
    assert here.fetch(path, entry_of("a", b"rows")).read_bytes() == b"rows"


@pytest.mark.parametrize(("stored", "fault"), [(b"rowz", "damaged"), (b"row", "3 bytes, its manifest says 4")])
def test_an_object_that_is_not_what_its_manifest_says_is_told_by_its_url(here: Mirror, there: Mirror, stored: bytes, fault: str) -> None:
    write_output(here, "a", stored)
    path = there.folder / FOLDER / "a"
    with pytest.raises(DataError, match=fault) as told:
        there.fetch_files(path.parent, [entry_of("a", b"rows")])
    assert str(told.value).startswith(f"{there.url}/{FOLDER}/a: ")
    assert not path.exists()
    assert not list(path.parent.iterdir())


def test_an_object_that_is_missing_is_told_by_its_url(there: Mirror) -> None:
    with pytest.raises(DataError, match=f"{there.url}/{FOLDER}/a: the store has no such file"):
        there.fetch(there.folder / FOLDER / "a", entry_of("a", b"rows"))


def test_a_manifest_leads_nowhere_outside_the_mirror(there: Mirror) -> None:
    with pytest.raises(DataError, match="outside"):
        there.fetch_files(there.folder / FOLDER, [entry_of("../../../x", b"rows")])


def test_what_is_hashed_is_the_object_and_not_its_copy_here(here: Mirror) -> None:
    path = write_output(here, "a", b"rows")
    write_object(here.url_of(path), b"rowz")
    assert here.hash(path) == hashlib.sha256(b"rowz").hexdigest()
    assert here.hash(path.with_name("b")) is None


def test_a_mirror_travels_and_lies_in_another_folder_there(here: Mirror, tmp_path: Path) -> None:
    write_output(here, "a", b"rows")
    node = pickle.loads(pickle.dumps(here)).at(tmp_path / "node")  # written a moment ago
    assert node.fetch(tmp_path / "node" / FOLDER / "a", entry_of("a", b"rows")).read_bytes() == b"rows"


def test_a_folder_is_removed_with_all_below_it(here: Mirror, object_store: Any) -> None:
    paths = [write_output(here, name, b"rows") for name in ("a", "b/c")]
    here.remove(here.folder / FOLDER)
    assert not here.list(here.folder)
    assert not any(path.exists() for path in paths)


def test_a_bucket_that_does_not_exist_is_told(tmp_path: Path, object_store: Any) -> None:
    with pytest.raises(ConfigError, match=r"s3://nobody-has-this/corpus/recipe\.toml: the store has no such bucket"):
        Mirror("s3://nobody-has-this/corpus", tmp_path).put_text(tmp_path / "recipe.toml", "")


def test_a_store_that_no_package_reads_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`pip install"):
        Mirror("gs://bucket/corpus", tmp_path).refresh()


@pytest.mark.parametrize(
    "path",
    ["recipe.toml", "takedowns.jsonl", "crawls/a.toml", "inputs/ut1/current", "tokenizer/manifest.json", "filtered_docs/a/checks.json"],
)
def test_what_every_look_at_a_root_reads_is_small(path: str) -> None:
    assert is_small(path)


@pytest.mark.parametrize(
    "path",
    [
        f"{FOLDER}/tokenizer.json",
        f"inputs/ut1/{'0' * 64}/domains.toml",
        "samples/0.01/recipe.toml",
        "ablations/ab/crawls/a.toml",
        ".locks/tokenizer/00000001",
        "crawls/.a.toml.312",
        "crawls/../../x.toml",
        "catalog.duckdb",
        "raw_crawl/a/downloads/a.warc.gz",
    ],
)
def test_what_only_some_readers_want_is_not(path: str) -> None:
    assert not is_small(path)

"""A step in an object store: readers see the old output or the new one, whatever fails in the middle."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from refusing_store import Gate

from llm_assets.errors import ConfigError, LockedError
from llm_assets.formats.manifest import record_check
from llm_assets.leftovers import find_leftovers, remove_leftovers
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot
from llm_assets.store.lock import Holder
from llm_assets.store.objects import list_objects, write_object
from llm_assets.verify import compare_roots

OpenOn = Callable[[str], DataRoot]
Write = Callable[..., None]


def content(root: DataRoot) -> bytes:
    return root.artefact("raw_crawl", "a").path("files.parquet").read_bytes()


def outputs(root: DataRoot) -> set[str]:
    """Folders of outputs in the store."""
    return {name.split("/")[2] for name in list_objects(root.address) if name.startswith("raw_crawl/a/20")}


def test_an_upload_that_fails_in_the_middle_leaves_the_old_output(gate: Gate, here: DataRoot, open_on: OpenOn, write: Write) -> None:
    write(here, **{"files.parquet": b"old", "0.warc": b"old"})
    gate.passes = 1
    with pytest.raises(ConfigError, match=r"s3://.*: the store refuses .*credentials must list, read, write"):
        write(here, **{"files.parquet": b"new", "0.warc": b"new"})
    there = open_on("there")
    assert content(here) == content(there) == b"old"
    assert len(outputs(here)) == 2  # one file of the new output had arrived
    gate.passes = 1 << 30
    write(here, **{"files.parquet": b"new", "0.warc": b"new"})
    there.refresh()
    assert content(here) == content(there) == b"new"
    assert len(outputs(here)) == 2  # the last two outputs; what had arrived of the failed one is gone


def test_an_output_that_another_machine_is_writing_is_locked(here: DataRoot, open_on: OpenOn, write: Write) -> None:
    there = open_on("there")

    def write_too() -> None:
        with pytest.raises(LockedError, match=r"another run is writing raw_crawl\[a\]"):
            write(there)

    write(here, during=write_too)


def test_a_step_that_lost_its_lock_leaves_the_output_to_the_other(here: DataRoot, open_on: OpenOn, write: Write) -> None:
    write(here, **{"files.parquet": b"old"})

    def fall_silent() -> None:
        write_object(f"{here.address}/.locks/raw_crawl/a/00000009", Holder("another machine", 1, time.time() + 60).to_json())

    with pytest.raises(LockedError, match=r"the lock on raw_crawl\[a\] was lost"):
        write(here, during=fall_silent, **{"files.parquet": b"new"})
    assert content(open_on("there")) == b"old"
    assert here.manifest("raw_crawl", "a") == open_on("there").manifest("raw_crawl", "a")


def test_a_step_reads_what_another_machine_has_made_a_moment_ago(here: DataRoot, open_on: OpenOn, write: Write) -> None:
    there = open_on("there")
    write(here, **{"files.parquet": b"rows"})
    write(there, "extracted_text")
    made, read = there.manifest("extracted_text", "a"), here.manifest("raw_crawl", "a")
    assert made is not None
    assert read is not None
    assert made.inputs["raw_crawl[a]"] == read.data_version


def test_a_failed_step_and_a_check_are_known_on_every_machine(here: DataRoot, open_on: OpenOn, write: Write) -> None:
    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        write(here, during=fail)
    assert (open_on("there").place("raw_crawl", "a") / "failure.json").is_file()
    write(here)
    manifest = here.manifest("raw_crawl", "a")
    assert manifest is not None
    record_check(here.place("raw_crawl", "a"), manifest.folder, "nothing_lost", True, here.put_text)
    there = open_on("there")
    assert not (there.place("raw_crawl", "a") / "failure.json").exists()
    assert (there.place("raw_crawl", "a") / "checks.json").is_file()


def test_verify_reads_what_lies_in_the_store(here: DataRoot, open_on: OpenOn, write: Write) -> None:
    write(here, **{"files.parquet": b"rows"})
    there = open_on("there")
    assert [each.verdict for each in compare_roots(here, there)] == ["equal"]
    (name,) = (name for name in list_objects(here.address) if name.endswith("files.parquet"))
    write_object(f"{here.address}/{name}", b"rowz")
    assert [each.verdict for each in compare_roots(here, there)] == ["damaged"]


def test_clean_removes_in_the_store_what_nothing_needs(here: DataRoot, open_on: OpenOn, write: Write) -> None:
    for text in (b"one", b"two"):
        write(here, **{"files.parquet": text})
    write_object(f"{here.address}/raw_crawl/a/20200101T000000-0123abcd/files.parquet", b"of a machine that died")
    there = open_on("there")
    recipe = read_recipe(there.recipe)
    found = find_leftovers(there, recipe)
    assert sorted((each.why, each.bytes) for each in found) == [("earlier output", 3), ("earlier output", 22)]
    remove_leftovers(there, lambda: find_leftovers(there, recipe), found)
    assert len(outputs(there)) == 1
    assert content(there) == b"two"
    left = find_leftovers(here, recipe)  # the first machine's copy of what is gone
    remove_leftovers(here, lambda: find_leftovers(here, recipe), left)
    assert sorted(path.name for path in here.place("raw_crawl", "a").glob("20*")) == sorted(outputs(here))

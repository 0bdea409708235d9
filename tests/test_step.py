"""A step's output is whole, or it is not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from llm_assets.engine import LocalEngine
from llm_assets.errors import DataError, LockedError
from llm_assets.recipe import read_recipe
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.step import begin_step


def folders(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir() if path.is_dir())


def write(root: DataRoot, content: str, error: BaseException | None = None) -> None:
    with begin_step(root, read_recipe(root.recipe), LocalEngine(), "raw_crawl", "a") as step:
        (step.folder / "files.parquet").write_text(content)
        if error is not None:
            raise error
        step.report = Report("raw_crawl", 1, 1, unit="files")


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_step_that_fails_leaves_the_old_output(root: DataRoot, add_crawl: Callable[[str], None], error: BaseException) -> None:
    add_crawl("a")
    write(root, "old")
    before = root.manifest("raw_crawl", "a")
    with pytest.raises((type(error), DataError)):
        write(root, "new", error)
    assert root.manifest("raw_crawl", "a") == before
    assert root.artefact("raw_crawl", "a").path("files.parquet").read_text() == "old"
    assert len(folders(root.place("raw_crawl", "a"))) == 1


def test_a_full_disk_is_a_data_error_that_says_so(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    with pytest.raises(DataError, match=r"raw_crawl\[a\] stopped: No space left on device"):
        write(root, "new", OSError(28, "No space left on device"))
    assert root.manifest("raw_crawl", "a") is None


def test_two_writers_of_one_output_do_not_meet(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    with begin_step(root, read_recipe(root.recipe), LocalEngine(), "raw_crawl", "a") as step:
        with pytest.raises(LockedError, match="another run is writing"):
            write(root, "second")
        step.report = Report("raw_crawl", 0, 0, unit="files")


def test_the_last_output_stays_for_its_readers_and_older_ones_go(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    for content in ("one", "two", "three"):
        write(root, content)
    assert len(folders(root.place("raw_crawl", "a"))) == 2


def test_a_broken_output_can_be_replaced(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    write(root, "old")
    root.artefact("raw_crawl", "a").path("files.parquet").unlink()
    with begin_step(root, read_recipe(root.recipe), LocalEngine(), "raw_crawl", "a") as step:
        assert step.read_previous() is None
        step.report = Report("raw_crawl", 0, 0, unit="files")


def test_what_a_killed_process_left_is_removed_by_the_next_step(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    left = root.place("raw_crawl", "a") / "20260101T000000-0123abcd"
    left.mkdir(parents=True)
    write(root, "one")
    assert not left.exists()


def test_a_manifest_records_what_was_read_and_how_it_went(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    write(root, "one")
    manifest = root.manifest("raw_crawl", "a")
    assert manifest is not None
    assert set(manifest.inputs) == {"crawl/a"}
    assert (manifest.report["read"], manifest.report["kept"]) == (1, 1)

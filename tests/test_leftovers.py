"""What nothing needs goes, what something needs stays, whenever the one who removes it is killed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from llm_assets import leftovers
from llm_assets.engine import LocalEngine
from llm_assets.errors import LockedError
from llm_assets.leftovers import find_leftovers, remove_leftovers
from llm_assets.recipe import read_recipe
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.step import begin_step, lock_output


def write(root: DataRoot, content: str, crawl: str = "a") -> None:
    with begin_step(root, read_recipe(root.recipe), LocalEngine(), "raw_crawl", crawl) as step:
        (step.folder / "files.parquet").write_text(content)
        step.report = Report("raw_crawl", 1, 1, unit="files")


def find(root: DataRoot, **asked: bool) -> list[leftovers.Leftover]:
    return find_leftovers(root, read_recipe(root.recipe), **asked)


def clean(root: DataRoot, **asked: bool) -> list[str]:
    removed = remove_leftovers(root, partial(find, root, **asked), find(root, **asked))
    return [f"{each.belongs}: {each.why}" for each in removed]


def files(root: DataRoot) -> dict[str, bytes]:
    paths = (path for path in root.home.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(root.home).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def twice(root: DataRoot, add_crawl: Callable[[str], None]) -> DataRoot:
    """A root with a crawl whose files were written twice."""
    add_crawl("a")
    write(root, "first")
    write(root, "second")
    return root


def test_the_output_before_the_last_goes_and_the_last_stays(twice: DataRoot) -> None:
    (found,) = find(twice)
    assert (found.belongs, found.why, found.bytes) == ("raw_crawl[a]", "earlier output", len("first"))
    assert clean(twice) == ["raw_crawl[a]: earlier output"]
    assert twice.artefact("raw_crawl", "a").path("files.parquet").read_text() == "second"
    assert find(twice) == []


def test_what_a_dead_run_of_other_inputs_left_goes_and_what_a_run_goes_on_with_stays(twice: DataRoot) -> None:
    clean(twice)
    with pytest.raises(KeyError), begin_step(twice, read_recipe(twice.recipe), LocalEngine(), "raw_crawl", "a") as step:
        part = step.folder / "part"
        list(step.engine.write_parts(_write_part, [part], "writing", [[part]]))
        raise KeyError
    dead = twice.place("raw_crawl", "a") / ".partial-0123456789abcdef-00000000/output"
    dead.mkdir(parents=True)
    (dead / "part").write_text("of other inputs")
    assert [each.path for each in find(twice)] == [dead.parent]
    assert len(find(twice, unfinished=True)) == 2
    assert clean(twice) == ["raw_crawl[a]: unfinished"]
    assert clean(twice, unfinished=True) == ["raw_crawl[a]: unfinished"]


def _write_part(path: Path) -> Report:
    path.write_text("a part")
    return Report("raw_crawl", 1, 1, unit="files")


def test_an_earlier_version_of_a_side_input_goes_and_the_one_in_use_stays(root: DataRoot, tmp_path: Path) -> None:
    for content in ("one", "two"):
        (tmp_path / "list").write_text(content)
        root.add_input("ut1", tmp_path / "list")
    assert clean(root) == ["input/ut1: earlier version"]
    assert (root.input_path("ut1") / "list").read_text() == "two"
    (tmp_path / "list").write_text("one")
    root.add_input("ut1", tmp_path / "list")
    assert (root.input_path("ut1") / "list").read_text() == "one"


def test_a_disabled_crawl_keeps_what_it_has_unless_it_is_asked_for_and_its_files_in_any_case(
    twice: DataRoot, add_crawl: Callable[[str], None]
) -> None:
    with begin_step(twice, read_recipe(twice.recipe), LocalEngine(), "extracted_text", "a") as step:
        (step.folder / "texts.parquet").write_text("text")
        step.report = Report("extracted_text", 1, 1)
    clean(twice)
    twice.set_enabled("a", False)
    assert find(twice) == []
    found = find(twice, disabled=True)
    assert [(each.belongs, each.why) for each in found] == [("extracted_text[a]", "crawl disabled")]
    assert clean(twice, disabled=True) == ["extracted_text[a]: crawl disabled"]
    assert twice.manifest("extracted_text", "a") is None
    assert twice.artefact("raw_crawl", "a").path("files.parquet").read_text() == "second"


def test_nothing_is_removed_while_a_step_runs(twice: DataRoot) -> None:
    before = files(twice)
    with lock_output(twice, "raw_crawl", "a"), pytest.raises(LockedError, match=r"raw_crawl\[a\]"):
        clean(twice)
    assert files(twice) == before


def test_what_became_needed_since_it_was_shown_stays(twice: DataRoot) -> None:
    shown = find(twice)
    clean(twice)
    write(twice, "third")
    assert remove_leftovers(twice, partial(find, twice), shown) == []
    assert len(find(twice)) == 1


@pytest.mark.parametrize("after", range(3))
def test_one_who_is_killed_half_way_leaves_what_the_next_one_removes(
    twice: DataRoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    for content in ("one", "two"):
        (tmp_path / "list").write_text(content)
        twice.add_input("ut1", tmp_path / "list")
    current = {name: content for name, content in files(twice).items() if content not in (b"first", b"one")}
    removing, calls = leftovers.shutil.rmtree, []

    def die(path: Path, **options: bool) -> None:
        calls.append(path)
        if len(calls) > after:
            next((each for each in Path(path).rglob("*") if each.is_file()), tmp_path / "list").unlink(missing_ok=True)
            raise KeyboardInterrupt
        removing(path, **options)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(leftovers.shutil, "rmtree", die)
        clean(twice)
    clean(twice)
    assert files(twice) == current

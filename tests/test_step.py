"""A step's output is whole, or it is not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from llm_assets.engine import LocalEngine
from llm_assets.errors import DataError, LockedError
from llm_assets.formats.manifest import Artefact
from llm_assets.plan import ASSETS
from llm_assets.recipe import parse_recipe, read_recipe
from llm_assets.report import Report, sum_reports
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


def extract(root: DataRoot, content: str = "", **sections: str) -> Artefact | None:
    """One extraction by a recipe with these sections; what it might have taken over."""
    recipe = parse_recipe("".join(f"[{name}]\n{keys}\n" for name, keys in sections.items()))
    with begin_step(root, recipe, LocalEngine(), "extracted_text", "a") as step:
        reusable = step.read_reusable("recipe/extraction", "recipe/prescreen")
        (step.folder / "texts.parquet").write_text(content)
        step.report = Report("extracted_text", 0, 0)
    return reusable


def test_what_can_be_taken_over_was_made_by_the_same_code_from_the_same_sections(
    root: DataRoot, add_crawl: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_crawl("a")
    write(root, "files")
    assert extract(root, "one") is None
    other_list = extract(root, "two", url_filter="builtin = false")
    assert other_list is not None
    assert other_list.path("texts.parquet").read_text() == "one"
    assert extract(root, "three", extraction="max_nodes = 5") is None
    assert extract(root, "four", extraction="max_nodes = 5", prescreen='languages = ["en"]') is None
    assert extract(root, "five", extraction="max_nodes = 5", prescreen='languages = ["en"]') is not None
    monkeypatch.setitem(ASSETS, "extracted_text", replace(ASSETS["extracted_text"], code="another"))
    assert extract(root, "six", extraction="max_nodes = 5", prescreen='languages = ["en"]') is None


def test_what_a_killed_process_left_is_removed_by_the_next_step(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    left = root.place("raw_crawl", "a") / "20260101T000000-0123abcd"
    left.mkdir(parents=True)
    write(root, "one")
    assert not left.exists()


NUMBERS = range(4)


class Killed(BaseException):
    """As sudden as a signal, but this process goes on."""


def write_number(number: int, folder: Path, tried: Path, dies_at: int | None) -> Report:
    """Writes a part, and notes elsewhere that it was tried."""
    with (tried / str(number)).open("a") as file:
        file.write("x")
    (folder / f"{number}.txt").write_text(f"half of {number}")
    if number == dies_at:
        raise Killed
    (folder / f"{number}.txt").write_text(f"{number} of {len(NUMBERS)}")
    return Report("raw_crawl", 2, 1, Counter({"odd": 1}), {"sum": number}, warnings=(f"{number}",))


def write_numbers(root: DataRoot, tried: Path, dies_at: int | None = None, workers: int = 1) -> None:
    tried.mkdir(exist_ok=True)
    with begin_step(root, read_recipe(root.recipe), LocalEngine(workers), "raw_crawl", "a") as step:
        assert not [path for path in step.folder.iterdir() if path.read_text().startswith("half")]
        work = partial(write_number, folder=step.folder, tried=tried, dies_at=dies_at)
        outputs = [[step.folder / f"{number}.txt"] for number in NUMBERS]
        step.report = sum_reports(step.engine.write_parts(work, NUMBERS, "writing numbers", outputs), "raw_crawl")


def tries(tried: Path) -> list[int]:
    return [len((tried / str(number)).read_text()) for number in NUMBERS]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_ended_early_is_gone_on_with(root: DataRoot, add_crawl: Callable[[str], None], tmp_path: Path, workers: int) -> None:
    add_crawl("a")
    with pytest.raises(Killed):
        write_numbers(root, tmp_path / "tried", dies_at=2)
    assert root.manifest("raw_crawl", "a") is None
    write_numbers(root, tmp_path / "tried", workers=workers)
    assert tries(tmp_path / "tried") == [1, 1, 2, 1]
    resumed, files = root.manifest("raw_crawl", "a"), root.artefact("raw_crawl", "a").files
    write_numbers(root, tmp_path / "again")
    undisturbed = root.manifest("raw_crawl", "a")
    assert resumed is not None
    assert undisturbed is not None
    assert files == root.artefact("raw_crawl", "a").files
    assert resumed.report == undisturbed.report
    assert resumed.data_version == undisturbed.data_version


def test_a_half_written_part_is_gone_and_finished_ones_stay(root: DataRoot, add_crawl: Callable[[str], None], tmp_path: Path) -> None:
    add_crawl("a")
    with pytest.raises(Killed):
        write_numbers(root, tmp_path / "tried", dies_at=2)
    (left,) = root.place("raw_crawl", "a").glob(".partial-*")
    assert sorted(path.name for path in (left / "output").iterdir()) == ["0.txt", "1.txt"]


@pytest.mark.parametrize("damage", ["other bytes", "0 of", None], ids=["changed", "cut", "removed"])
def test_a_finished_part_that_was_damaged_is_made_again(
    root: DataRoot, add_crawl: Callable[[str], None], tmp_path: Path, damage: str | None
) -> None:
    add_crawl("a")
    with pytest.raises(Killed):
        write_numbers(root, tmp_path / "tried", dies_at=2)
    (part,) = root.place("raw_crawl", "a").glob(".partial-*/output/0.txt")
    part.unlink()
    if damage is not None:
        part.write_text(damage[: len("0 of 4")] if damage == "other bytes" else damage)
    write_numbers(root, tmp_path / "tried")
    assert tries(tmp_path / "tried") == [2, 1, 2, 1]
    assert root.artefact("raw_crawl", "a").path("0.txt").read_text() == "0 of 4"


def test_a_note_cut_by_a_power_failure_counts_as_none(root: DataRoot, add_crawl: Callable[[str], None], tmp_path: Path) -> None:
    add_crawl("a")
    with pytest.raises(Killed):
        write_numbers(root, tmp_path / "tried", dies_at=2)
    for note in root.place("raw_crawl", "a").glob(".partial-*/journal/*"):
        note.write_text("")
    write_numbers(root, tmp_path / "tried")
    assert tries(tmp_path / "tried") == [2, 2, 2, 1]


def test_what_was_finished_of_other_inputs_is_not_gone_on_with(root: DataRoot, add_crawl: Callable[[str], None], tmp_path: Path) -> None:
    add_crawl("a")
    with pytest.raises(Killed):
        write_numbers(root, tmp_path / "tried", dies_at=2)
    (tmp_path / "warcs/a/1.warc").write_bytes(b"a new file")
    write_numbers(root, tmp_path / "tried")
    assert tries(tmp_path / "tried") == [2, 2, 2, 1]
    assert list(root.place("raw_crawl", "a").glob(".partial-*")) == []


def test_a_process_left_over_from_a_killed_run_finds_nothing_to_write_to(
    root: DataRoot, add_crawl: Callable[[str], None], tmp_path: Path
) -> None:
    add_crawl("a")
    with pytest.raises(Killed):
        write_numbers(root, tmp_path / "tried", dies_at=2)
    (left,) = root.place("raw_crawl", "a").glob(".partial-*")
    with begin_step(root, read_recipe(root.recipe), LocalEngine(), "raw_crawl", "a") as step:
        assert (step.folder / "1.txt").exists()
        assert not left.exists()
        step.report = Report("raw_crawl", 0, 0, unit="files")


def test_an_output_whose_manifest_finds_no_room_is_gone_on_with(
    root: DataRoot, add_crawl: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_crawl("a")

    def find_no_room(root: DataRoot, path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(DataRoot, "put_text", find_no_room)
        with pytest.raises(DataError, match="No space left"):
            write_numbers(root, tmp_path / "tried")
    assert folders(root.place("raw_crawl", "a")) == [path.name for path in root.place("raw_crawl", "a").glob(".partial-*")]
    write_numbers(root, tmp_path / "tried")
    assert tries(tmp_path / "tried") == [1, 1, 1, 1]


def test_roots_that_keep_their_state_apart_share_the_lock(root: DataRoot, add_crawl: Callable[[str], None], tmp_path: Path) -> None:
    add_crawl("a")
    other = DataRoot.at(root.home, tmp_path / "other state")
    with begin_step(root, read_recipe(root.recipe), LocalEngine(), "raw_crawl", "a") as step:
        with pytest.raises(LockedError, match="another run is writing"):
            write(other, "second")
        step.report = Report("raw_crawl", 0, 0, unit="files")


def test_a_manifest_records_what_was_read_and_how_it_went(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    write(root, "one")
    manifest = root.manifest("raw_crawl", "a")
    assert manifest is not None
    assert set(manifest.inputs) == {"crawl/a"}
    assert (manifest.report["read"], manifest.report["kept"]) == (1, 1)

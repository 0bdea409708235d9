"""A pilot has a root of its own, made of what the main root has, which stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from llm_assets.engine import LocalEngine
from llm_assets.errors import ConfigError
from llm_assets.extract.sample import Sample, parse_share
from llm_assets.pilot import adopt_files, open_pilot
from llm_assets.plan import Snapshot
from llm_assets.recipe import read_recipe
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.step import begin_step

ONE = Sample(parse_share("1%"))


def contents(root: DataRoot) -> dict[str, tuple[bytes, int]]:
    """Every file but those of samples, and when it was changed."""
    files = [path for path in root.home.rglob("*") if path.is_file() and "samples" not in path.parts]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def collect(root: DataRoot, recipe: DataRoot, content: str = "rows") -> Report | None:
    """Materializes ``raw_crawl[a]``: adopted, or else of a content of its own."""
    with begin_step(root, read_recipe(recipe.recipe), LocalEngine(), "raw_crawl", "a") as step:
        adopted = adopt_files(step)
        if adopted is None:
            (step.folder / "files.parquet").write_text(content)
            (step.folder / "site").mkdir()
            (step.folder / "site/0.warc").write_text("pages")
        step.report = adopted or Report("raw_crawl", 2, 1, {"missing": 1}, {"bytes": 5}, "files", ("one is missing",))
    return adopted


def test_a_pilot_lies_below_the_root_under_its_share(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    pilot = open_pilot(root, ONE)
    assert pilot.home == root.home / "samples/0.01"
    assert pilot.sample == ONE
    assert pilot.main == root
    assert pilot.crawls() == root.crawls()


def test_state_kept_apart_is_kept_apart_for_a_pilot_too(root: DataRoot, tmp_path: Path) -> None:
    pilot = open_pilot(DataRoot.at(root.home, tmp_path / "state"), ONE)
    assert pilot.state == tmp_path / "state/samples/0.01"
    assert not (pilot.home / ".state").exists()


def test_a_root_of_all_documents_is_no_sample(root: DataRoot) -> None:
    assert root.sample is None
    assert root.main is None


def test_a_pilot_has_no_pilot(root: DataRoot) -> None:
    with pytest.raises(ConfigError, match="is a sample itself"):
        open_pilot(open_pilot(root, ONE), ONE)


def test_crawls_and_inputs_are_those_the_root_has_now(root: DataRoot, add_crawl: Callable[[str], None], tmp_path: Path) -> None:
    for name in ("a", "b"):
        add_crawl(name)
    (tmp_path / "domains").write_text("spam.example\n")
    root.add_input("ut1", tmp_path / "domains")
    open_pilot(root, ONE)
    root.declaration_path("b").unlink()
    root.set_enabled("a", False)
    (tmp_path / "domains").write_text("spam.example\nmore.example\n")
    root.add_input("ut1", tmp_path / "domains")
    pilot = open_pilot(root, ONE)
    assert pilot.crawls(disabled=True) == root.crawls(disabled=True)
    assert pilot.inputs() == root.inputs()
    assert (pilot.input_path("ut1") / "domains").read_text() == "spam.example\nmore.example\n"


def test_files_are_adopted_and_the_root_stays_as_it_is(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    collect(root, root)
    before = contents(root)
    pilot = open_pilot(root, ONE)
    assert collect(pilot, root) == Report("raw_crawl", 2, 1, {"missing": 1}, {"bytes": 5}, "files", ("one is missing",))
    assert contents(root) == before
    theirs, ours = root.manifest("raw_crawl", "a"), pilot.manifest("raw_crawl", "a")
    assert theirs is not None
    assert ours is not None
    assert (ours.files, ours.data_version, ours.inputs) == (theirs.files, theirs.data_version, theirs.inputs)


def test_adopted_files_outlive_the_output_they_came_from(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    collect(root, root, "old")
    pilot = open_pilot(root, ONE)
    collect(pilot, root)
    for content in ("new", "newer"):
        collect(root, root, content)
    assert pilot.artefact("raw_crawl", "a").path("files.parquet").read_text() == "old"


@pytest.mark.parametrize("materialized", [False, True], ids=["never made", "of before"])
def test_what_the_root_has_not_as_declared_is_collected(
    root: DataRoot, add_crawl: Callable[[str], None], tmp_path: Path, materialized: bool
) -> None:
    add_crawl("a")
    if materialized:
        collect(root, root)
        (tmp_path / "warcs/a/1.warc").write_bytes(b"a new file")
    assert collect(open_pilot(root, ONE), root) is None


def test_the_share_is_an_input_of_extraction_and_of_nothing_else(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    recipe = read_recipe(root.recipe)
    whole, part = Snapshot(root, recipe), Snapshot(open_pilot(root, ONE), recipe)
    assert part.inputs("extracted_text", "a") == {**whole.inputs("extracted_text", "a"), "sample": "0.01"}
    assert part.inputs("filtered_docs", "a") == whole.inputs("filtered_docs", "a")

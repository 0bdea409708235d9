"""What failed: noted beside the manifest, left alone on the same inputs, and waited for by nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from llm_assets.engine import LocalEngine
from llm_assets.errors import DataError
from llm_assets.plan import Group, Snapshot, runnable, survey
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot
from llm_assets.step import begin_step


def look(root: DataRoot) -> Snapshot:
    return Snapshot.unattended(root, read_recipe(root.recipe))


def fail(root: DataRoot, crawl: str, error: BaseException) -> None:
    with pytest.raises(type(error)), begin_step(root, read_recipe(root.recipe), LocalEngine(), "raw_crawl", crawl):
        raise error


def test_a_step_that_raises_is_told_as_failed_with_its_error_redacted(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    fail(root, "a", DataError("ada@example.edu cannot be read"))
    standing = look(root).standing("raw_crawl", "a")
    assert (standing.state, standing.because) == ("failed", ("failed: <EMAIL> cannot be read",))


def test_what_failed_is_left_alone_unless_it_is_asked_for_again(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    add_crawl("b")
    fail(root, "a", DataError("damaged"))
    assert [group.crawl for group in runnable(survey(look(root)), again=False)] == ["b"]
    assert [group.crawl for group in runnable(survey(look(root)))] == ["a", "b"]


def test_a_crawl_that_failed_is_no_senior_that_younger_ones_wait_for(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    add_crawl("b")
    fail(root, "a", DataError("damaged"))
    (group,) = runnable(survey(look(root)), again=False)
    assert group == Group("b", group.assets)
    assert "pii_scrubbed_corpus" in group.assets


def test_other_inputs_are_tried(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    fail(root, "a", DataError("damaged"))
    (root.home.parent / "warcs" / "a" / "0.warc").write_bytes(b"mended")
    assert look(root).standing("raw_crawl", "a").state == "missing"


def test_an_interrupted_step_has_not_failed(root: DataRoot, add_crawl: Callable[[str], None]) -> None:
    add_crawl("a")
    fail(root, "a", KeyboardInterrupt())
    assert look(root).standing("raw_crawl", "a").state == "missing"

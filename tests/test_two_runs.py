"""Two processes at work on one root: they never write the same output, and each reads what was there when it began."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from llm_assets.plan import Snapshot
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot

PROGRAM = Path(__file__).with_name("step_process.py")
Begin = Callable[[str, str], subprocess.Popen[str]]


@pytest.fixture
def begin(root: DataRoot, add_crawl: Callable[[str], None]) -> Iterator[Begin]:
    """Starts a process that takes a step of an asset, and waits within it for a line."""
    add_crawl("a")
    with ExitStack() as processes:

        def start(asset: str, text: str) -> subprocess.Popen[str]:
            command = [sys.executable, str(PROGRAM), str(root.home), asset, text]
            return processes.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))

        yield start


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> str:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return hear(process)


def content(root: DataRoot, asset: str, table: str) -> str:
    (path,) = root.artefact(asset, "a").table(table)
    return path.read_text()


def test_of_two_processes_one_writes_an_output_and_its_lock_ends_with_it(root: DataRoot, begin: Begin) -> None:
    first = begin("raw_crawl", "one")
    assert hear(first) == "begun"
    second = begin("raw_crawl", "two")
    assert hear(second).startswith("LockedError another run is writing raw_crawl[a]")
    first.kill()
    first.wait()
    third = begin("raw_crawl", "three")
    assert hear(third) == "begun"
    assert end(third) == "ended"
    assert content(root, "raw_crawl", "files") == "three"


def test_a_step_reads_its_inputs_as_they_were_when_it_began_and_says_so(root: DataRoot, begin: Begin) -> None:
    old = begin("raw_crawl", "old ")
    assert (hear(old), end(old)) == ("begun", "ended")
    version = root.manifest("raw_crawl", "a")
    reader = begin("extracted_text", "read")
    assert hear(reader) == "begun"
    new = begin("raw_crawl", "new ")
    assert (hear(new), end(new)) == ("begun", "ended")
    assert end(reader) == "ended"
    assert content(root, "extracted_text", "texts") == "old read"
    manifest = root.manifest("extracted_text", "a")
    assert manifest is not None
    assert version is not None
    assert manifest.inputs["raw_crawl[a]"] == version.data_version
    assert "raw_crawl[a] changed" in Snapshot(root, read_recipe(root.recipe)).standing("extracted_text", "a").because

"""``kill -9`` of a run in every stage, and of its workers at random: nothing is lost but time, and no byte differs."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from programs import call, kill_group, start, wait_until

from llm_assets.formats.manifest import read_manifest
from llm_assets.plan import ASSETS
from llm_assets.root import DataRoot

pytestmark = pytest.mark.system

KILLED = [name for name in ASSETS if name not in ("raw_crawl", "training_set", "trace_index", "evaluation_samples")]
"""Stages that take long enough to be met; the crawl is given, so that both roots have the same files."""

KILLS = 6
"""Workers killed in a test, over all its runs."""

SEEDS = range(1, 1 + int(os.environ.get("LLM_ASSETS_FAULT_SEEDS", "1")))
"""How often the tests of chance are run, each time with other moments."""

WORKERS = ("--workers", 2, "--device", "cpu")


def place(root: DataRoot, asset: str) -> Path:
    return root.place(asset, "demo" if ASSETS[asset].per_crawl else None)


def is_under_way(root: DataRoot, asset: str) -> bool:
    return any(place(root, asset).glob(".partial-*"))


def descendants(process: int) -> Iterator[tuple[psutil.Process, str]]:
    """All processes below one, with their command lines."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                yield child, " ".join(child.cmdline())


def is_group_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def check_equal(root: DataRoot, undisturbed: DataRoot) -> None:
    last = call(root, "run", *WORKERS)
    assert last.returncode == 0, last.stdout
    here, there = (each.manifest("raw_crawl", "demo") for each in (root, undisturbed))
    assert here is not None
    assert there is not None
    assert here.inputs == there.inputs, "packages were installed while the test ran: the crawl is of their documentation"
    compared = call(root, "verify", "--against", undisturbed.home)
    assert compared.returncode == 0, compared.stdout
    assert list(root.home.glob("**/.partial-*")) == []


def kill_in(root: DataRoot, asset: str, log: Path, draw: random.Random) -> None:
    """Starts a run, and kills it at a random moment while an asset is under way: with all its children, or without them."""
    process = start(root, log, "run", *WORKERS)
    try:
        wait_until(lambda: is_under_way(root, asset) or process.poll() is not None, 1800, asset, pause=0.002)
        assert process.poll() is None, log.read_text()
        moment = time.monotonic() + draw.uniform(0, 0.5)
        while time.monotonic() < moment and is_under_way(root, asset):
            time.sleep(0.002)
        os.killpg(process.pid, signal.SIGSTOP)  # no stage ends while its processes are looked for
        if draw.random() < 0.5:  # what is left to itself is to end by itself
            for child, words in descendants(process.pid):
                if "-m dagster_project" in words:
                    child.kill()
            os.killpg(process.pid, signal.SIGCONT)
            process.wait(300)
            wait_until(lambda: is_group_gone(process.pid), 300, "the end of orphans")
    finally:
        with contextlib.suppress(ProcessLookupError):
            kill_group(process)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_killed_in_every_stage_ends_as_an_undisturbed_one(
    undisturbed: DataRoot, crawled: Callable[[Path], DataRoot], tmp_path: Path, seed: int
) -> None:
    root, draw = crawled(tmp_path / "home"), random.Random(seed)
    killed = 0
    for asset in KILLED:
        if read_manifest(place(root, asset)) is None:  # of two stages that wait for none of each other, either may come first
            kill_in(root, asset, tmp_path / f"{asset}.log", draw)
            killed += 1
    assert killed >= len(KILLED) - 1
    check_equal(root, undisturbed)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_whose_workers_are_killed_goes_on_or_names_the_file(
    undisturbed: DataRoot, crawled: Callable[[Path], DataRoot], tmp_path: Path, seed: int
) -> None:
    root, draw = crawled(tmp_path / "home"), random.Random(seed)
    killed = 0
    for attempt in range(KILLS // 2 + 1):  # a run fails of no less than two
        log = tmp_path / f"{attempt}.log"
        process = start(root, log, "run", *WORKERS)
        try:
            deadline = time.monotonic() + 1800
            while process.poll() is None and time.monotonic() < deadline:
                time.sleep(draw.uniform(0.05, 0.5))
                workers = [child for child, words in descendants(process.pid) if "spawn_main" in words]
                if workers and killed < KILLS:
                    draw.choice(workers).kill()
                    killed += 1
            assert process.poll() is not None, log.read_text()
        finally:
            with contextlib.suppress(ProcessLookupError):
                kill_group(process)
        if process.returncode == 0:
            break
        said = " ".join(log.read_text().split())
        assert "a worker process died" in said, said
        assert str(root.home) in said, said
    assert process.returncode == 0
    assert killed >= 2
    check_equal(root, undisturbed)


def test_a_run_ends_with_the_command_that_started_it(crawled: Callable[[Path], DataRoot], tmp_path: Path) -> None:
    root = crawled(tmp_path / "home")
    process = start(root, tmp_path / "log", "run", *WORKERS)
    try:
        wait_until(lambda: is_under_way(root, "extracted_text"), 600, "extraction", pause=0.01)
        process.kill()
        process.wait()
        wait_until(lambda: is_group_gone(process.pid), 300, "the end of the run")
    finally:
        with contextlib.suppress(ProcessLookupError):
            kill_group(process)
    assert "goes on from here" in (tmp_path / "log").read_text()

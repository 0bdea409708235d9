"""``kill -9`` takes nothing but time: the next run goes on, and what it makes is what an undisturbed run makes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from programs import call, kill_group, start, wait_until

from llm_assets.root import DataRoot

pytestmark = pytest.mark.system


def is_extracting(root: DataRoot) -> bool:
    """A part of the output is being written, and no manifest names it."""
    return (
        any(root.place("extracted_text", "demo").glob(".partial-*/output/*/*.parquet")) and root.manifest("extracted_text", "demo") is None
    )


def is_training(root: DataRoot) -> bool:
    """Some steps lie behind, and some ahead."""
    return any((root.state / "checkpoints").glob("*.ckpt")) and root.manifest("trained_model") is None


def kill_run(root: DataRoot, log: Path, moment: Callable[[DataRoot], bool]) -> None:
    """Starts ``llm-assets run`` and kills it, its process group and all, at a moment."""
    process = start(root, log, "run", "--device", "cpu")
    try:
        wait_until(lambda: moment(root) or process.poll() is not None, 1800, moment.__name__, pause=0.002)
        assert process.poll() is None, log.read_text()
    finally:
        kill_group(process)
    assert moment(root)


def test_a_run_killed_while_it_extracts_and_again_while_it_trains_ends_as_an_undisturbed_one(
    undisturbed: DataRoot, crawled: Callable[[Path], DataRoot], tmp_path: Path
) -> None:
    root = crawled(tmp_path / "home")
    kill_run(root, tmp_path / "first.log", is_extracting)
    kill_run(root, tmp_path / "second.log", is_training)
    last = call(root, "run", "--device", "cpu")
    assert last.returncode == 0, last.stdout
    assert [line.split()[1].rstrip(":") for line in last.stdout.splitlines() if "✓" in line] == ["trained_model", "evaluation_samples"]
    assert len([path for path in root.place("extracted_text", "demo").iterdir() if path.is_dir()]) == 1
    compared = call(root, "verify", "--against", undisturbed.home)
    assert compared.returncode == 0, compared.stdout

"""A full disk is named, leaves nothing half written as if it were whole, and is forgotten once there is room."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from programs import call

from llm_assets.catalog import open_catalog
from llm_assets.errors import DataError
from llm_assets.formats.manifest import hash_file, open_output
from llm_assets.plan import ASSETS
from llm_assets.root import DataRoot
from llm_assets.shelves import rebuild_catalog

pytestmark = pytest.mark.system


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB of its own."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk wants root and mount (package `mount`)")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", place], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"this machine lets no test mount a disk: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def fill(disk: Path, left: int) -> Path:
    """Takes the room there is, but for some bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - left)
    return ballast


def is_noted(part: Path) -> bool:
    """Whether a part of an output under way is a finished one, with which the next run goes on."""
    under_way = next(folder for folder in part.parents if folder.name.startswith(".partial-"))
    entries = [entry for note in under_way.glob("journal/*.json") for entry in json.loads(note.read_text())["files"]]
    return (part.relative_to(under_way / "output").as_posix(), hash_file(part)) in {(each["path"], each["sha256"]) for each in entries}


def test_a_full_disk_is_named_and_nothing_half_written_counts_and_the_next_run_finishes(
    undisturbed: DataRoot, crawled: Callable[[Path, Path], DataRoot], disk: Path, tmp_path: Path
) -> None:
    root = crawled(disk / "home", tmp_path / "state")
    ballast = fill(disk, left=40_000)  # less than the extracted texts take
    stopped = call(root, "run", "--device", "cpu")
    assert stopped.returncode == 1
    said = " ".join(stopped.stdout.split())
    assert "No space left on device" in said
    assert str(root.home) in said
    assert "Traceback" not in said
    assert root.manifest("extracted_text", "demo") is None
    for name in ("raw_crawl", "extracted_text"):
        place, manifest = root.place(name, "demo"), root.manifest(name, "demo")
        half = [path for path in place.rglob("*.parquet") if manifest is None or manifest.folder not in path.parts]
        assert all(is_noted(path) for path in half)

    ballast.unlink()
    finished = call(root, "run", "--device", "cpu")
    assert finished.returncode == 0, finished.stdout
    for name, node in ASSETS.items():
        crawl = "demo" if node.per_crawl else None
        manifest = root.manifest(name, crawl)
        assert manifest is not None
        open_output(root.place(name, crawl), manifest)
    compared = call(root, "verify", "--against", undisturbed.home)
    assert compared.returncode == 0, compared.stdout


@pytest.mark.parametrize("left", [300_000, 1_000_000], ids=["while they are made", "while they are used"])
def test_a_disk_too_full_for_the_databases_is_told_in_a_line(crawled: Callable[[Path], DataRoot], disk: Path, left: int) -> None:
    root = crawled(disk / "home")
    fill(disk, left)
    stopped = call(root, "run", "--device", "cpu")
    assert stopped.returncode == 1
    assert "Traceback" not in stopped.stdout
    assert re.search(rf"error: a database in {root.state} failed: .* bytes are free on its disk", stopped.stdout)


@pytest.mark.parametrize("left", [20_000, 100_000])
def test_a_catalog_that_finds_no_room_is_refused_and_the_old_one_stays(undisturbed: DataRoot, disk: Path, left: int) -> None:
    shutil.copytree(undisturbed.home, disk / "home", ignore=shutil.ignore_patterns(".state"))
    root = DataRoot.at(disk / "home")
    fill(disk, left)
    with pytest.raises(DataError, match=r"the catalog cannot be written.*No space left on device"):
        rebuild_catalog(root)
    with open_catalog(root.catalog) as connection:
        assert connection.table("documents").limit(1).fetchall()
    assert list(root.home.glob(".catalog*")) == []

"""Damage is told: a bit that turned in an output or an archive, a file that is gone, a manifest that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from llm_assets.crawl.stage import collect_files
from llm_assets.damage import inspect_root
from llm_assets.engine import LocalEngine
from llm_assets.formats.manifest import describe_output, put_manifest
from llm_assets.root import DataRoot


@pytest.fixture
def archive(root: DataRoot, add_crawl: Callable[[str], None], tmp_path: Path) -> Path:
    """The WARC file of a crawl whose files were listed."""
    add_crawl("old")
    place = root.place("raw_crawl", "old")
    folder = place / "20260101T000000-00000000"
    collect_files(root.crawl("old"), None, folder, place, LocalEngine())
    put_manifest(place, describe_output("raw_crawl", "old", folder, ["files"], "1", {}))
    return tmp_path / "warcs/old/0.warc"


def found(root: DataRoot) -> dict[str, str]:
    return {str(each): each.verdict for each in inspect_root(root) if not each.whole}


def turn_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_root_whose_files_are_what_they_were_has_no_damage(root: DataRoot, archive: Path) -> None:
    assert [each.file for each in inspect_root(root)] == ["files.parquet", str(archive)]
    assert found(root) == {}


def test_a_bit_that_turned_in_an_output_is_told(root: DataRoot, archive: Path) -> None:
    turn_a_bit(next(root.place("raw_crawl", "old").glob("*/files.parquet")))
    assert found(root) == {"raw_crawl[old]: files.parquet is damaged": "damaged"}


def test_a_bit_that_turned_in_an_archive_is_told(root: DataRoot, archive: Path) -> None:
    turn_a_bit(archive)
    assert found(root) == {f"raw_crawl[old]: {archive} is damaged": "damaged"}


def test_a_file_that_is_gone_is_told(root: DataRoot, archive: Path) -> None:
    archive.unlink()
    assert found(root) == {f"raw_crawl[old]: {archive} is missing": "missing"}
    next(root.place("raw_crawl", "old").glob("*/files.parquet")).unlink()
    assert found(root) == {"raw_crawl[old]: files.parquet is missing": "missing"}


def test_a_manifest_that_cannot_be_read_is_told(root: DataRoot, archive: Path) -> None:
    (root.place("raw_crawl", "old") / "manifest.json").write_text("{")
    assert found(root) == {"raw_crawl[old]: manifest.json is damaged": "damaged"}


def test_a_disabled_crawl_is_inspected_too(root: DataRoot, archive: Path) -> None:
    root.set_enabled("old", False)
    turn_a_bit(archive)
    assert len(found(root)) == 1

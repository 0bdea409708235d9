"""Manifests: the only door to an output."""

from pathlib import Path

import pytest

from llm_assets.errors import DataError
from llm_assets.formats.manifest import Manifest, describe_output, open_output, put_manifest, put_text, read_manifest


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "one"
    (folder / "texts").mkdir(parents=True)
    (folder / "texts/00000.parquet").write_bytes(b"a")
    (folder / "texts/00001.parquet").write_bytes(b"b")
    (folder / "rejections.parquet").write_bytes(b"c")
    (folder / "train-00000.tokens").write_bytes(b"d")
    return tmp_path


def describe(place: Path, *kept: str) -> Manifest:
    return describe_output("extracted_text", "demo", place / "one", kept, "1", {"raw_crawl[demo]": "v"})


def test_a_manifest_survives_its_json(place: Path) -> None:
    manifest = describe(place, "texts")
    put_manifest(place, manifest)
    assert read_manifest(place) == manifest


def test_the_data_version_covers_what_is_kept_and_nothing_else(place: Path) -> None:
    before = describe(place, "texts").data_version
    (place / "one/rejections.parquet").write_bytes(b"other")
    assert describe(place, "texts").data_version == before
    (place / "one/texts/00001.parquet").write_bytes(b"other")
    assert describe(place, "texts").data_version != before


def test_a_kept_name_can_be_a_pattern(place: Path) -> None:
    before = describe(place, "*.tokens").data_version
    (place / "one/train-00000.tokens").write_bytes(b"other")
    assert describe(place, "*.tokens").data_version != before


def test_parts_of_a_table_come_in_order(place: Path) -> None:
    artefact = open_output(place, describe(place, "texts"))
    assert [path.name for path in artefact.table("texts")] == ["00000.parquet", "00001.parquet"]
    assert [path.name for path in artefact.table("rejections")] == ["rejections.parquet"]
    assert artefact.table("none") == []


@pytest.mark.parametrize("harm", ["missing", "longer"])
def test_an_output_whose_files_are_not_as_told_is_not_opened(place: Path, harm: str) -> None:
    manifest = describe(place, "texts")
    path = place / "one/texts/00000.parquet"
    path.unlink() if harm == "missing" else path.write_bytes(b"longer")
    with pytest.raises(DataError, match=r"00000\.parquet"):
        open_output(place, manifest)


def test_a_damaged_manifest_is_a_data_error(place: Path) -> None:
    put_text(place / "manifest.json", "{")
    with pytest.raises(DataError, match=r"manifest\.json"):
        read_manifest(place)


def test_no_manifest_is_no_output(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None

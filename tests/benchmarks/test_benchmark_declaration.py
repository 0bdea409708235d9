"""Pieces of texts whose language is known from a file's name."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from benchmarks.declaration import read_pieces
from llm_assets.errors import DataError


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "udhr.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("udhr/Polish-Latin2", "wolność i równość".encode("cp1250"))
        file.writestr("udhr/Greek-UTF8", "όλοι οι άνθρωποι".encode()[:-1])
    return path


def test_pieces_are_whole_and_each_has_its_language(archive: Path) -> None:
    assert [*read_pieces(archive, {"Polish-Latin2": "pl"}, 8)] == [("wolność ", "pl"), ("i równoś", "pl")]


def test_a_character_cut_at_the_end_of_a_file_is_no_error(archive: Path) -> None:
    assert [*read_pieces(archive, {"Greek-UTF8": "el"}, 16)] == [("όλοι οι άνθρωπο\N{REPLACEMENT CHARACTER}", "el")]


def test_another_archive_is_refused(archive: Path) -> None:
    with pytest.raises(DataError, match="there is no udhr/Afrikaans-Latin1 in it"):
        [*read_pieces(archive)]

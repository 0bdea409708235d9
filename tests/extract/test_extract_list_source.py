"""Block lists as they come: folders, archives and plain files, honest and otherwise."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from llm_assets.errors import ConfigError, DataError
from llm_assets.extract import list_source
from llm_assets.extract.list_source import find_categories, gather_lists

FILES = {
    "blacklists/README": b"about",
    "blacklists/gambling/domains": b"# a comment\nlucky.example\n\n  spaced.example \n",
    "blacklists/gambling/urls": b"site.example/casino",
    "blacklists/gambling/usage": b"black",
    "blacklists/ads/domains": b"ads.example\n",
    "blacklists/ads/expressions": b"(/banner/|/sponsor/)\n",
}


def write_folder(folder: Path, files: Mapping[str, bytes] = FILES) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def write_archive(path: Path, files: Mapping[str, bytes] = FILES) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


GATHERED = {
    "gambling/domains": b"lucky.example\nspaced.example\n",
    "gambling/urls": b"site.example/casino\n",
    "ads/domains": b"ads.example\n",
}


@pytest.mark.parametrize("inner", ["", "blacklists"])
def test_a_folder_of_categories_is_read_from_either_of_its_levels(tmp_path: Path, inner: str) -> None:
    entries = gather_lists(write_folder(tmp_path / "in") / inner, tmp_path / "out")
    assert contents(tmp_path / "out") == GATHERED
    assert entries == {
        "ads": {"domains": 1, "urls": 0, "expressions": 1},
        "gambling": {"domains": 2, "urls": 1, "expressions": 0},
    }
    assert find_categories(tmp_path / "out") == ["ads", "gambling"]


def test_an_archive_gives_what_its_folder_gives(tmp_path: Path) -> None:
    gather_lists(write_archive(tmp_path / "lists.tar.gz"), tmp_path / "out")
    assert contents(tmp_path / "out") == GATHERED


def test_a_category_alone_is_a_list_without_categories(tmp_path: Path) -> None:
    assert list(gather_lists(write_folder(tmp_path / "in") / "blacklists/gambling", tmp_path / "out")) == [""]
    assert find_categories(tmp_path / "out") == [""]
    assert (tmp_path / "out/domains").read_bytes() == GATHERED["gambling/domains"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_plain_file_is_parted_into_domains_and_urls(tmp_path: Path, pack: type) -> None:
    lines = b"# own\nbad.example\nhttps://site.example/\nhttp://site.example/a\r\nother.example?q\n"
    (tmp_path / "own.txt").write_bytes(pack(lines))
    assert gather_lists(tmp_path / "own.txt", tmp_path / "out") == {"": {"domains": 2, "urls": 2, "expressions": 0}}
    assert contents(tmp_path / "out") == {
        "domains": b"bad.example\nhttps://site.example/\n",
        "urls": b"http://site.example/a\nother.example?q\n",
    }


def test_a_second_name_of_a_category_is_passed_over(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in")
    (folder / "blacklists/publicity").symlink_to("ads")
    gather_lists(folder, tmp_path / "out")
    assert contents(tmp_path / "out") == GATHERED


@pytest.mark.parametrize("name", ["../../evil/domains", "/evil/domains", "a/../evil/domains", "evil/../../evil/domains"])
def test_no_name_in_an_archive_leads_out_of_the_target(tmp_path: Path, name: str) -> None:
    gather_lists(write_archive(tmp_path / "lists.tar.gz", {name: b"bad.example\n"}), tmp_path / "in/out")
    assert contents(tmp_path / "in") == {"out/evil/domains": b"bad.example\n"}
    assert {path.name for path in tmp_path.iterdir()} == {"lists.tar.gz", "in"}


@pytest.mark.parametrize(
    "name", ["../domains", "./domains", ".../domains", "a b/domains", "\x1b[31m/domains", "x" * 65 + "/domains", "domains"]
)
def test_a_name_that_is_no_category_is_left_out(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="is no block list"):
        gather_lists(write_archive(tmp_path / "lists.tar.gz", {name: b"bad.example\n"}), tmp_path / "in/out")
    assert not contents(tmp_path / "in")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_link_or_device_in_an_archive_is_not_followed(tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "lists.tar", "w") as archive:
        member = tarfile.TarInfo("evil/domains")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(ConfigError, match="is no block list"):
        gather_lists(tmp_path / "lists.tar", tmp_path / "out")


def test_an_archive_that_is_cut_off_is_damaged(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "lists.tar.gz", {"many/domains": b"".join(b"%d.example\n" % number for number in range(50_000))})
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(DataError, match=r"lists\.tar\.gz: the block list cannot be read"):
        gather_lists(path, tmp_path / "out")


def test_what_unpacks_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_source, "MAX_BYTES", 10_000)
    path = write_archive(tmp_path / "lists.tar.gz", {"many/domains": b"bad.example\n" * 1_000})
    with pytest.raises(DataError, match="longer than 10,000 bytes"):
        gather_lists(path, tmp_path / "out")
    assert (tmp_path / "out/many/domains").stat().st_size <= 10_000


@pytest.mark.parametrize("content", [b"PK\x03\x04\0\0", b"x" * (1 << 17), b"a.example\nb\0\n"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lists.zip").write_bytes(content)
    with pytest.raises(DataError, match="no text of one entry a line"):
        gather_lists(tmp_path / "lists.zip", tmp_path / "out")


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.write_bytes(b"# nothing\n\n")])
def test_what_lists_nothing_is_a_config_error_that_says_what_is_wanted(tmp_path: Path, make: object) -> None:
    make(tmp_path / "in")  # type: ignore[operator]  # either of two callables
    with pytest.raises(ConfigError, match="wanted is a folder or tar archive with CATEGORY/domains"):
        gather_lists(tmp_path / "in", tmp_path / "out")


def test_a_source_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is nothing at .*nowhere"):
        gather_lists(tmp_path / "nowhere", tmp_path / "out")

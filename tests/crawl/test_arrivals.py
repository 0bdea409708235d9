"""A watched folder: what is whole and no longer grows is taken, what is half copied is not."""

from __future__ import annotations

import gzip
import os
import shutil
import time
from pathlib import Path

import pytest

from llm_assets.crawl.arrivals import PATIENCE, Arrivals, find_arrivals
from llm_assets.crawl.warc_files import WarcFiles
from llm_assets.errors import ConfigError
from llm_assets.formats.warc_writer import WarcWriter

SETTLE = 60.0


def write_warc(path: Path, pages: int = 3) -> Path:
    with WarcWriter(path, "2026-01-01T00:00:00Z", {"software": "a test"}) as writer:
        for number in range(pages):
            answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + os.urandom(2_000)
            writer.write_exchange(f"http://a.example/{number}", b"GET / HTTP/1.1\r\n\r\n", answer)
    return path


def look(folder: Path, seconds_later: float = SETTLE + 1, known: tuple[str, ...] = ()) -> Arrivals:
    return find_arrivals(WarcFiles(path=str(folder)), known, SETTLE, time.time() + seconds_later)


def test_a_file_is_taken_once_it_has_not_changed_for_long_enough(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "a.warc.gz")
    assert look(tmp_path, SETTLE / 2) == Arrivals(growing=(path,))
    assert look(tmp_path, SETTLE + 1) == Arrivals(ready=(path,))


def test_a_file_that_pretends_to_be_old_is_young_all_the_same(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "a.warc.gz")
    os.utime(path, (0, 0))  # as `cp -p` and `rsync -t` do once all is there
    assert look(tmp_path, SETTLE / 2).growing == (path,)


@pytest.mark.parametrize("share", [0.0, 0.4, 0.999])
def test_a_file_that_was_copied_in_part_is_never_taken(tmp_path: Path, share: float) -> None:
    content = write_warc(tmp_path / "whole").read_bytes()
    half = tmp_path / "in" / "half.warc.gz"
    half.parent.mkdir()
    half.write_bytes(content[: int(len(content) * share)])
    assert look(half.parent, 10 * SETTLE) == Arrivals(cut_off=(half,))
    half.write_bytes(content)
    assert look(half.parent) == Arrivals(ready=(half,))


def test_an_archive_that_is_not_compressed_is_read_to_its_last_record(tmp_path: Path) -> None:
    content = gzip.decompress(write_warc(tmp_path / "whole").read_bytes())
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "cut.warc").write_bytes(content[:-1_000])
    (folder / "whole.warc").write_bytes(content)
    assert look(folder) == Arrivals(ready=(folder / "whole.warc",), cut_off=(folder / "cut.warc",))


def test_what_is_copied_together_is_taken_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = write_warc(tmp_path / "a.warc.gz"), tmp_path / "b.warc.gz"
    began = first.stat().st_ctime
    time.sleep(0.1)
    shutil.copyfile(first, second)
    between = (began + second.stat().st_ctime) / 2 + SETTLE
    assert find_arrivals(WarcFiles(path=str(tmp_path)), (), SETTLE, between) == Arrivals(growing=(second,))
    assert look(tmp_path).ready == (first, second)


def test_a_file_that_grows_for_ever_holds_up_the_others_for_a_while_only(tmp_path: Path) -> None:
    path, settle = write_warc(tmp_path / "a.warc.gz"), 0.01
    time.sleep(PATIENCE * settle)
    growing = tmp_path / "grows.warc.gz"
    growing.write_bytes(path.read_bytes()[:100])
    found = find_arrivals(WarcFiles(path=str(tmp_path)), (), settle, growing.stat().st_ctime)
    assert found == Arrivals(ready=(path,), growing=(growing,))


def test_what_a_crawl_has_is_not_new(tmp_path: Path) -> None:
    first, second = write_warc(tmp_path / "a.warc.gz"), write_warc(tmp_path / "b.warc.gz")
    assert look(tmp_path, known=(str(first),)).ready == (second,)


def test_hidden_files_and_those_of_another_kind_are_left_alone(tmp_path: Path) -> None:
    whole = write_warc(tmp_path / "a.warc.gz")
    for name in (".b.warc.gz", "b.warc.gz.part", "b.warc.gz.tmp", "notes.txt"):
        shutil.copyfile(whole, tmp_path / name)
    assert look(tmp_path).ready == (whole,)


def test_a_folder_that_is_not_there_is_told_and_a_pattern_without_files_is_not(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no file or folder"):
        look(tmp_path / "none")
    assert look(tmp_path / "*.warc.gz") == Arrivals()

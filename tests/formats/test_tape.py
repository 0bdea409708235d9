"""Bytes that pass by once, seen as several files: the same bytes, and no more memory than told."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_assets.formats.tape import Tape
from llm_assets.formats.warc import read_opened, read_records
from llm_assets.formats.warc_writer import WarcWriter

CONTENT = random.Random(3).randbytes(5_000)


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[place : place + size] for place in range(0, len(data), size))


@given(st.integers(1, 700), st.lists(st.integers(0, 900), max_size=30))
def test_two_files_on_a_tape_read_the_same_bytes_each_at_its_own_pace(chunk: int, sizes: list[int]) -> None:
    tape = Tape(cut(CONTENT, chunk), len(CONTENT))
    one, two = tape.open(), tape.open()
    assert b"".join(one.read(size) for size in sizes) == CONTENT[: min(sum(sizes), len(CONTENT))]
    assert two.read() == CONTENT
    assert one.read() == CONTENT[min(sum(sizes), len(CONTENT)) :]


@given(st.lists(st.integers(0, len(CONTENT)), max_size=10).map(sorted))
def test_a_place_that_is_sought_is_read_as_of_a_file(places: list[int]) -> None:
    file = Tape(cut(CONTENT, 100), len(CONTENT)).open()
    for place in places:
        assert file.seek(place) == file.tell() == place
        assert file.read(50) == CONTENT[place : place + 50]


def test_what_lies_before_a_place_that_was_sought_is_forgotten() -> None:
    tape = Tape(cut(CONTENT, 100), len(CONTENT))
    ahead, back = tape.open(), tape.open()
    ahead.read(2_000)
    back.seek(1_500)
    with pytest.raises(ValueError, match="byte 0 has been forgotten, the tape begins at 1,500"):
        tape.open().read(1)
    assert back.read(10) == CONTENT[1_500:1_510]


def test_the_end_is_where_it_was_told_without_being_reached() -> None:
    asked: list[bytes] = []

    def chunks() -> Iterator[bytes]:
        for chunk in cut(CONTENT, 100):
            asked.append(chunk)
            yield chunk

    assert Tape(chunks(), len(CONTENT)).open().seek(0, 2) == len(CONTENT)
    assert asked == []


@pytest.mark.parametrize("packed", [True, False])
def test_an_archive_on_a_tape_takes_the_memory_of_a_record(tmp_path: Path, packed: bool) -> None:
    draw, path = random.Random(5), tmp_path / "a.warc.gz"
    with WarcWriter(path, "2026-01-01T00:00:00Z", {}) as writer:
        for number in range(40):
            response = b"HTTP/1.1 200 OK\r\n\r\n" + draw.randbytes(100_000)
            writer.write_exchange(f"http://a.example/{number}", b"GET / HTTP/1.1\r\n\r\n", response, False)
    if not packed:
        path.write_bytes(gzip.decompress(path.read_bytes()))
    data = path.read_bytes()
    tape = Tape(cut(data, 10_000), len(data))
    kept = 0
    for record, same in zip(read_opened(path, len(data), tape.open(), tape.open(), 0, 1), read_records(path), strict=True):
        assert record == same
        kept = max(kept, len(tape._kept))
    assert kept < 500_000

"""1,000 damaged archives: each is read whole, every byte of it accounted for, or refused by name; never a crash, never a hang."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from llm_assets.errors import DataError
from llm_assets.formats.tape import Tape
from llm_assets.formats.warc import WarcRecord, read_opened, read_records
from llm_assets.formats.warc_writer import WarcWriter

DAMAGED = 250
"""Of each of four kinds."""


def make_members(folder: Path, kind: str) -> list[bytes]:
    """Records of a small archive, each as it lies without compression."""
    draw = random.Random(11)
    pages = [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>" + draw.randbytes(draw.randrange(900)) + b"</p>" for _ in range(6)]
    if kind == "arc":
        fields = b"1 0 Somebody\nURL IP-address Archive-date Content-type Archive-length\n"
        first = b"filedesc://a.arc 0.0.0.0 20140216050221 text/plain %d\n%b\n" % (len(fields), fields)
        lines = [b"http://a.example/%d 192.0.2.1 20140216050221 text/html %d\n" % (number, len(page)) for number, page in enumerate(pages)]
        return [first, *(line + page + b"\n" for line, page in zip(lines, pages, strict=True))]
    path = folder / "whole.warc.gz"
    with WarcWriter(path, "2026-01-01T00:00:00Z", {"software": "test"}) as writer:
        for number, page in enumerate(pages):
            writer.write_exchange(f"http://a.example/{number}", b"GET / HTTP/1.1\r\n\r\n", page)
    data = path.read_bytes()
    return [gzip.decompress(data[record.offset : record.offset + record.length]) for record in read_records(path)]


def damage(data: bytes, draw: random.Random) -> bytes:
    """Bytes flipped, cut out, or spliced in from elsewhere in the file."""
    damaged = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 8))):
        place, size = draw.randrange(len(damaged) + 1), draw.choice((1, 4, 100, 1_000))
        kind = draw.choice(("flip", "cut", "splice"))
        if kind == "flip" and place < len(damaged):
            damaged[place] ^= 1 << draw.randrange(8)
        elif kind == "cut":
            del damaged[place : place + size]
        elif kind == "splice":
            start = draw.randrange(len(data))
            damaged[place:place] = data[start : start + size]
    return bytes(damaged)


def read(path: Path, part: int = 0, parts: int = 1) -> list[WarcRecord] | str:
    try:
        return list(read_records(path, part, parts))
    except DataError as error:
        assert str(path) in str(error)
        return str(error)


@pytest.mark.parametrize("packed", [True, False], ids=["gzip", "plain"])
@pytest.mark.parametrize("kind", ["warc", "arc"])
def test_a_damaged_archive_is_read_or_refused_and_every_byte_of_it_is_some_records(tmp_path: Path, kind: str, packed: bool) -> None:
    members = make_members(tmp_path, kind)
    whole = b"".join(gzip.compress(member, mtime=0) if packed else member for member in members)
    path, draw = tmp_path / "a", random.Random(f"{kind} {packed}")
    path.write_bytes(whole)
    assert len(read(path)) == len(members)
    refused = 0
    for _ in range(DAMAGED):
        data = damage(whole, draw)
        path.write_bytes(data)
        found = read(path)
        if isinstance(found, str):
            refused += 1
            continue
        assert [record.number for record in found] == list(range(len(found)))
        assert sum(record.length for record in found) == len(data) - found[0].offset
        halves = [record for part in range(2) for record in read(path, part, 2)]
        assert sorted(halves, key=lambda record: record.number) == found
        tape = Tape(iter([data]), len(data))
        assert list(read_opened(path, len(data), tape.open(), tape.open(), 0, 1)) == found
    assert refused > DAMAGED // 10

"""ARC files: read as the WARC a converter would make of them, or refused with the place of the fault."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_assets.errors import DataError
from llm_assets.formats.warc import WarcRecord, read_records

V1 = b"URL IP-address Archive-date Content-type Archive-length"
V2 = b"URL IP-address Archive-date Content-type Result-code Checksum Location Offset Filename Archive-length"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=latin-1\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(
    b"<p>\xe9</p>", mtime=0
)
DATE = "20140216050221"


def write_record(url: str, block: bytes, version: int = 1, date: str = DATE, mime: str = "text/html", length: int | None = None) -> bytes:
    size = len(block) if length is None else length
    more = " 200 - - 0 a.arc" if version == 2 else ""
    return f"{url} 192.0.2.1 {date} {mime}{more} {size}\n".encode() + block + b"\n"


def write_arc(*records: bytes, version: int = 1, compressed: bool = False) -> bytes:
    block = f"{version} 0 Somebody\n".encode() + (V2 if version == 2 else V1) + b"\n"
    first = write_record("filedesc://a.arc", block, version, mime="text/plain")
    return b"".join(gzip.compress(part, mtime=0) if compressed else part for part in (first, *records))


def read(path: Path, data: bytes, part: int = 0, parts: int = 1) -> list[WarcRecord]:
    path.write_bytes(data)
    return list(read_records(path, part, parts))


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("version", [1, 2])
def test_records_of_both_versions_are_read(tmp_path: Path, version: int, compressed: bool) -> None:
    first, page = read(
        tmp_path / "a.arc", write_arc(write_record("http://a.example/x", PAGE, version), version=version, compressed=compressed)
    )
    assert (first.type, first.mime) == ("warcinfo", "application/warc-fields")
    assert (page.type, page.url, page.date, page.status) == ("response", "http://a.example/x", "2014-02-16T05:02:21Z", 200)
    assert (page.mime, page.charset_header, page.payload, page.problem) == ("text/html", "latin-1", b"<p>\xe9</p>", None)


@pytest.mark.parametrize("compressed", [False, True])
def test_places_are_those_of_the_file_and_leave_no_gap(tmp_path: Path, compressed: bool) -> None:
    records = [write_record(f"http://a.example/{number}", PAGE + b" " * number) for number in range(4)]
    packed = [gzip.compress(record, mtime=0) if compressed else record for record in records]
    data = write_arc(*records, compressed=compressed)
    found = read(tmp_path / "a.arc", data)
    assert [record.number for record in found] == list(range(5))
    assert sum(record.length for record in found) == len(data)
    for record, part in zip(found[1:], packed, strict=True):
        assert data[record.offset : record.offset + record.length] == part


def test_several_workers_read_it_once(tmp_path: Path) -> None:
    data = write_arc(*(write_record(f"http://a.example/{number}", PAGE) for number in range(7)))
    parts = [record for part in range(3) for record in read(tmp_path / "a.arc", data, part, 3)]
    assert sorted(parts, key=lambda record: record.number) == read(tmp_path / "a.arc", data)


def test_what_did_not_come_over_http_is_a_resource(tmp_path: Path) -> None:
    _, name = read(tmp_path / "a.arc", write_arc(write_record("dns:a.example", b"192.0.2.1", mime="text/dns")))
    assert (name.type, name.url, name.mime, name.payload) == ("resource", "dns:a.example", "text/dns", b"192.0.2.1")


def test_a_url_may_hold_blanks(tmp_path: Path) -> None:
    _, page = read(tmp_path / "a.arc", write_arc(write_record("http://a.example/?q=one two  three", PAGE)))
    assert page.url == "http://a.example/?q=one two  three"


def test_a_date_that_is_none_is_no_date(tmp_path: Path) -> None:
    _, page = read(tmp_path / "a.arc", write_arc(write_record("http://a.example/", PAGE, date="201404010000000000")))
    assert page.date is None


def test_a_response_that_is_no_http_is_named_so(tmp_path: Path) -> None:
    _, page = read(tmp_path / "a.arc", write_arc(write_record("http://a.example/", b"<p>no head</p>")))
    assert (page.status, page.problem) == (None, "http_headers")


@pytest.mark.parametrize("url", ["http://a.example/\udce9", "http://a.example/é"])
def test_a_url_in_any_encoding_becomes_valid_text(tmp_path: Path, url: str) -> None:
    raw = write_record("http://a.example/X", PAGE).replace(b"X", url.removeprefix("http://a.example/").encode("utf-8", "surrogateescape"))
    _, page = read(tmp_path / "a.arc", write_arc(raw))
    (page.url or "").encode("utf-8")


FAULTS = {
    "no length": (write_record("http://a.example/", PAGE).replace(str(len(PAGE)).encode() + b"\n", b"abc\n", 1), "no valid length"),
    "negative": (write_record("http://a.example/", PAGE, length=-1), "no valid length"),
    "too long": (write_record("http://a.example/", PAGE, length=len(PAGE) + 2), "cut off"),
    "huge": (write_record("http://a.example/", PAGE, length=1 << 40), "more than"),
    "too short": (write_record("http://a.example/", PAGE, length=5), "no line of an ARC record|no valid length"),
    "no line": (b"<html><body>\n", "no line of an ARC record"),
    "cut line": (b"http://a.example/ 192.0.2.1 2014", "no line of an ARC record"),
}


@pytest.mark.parametrize(("record", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_its_place(tmp_path: Path, record: bytes, message: str) -> None:
    whole = write_arc()
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path / "a.arc", whole + record)
    assert caught.value.offset is not None
    assert caught.value.offset >= len(whole)


def test_records_that_share_a_gzip_member_are_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="recompress"):
        read(tmp_path / "a.arc.gz", gzip.compress(write_arc(write_record("http://a.example/", PAGE))))


@pytest.mark.parametrize("missing", [1, 5, 9, 30])
def test_a_file_cut_off_in_a_gzip_member_is_refused(tmp_path: Path, missing: int) -> None:
    data = write_arc(write_record("http://a.example/", PAGE), compressed=True)
    with pytest.raises(DataError, match="cut off"):
        read(tmp_path / "a.arc.gz", data[:-missing])


def test_a_first_record_that_names_no_fields_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not name the fields"):
        read(tmp_path / "a.arc", write_record("filedesc://a.arc", b"1 0 Somebody\n", mime="text/plain"))


@given(st.binary(max_size=300))
def test_no_bytes_after_a_valid_beginning_do_more_than_name_the_file(tmp_path_factory: pytest.TempPathFactory, rest: bytes) -> None:
    try:
        read(tmp_path_factory.mktemp("arc") / "a.arc", write_arc() + rest)
    except DataError as error:
        assert error.offset is not None

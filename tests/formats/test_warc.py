import gzip
import io
import json
import random
import zlib

import brotli
import pytest
from fastwarc.warc import ArchiveIterator

from llm_assets.errors import DataError
from llm_assets.formats.http_body import MAX_BODY_BYTES, BodyError, decode_body
from llm_assets.formats.warc import WarcRecord, read_records
from llm_assets.formats.warc_writer import WarcWriter

DATE = "2026-01-01T00:00:00Z"
PAGE = b"<html><body><p>Gr\xc3\xbc\xc3\x9fe</p></body></html>"


def respond(body=PAGE, status="200 OK", **headers):
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def write_pages(path, *responses):
    with WarcWriter(path, DATE, {"software": "test"}) as writer:
        for number, response in enumerate(responses):
            writer.write_exchange(f"http://a.invalid/{number}", b"GET / HTTP/1.1\r\nHost: a.invalid\r\n\r\n", response)
    return path


def read_page(tmp_path, response) -> WarcRecord:
    return list(read_records(write_pages(tmp_path / "one.warc.gz", response)))[-1]


@pytest.fixture
def archive(tmp_path):
    return write_pages(tmp_path / "a.warc.gz", *(respond(PAGE * (1 + n), Content_Type="text/html; charset=UTF-8") for n in range(5)))


@pytest.fixture
def plain(archive, tmp_path):
    path = tmp_path / "a.warc"
    path.write_bytes(gzip.decompress(archive.read_bytes()))
    return path


def test_every_record_is_numbered_whatever_its_type(archive):
    records = list(read_records(archive))
    assert [record.number for record in records] == list(range(11))
    assert [record.type for record in records] == ["warcinfo", *["request", "response"] * 5]


def test_a_response_bears_what_http_says(archive):
    record = list(read_records(archive))[2]
    assert (record.url, record.date, record.status) == ("http://a.invalid/0", DATE, 200)
    assert (record.mime, record.charset_header, record.payload) == ("text/html", "utf-8", PAGE)


@pytest.mark.parametrize("kind", ["archive", "plain"])
def test_offsets_and_lengths_cover_the_file_and_cut_out_the_record(kind, request, tmp_path):
    path = request.getfixturevalue(kind)
    data, end = path.read_bytes(), 0
    for record in read_records(path):
        assert record.offset == end
        end += record.length
        alone = tmp_path / "alone"
        alone.write_bytes(data[record.offset : end])
        (again,) = read_records(alone)
        assert (again.url, again.payload) == (record.url, record.payload)
    assert end == len(data)


def test_plain_and_gzip_files_hold_the_same_records(archive, plain):
    def values(path):
        return [(record.number, record.type, record.url, record.payload) for record in read_records(path)]

    assert values(archive) == values(plain)


@pytest.mark.parametrize("parts", [1, 2, 3, 20])
def test_parts_share_the_records_out_and_change_none(archive, parts):
    shared = [list(read_records(archive, part, parts)) for part in range(parts)]
    assert all(record.number % parts == part for part, records in enumerate(shared) for record in records)
    assert sorted((record for records in shared for record in records), key=lambda record: record.number) == list(read_records(archive))


def test_writing_twice_gives_the_same_bytes_and_valid_digests(tmp_path):
    pages = [respond(Content_Type="text/html"), respond(b"", "404 Not Found")]
    one, two = (write_pages(tmp_path / name / "0.warc.gz", *pages) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert all(record.verify_block_digest() for record in ArchiveIterator(str(one), parse_http=False))
    assert sum(record.verify_payload_digest() for record in ArchiveIterator(str(one))) == 4


@pytest.mark.parametrize("kind", ["archive", "plain"])
def test_a_file_cut_off_anywhere_within_a_record_is_refused(kind, request, tmp_path):
    whole = request.getfixturevalue(kind)
    data = whole.read_bytes()
    ends = {record.offset + record.length for record in read_records(whole)}
    # The four bytes that end a plain record carry nothing; without them its block is still whole.
    harmless = {end - missing for end in ends for missing in range(5 if kind == "plain" else 1)}
    path = tmp_path / "cut.warc.gz"
    for length in range(0, len(data), 3):
        if length in harmless:
            continue
        path.write_bytes(data[:length])
        with pytest.raises(DataError) as error:
            list(read_records(path, 1, 7))
        assert error.value.path == path
        assert error.value.offset is not None


def test_a_flipped_byte_of_compressed_data_is_refused_whoever_reads(archive, tmp_path):
    data = archive.read_bytes()
    starts = [record.offset for record in read_records(archive)]
    path = tmp_path / "flipped.warc.gz"
    for place in random.Random(0).sample(range(len(data)), 300):
        if any(4 <= place - start < 10 for start in starts):
            continue  # time, level and system of a gzip header decide nothing
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x41]) + data[place + 1 :])
        with pytest.raises(DataError):
            list(read_records(path, 3, 1000))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no WARC"),
        (b"<html>", "no WARC"),
        (gzip.compress(b"hello", mtime=0), "no WARC"),
        (b"filedesc://a.arc 0.0.0.0 19960923142103 text/plain 76\n", "cut off"),
        (b"WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: 99999999999999\r\n\r\n", "more than"),
        (b"WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: 5\r\n\r\nab", "cut off"),
        (b"WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: 2\r\n\r\nab\r\n\r\ngarbage", "damaged|no record"),
        (b"WARC/1.0\r\nWARC-Type: resource\r\n\r\n", "Content-Length"),
    ],
)
def test_what_is_no_whole_warc_file_is_refused_by_name(tmp_path, data, message):
    path = tmp_path / "x.warc"
    path.write_bytes(data)
    with pytest.raises(DataError, match=message):
        list(read_records(path))


def test_a_missing_file_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match=r"none\.warc"):
        list(read_records(tmp_path / "none.warc"))


def test_records_that_share_a_gzip_member_are_refused_with_the_remedy(plain, tmp_path):
    path = tmp_path / "whole.warc.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    with pytest.raises(DataError, match="recompress"):
        list(read_records(path))


@pytest.mark.parametrize("block", [b"", b"\x00\x01\x02 no head at all", b"<p>a page without a head</p>\r\n\r\nmore"])
def test_a_response_that_is_no_http_is_named_so_and_raises_nothing(tmp_path, block):
    record = read_page(tmp_path, block)
    assert (record.status, record.problem) == (None, "http_headers")


def test_bytes_that_are_no_utf_8_in_headers_become_valid_text(tmp_path):
    record = read_page(tmp_path, b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=\xff\xed\xa0\x80\r\n\r\nx")
    (record.charset_header or "").encode("utf-8")
    assert record.mime == "text/html"


def test_a_cut_response_says_so(tmp_path):
    path = tmp_path / "cut.warc.gz"
    with WarcWriter(path, DATE, {}) as writer:
        writer.write_exchange("http://a.invalid/", b"GET / HTTP/1.1\r\n\r\n", respond(), cut=True)
    assert [record.problem for record in read_records(path)] == [None, None, "warc_truncated"]


def in_chunks(body, size=7):
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def deflate_raw(body):
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(body) + stream.flush()


ENCODERS = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "identity": bytes, "": bytes}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("encoding", [*ENCODERS, "raw deflate"])
def test_transfer_and_content_encodings_are_undone(encoding, chunked):
    body = deflate_raw(PAGE) if encoding == "raw deflate" else ENCODERS[encoding](PAGE)
    told = "deflate" if encoding == "raw deflate" else encoding
    assert decode_body(in_chunks(body) if chunked else body, "chunked" if chunked else "", told) == PAGE


@pytest.mark.parametrize("transfer", ["", "chunked"])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", ""])
def test_a_page_that_only_claims_to_be_encoded_is_taken_as_it_is(transfer, encoding):
    assert decode_body(PAGE, transfer, encoding) == PAGE


def test_encodings_are_undone_last_first():
    assert decode_body(gzip.compress(zlib.compress(PAGE)), "", "deflate, gzip") == PAGE


@pytest.mark.parametrize(
    ("body", "encoding", "problem"),
    [
        (b"\x1f\x8b\x08\x00nonsense of a gzip stream", "gzip", "content_encoding"),
        (b"\x00\x00nonsense of brotli" * 50, "br", "content_encoding"),
        (PAGE, "rot13", "content_encoding_unknown"),
        (gzip.compress(bytes(MAX_BODY_BYTES + 1), 1, mtime=0), "gzip", "body_too_large"),
    ],
)
def test_a_body_that_cannot_be_decoded_names_its_problem(body, encoding, problem):
    with pytest.raises(BodyError) as error:
        decode_body(body, "", encoding)
    assert error.value.problem == problem


def test_a_body_that_cannot_be_decoded_is_a_problem_of_its_record_only(tmp_path):
    record = read_page(tmp_path, respond(Content_Type="text/html", Content_Encoding="rot13"))
    assert (record.problem, record.payload) == ("content_encoding_unknown", PAGE)


REFUSED = {
    "clipped.warc.gz": "at byte 0: the record is cut off",
    "iana.cdxj": "at byte 0: this is no WARC and no ARC",
    "bad.arc": "at byte 0: the record has no valid length",
    "example-space-in-url.arc": "at byte 151: the record is cut off: 1,579 of 1,591 bytes",  # so its own line says
    "example-bad-non-chunked.warc.gz": "at byte 0: several records share a gzip member: recompress",
    "example-trunc.warc": "at byte 1,197: the record after this one is damaged",
}
"""By their names, what is wrong with them and where."""


@pytest.mark.shared_data
def test_files_of_other_projects_are_read_whole_or_refused_with_a_reason(shared_data):
    read = 0
    for path in sorted(path for path in (shared_data / "web/realwarc").rglob("*") if path.is_file()):
        if path.name in REFUSED:
            with pytest.raises(DataError, match=REFUSED[path.name]):
                list(read_records(path))
            continue
        records = list(read_records(path))
        assert sum(record.length for record in records) == path.stat().st_size
        assert not {record.problem for record in records} - {None, "warc_truncated"}
        read += len(records)
        if ".arc" in path.name:
            continue  # which fastwarc does not know
        stream = io.BytesIO(path.read_bytes())
        assert [record.offset for record in records] == [record.stream_pos for record in ArchiveIterator(stream, parse_http=False)]
    assert read > 600


@pytest.mark.shared_data
def test_offsets_agree_with_an_index_made_by_someone_else(shared_data):
    folder = shared_data / "web"
    lines = map(json.loads, gzip.decompress((folder / "sites.index.jsonl.gz").read_bytes()).splitlines())
    told = {(line["offset"], line["length"], line["url"]) for line in lines}
    found = {(record.offset, record.length, record.url) for record in read_records(folder / "sites.warc.gz") if record.type == "response"}
    assert told == found

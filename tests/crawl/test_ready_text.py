"""Ready text: rows of JSON lines and Parquet files go the way of every page, and no engine runs on them."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_assets.crawl.declaration import Declaration, parse_parameters
from llm_assets.crawl.stage import collect_files
from llm_assets.engine import LocalEngine, no_progress
from llm_assets.errors import ConfigError, DataError
from llm_assets.extract.config import Extraction, UrlFilter
from llm_assets.extract.page import clean_text
from llm_assets.extract.ready_text import make_urn
from llm_assets.extract.stage import extract_texts
from llm_assets.formats.doc import format_doc
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.parquet import read_table
from llm_assets.formats.rows import find_reader
from llm_assets.formats.tables import FILES, RECORDS, REJECTIONS, TEXTS
from llm_assets.report import Report

FINEWEB = {
    "text": "How AP reported in all formats from tornado-stricken regions.",
    "id": "<urn:uuid:d66bc6fe-8477-4adf-b430-f6a558ccc8ff>",
    "dump": "CC-MAIN-2013-20",
    "url": "http://site.example/news?id=1",
    "date": "2013-05-18T05:48:54Z",
    "file_path": "s3://bucket/a.warc.gz",
    "language": "en",
    "language_score": 0.97,
    "token_count": 14,
}
BOOK = {"id": "Alcott, Louisa May/Little Women.txt", "text": "Christmas won't be Christmas\r\nwithout any presents."}
SUFFIXES = ("jsonl", "jsonl.gz", "jsonl.zst", "parquet")


def to_lines(rows: Sequence[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def write_rows(path: Path, rows: Sequence[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(list(rows)), path, row_group_size=2)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(to_lines(rows)))
    elif path.suffix == ".zst":
        path.write_bytes(pa.compress(to_lines(rows), "zstd", asbytes=True))
    else:
        path.write_bytes(to_lines(rows))
    return path


def collect(path: Path, target: Path, previous: Artefact | None = None) -> Artefact:
    source = "parquet" if path.suffix == ".parquet" else "jsonl"
    declaration = Declaration("books", source, 3, True, parse_parameters(source, {"path": str(path)}))
    collect_files(declaration, previous, target, target.parent, LocalEngine())
    return Artefact.of_folder(target)


def run(path: Path, workers: int = 1, extraction: Extraction | None = None) -> tuple[Report, dict[str, list[dict[str, Any]]]]:
    """The stages from a path to the tables of ``extracted_text``."""
    raw = collect(path, path.parent / "raw")
    target = path.parent / f"out{workers}"
    report = extract_texts(raw, target, 3, UrlFilter(), extraction or Extraction(), {}, LocalEngine(workers))
    made = Artefact.of_folder(target)
    tables = {"records": RECORDS, "texts": TEXTS, "rejections": REJECTIONS}
    return report, {name: read_table(made.table(name), schema).to_pylist() for name, schema in tables.items()}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_finewebs_columns_arrive(tmp_path: Path, suffix: str) -> None:
    report, tables = run(write_rows(tmp_path / f"a.{suffix}", [FINEWEB]))
    assert (report.read, report.kept) == (1, 1)
    (text,) = tables["texts"]
    expected = {"doc": 3 << 48, "charset": "utf-8", "language_hint": "en", **{name: FINEWEB[name] for name in ("url", "date", "text")}}
    assert {name: value for name, value in text.items() if value is not None} == expected


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_row_without_a_url_is_known_by_its_id(tmp_path: Path, suffix: str) -> None:
    _, tables = run(write_rows(tmp_path / f"a.{suffix}", [BOOK]))
    (text,) = tables["texts"]
    assert text["url"] == tables["records"][0]["url"] == "urn:x-ready-text:Alcott,%20Louisa%20May/Little%20Women.txt"
    assert text["text"] == "Christmas won't be Christmas\nwithout any presents."


@pytest.mark.parametrize(
    ("fields", "urn"),
    [
        ({}, "a.jsonl:7"),
        ({"id": ""}, "a.jsonl:7"),
        ({"id": 12}, "12"),
        ({"id": ["x"]}, "a.jsonl:7"),
        ({"id": "me@site.example"}, "me@site.example"),
        ({"id": "\ud800é\n#?"}, "%C3%A9%20%23%3F"),
    ],
)
def test_a_made_up_url_is_stable_and_hides_no_address(fields: Mapping[str, Any], urn: str) -> None:
    assert make_urn(fields, "a.jsonl", 7) == f"urn:x-ready-text:{urn}"


def test_a_record_says_where_its_line_lies(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.jsonl", [FINEWEB, BOOK])
    _, tables = run(path)
    for record, row in zip(tables["records"], [FINEWEB, BOOK], strict=True):
        line = path.read_bytes()[record["offset"] : record["offset"] + record["length"]]
        assert json.loads(line) == row
        assert (record["type"], record["status"], record["mime"]) == ("conversion", None, "text/plain")


MALFORMED = [
    ({"text": 5}, "ready_text.malformed", "text is of type int"),
    ([1], "ready_text.malformed", "the row is no object"),
    (None, "ready_text.malformed", "the row is no object"),
    ({"id": "x"}, "extraction.empty", None),
    ({"text": None}, "extraction.empty", None),
    ({"text": " \n\u0000 "}, "extraction.empty", None),
    ({"text": "long " * 50}, "max_bytes", None),
    ({"text": "fine", "url": "http://www.pornhub.com/"}, "url_filter.domain", "builtin/domains: pornhub.com"),
]


def test_every_row_is_kept_or_rejected_with_its_rule(tmp_path: Path) -> None:
    rows = [row for row, _, _ in MALFORMED]
    report, tables = run(write_rows(tmp_path / "a.jsonl", [*rows, BOOK]), extraction=Extraction(max_bytes=100))
    assert [(row["rule"], row["detail"]) for row in tables["rejections"]] == [(rule, detail) for _, rule, detail in MALFORMED]
    assert [format_doc(row["doc"]) for row in tables["texts"]] == [f"3-0-{len(MALFORMED)}"]
    assert (report.read, report.kept, len(tables["records"])) == (len(MALFORMED) + 1, 1, len(MALFORMED) + 1)


def test_text_that_is_no_utf_8_is_a_rejection(tmp_path: Path) -> None:
    texts = pa.array([b"\xff\xfe", b"fine"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    _, tables = run(tmp_path / "a.parquet")
    assert [row["rule"] for row in tables["rejections"]] == ["ready_text.malformed"]
    assert [row["text"] for row in tables["texts"]] == ["fine"]


def test_markup_stays_what_it_is(tmp_path: Path) -> None:
    _, tables = run(write_rows(tmp_path / "a.jsonl", [{"text": "<p>not &amp; a page</p>"}]))
    assert tables["texts"][0]["text"] == "<p>not &amp; a page</p>"


def test_empty_lines_are_counted_and_are_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\n" + to_lines([BOOK]) + b" \n" + to_lines([FINEWEB]).rstrip())
    report, tables = run(tmp_path / "a.jsonl")
    assert [row["doc"] & 0xFFFFFF for row in tables["texts"]] == [1, 3]
    assert report.read == 2


@pytest.mark.parametrize(
    "kind",
    [
        pa.dictionary(pa.int32(), pa.string()),
        pa.large_string(),
        pa.string_view(),
    ],
    ids=str,
)
def test_strings_of_every_arrow_type_are_read(tmp_path: Path, kind: pa.DataType) -> None:
    column = pa.array(["one", None, "three"], pa.string()).cast(kind)
    pq.write_table(pa.table({"text": column}), tmp_path / "a.parquet")
    assert [row.fields["text"] for row in find_reader(tmp_path / "a.parquet")(tmp_path / "a.parquet", 0, 1)] == ["one", None, "three"]


def test_times_and_whole_numbers_of_a_parquet_file_are_read(tmp_path: Path) -> None:
    table = pa.table({"text": ["x"], "id": [7], "date": pa.array([1_700_000_000], pa.timestamp("s", "UTC")), "url": [["no", "string"]]})
    pq.write_table(table, tmp_path / "a.parquet")
    _, tables = run(tmp_path / "a.parquet")
    assert (tables["texts"][0]["url"], tables["texts"][0]["date"]) == ("urn:x-ready-text:7", "2023-11-14T22:13:20.000Z")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_several_workers_write_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    rows = [{"text": f"text {number}" if number % 3 else ""} for number in range(30)]
    path = write_rows(tmp_path / f"a.{suffix}", rows)
    reader = find_reader(path)
    whole = list(reader(path, 0, 1))
    assert sorted((row for part in range(4) for row in reader(path, part, 4)), key=lambda row: row.number) == whole
    assert [row.fields for row in whole] == rows


def test_the_stage_writes_the_same_bytes_with_two_workers(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.jsonl", [{"text": f"text {number}"} for number in range(30)])
    run(path, 1)
    run(path, 2)
    for name in ("records", "texts", "rejections"):
        assert hash_file(tmp_path / f"out1/{name}/00000.parquet") == hash_file(tmp_path / f"out2/{name}/00000.parquet")


def flipped(data: bytes) -> bytes:
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 0xFF]) + data[len(data) // 2 + 1 :]


@pytest.mark.parametrize("suffix", ["jsonl.gz", "jsonl.zst", "parquet"])
@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: data[: len(data) // 2], flipped], ids=["end", "half", "flipped"])
def test_a_damaged_file_is_named(tmp_path: Path, suffix: str, damage: Any) -> None:
    path = write_rows(tmp_path / f"a.{suffix}", [{"text": f"{number * number}"} for number in range(2_000)])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=rf"a\.{suffix}"):
        list(find_reader(path)(path, 0, 1))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_mutation_of_a_file_does_more_than_name_it(tmp_path: Path, suffix: str) -> None:
    path = write_rows(tmp_path / f"a.{suffix}", [{"text": f"text {number}", "id": str(number)} for number in range(50)])
    content, draw, refused = path.read_bytes(), random.Random(7), 0
    for _ in range(60):
        start = draw.randrange(len(content))
        path.write_bytes(content[:start] + draw.randbytes(draw.randint(0, 9)) + content[start + draw.randint(1, 9) :])
        try:
            list(find_reader(path)(path, 0, 1))
        except DataError as error:
            assert error.path == path
            refused += 1
    assert refused > 30


@pytest.mark.parametrize(
    "line",
    [b'{"text": "cut', b"text", b'{"text": "\xff"}', b"[" * 100_000, b'{"n": ' + b"9" * 5_000 + b"}"],
    ids=lambda line: str(line[:9]),
)
def test_a_line_that_is_no_json_is_named_with_its_place_and_not_quoted(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "a.jsonl").write_bytes(to_lines([BOOK]) + line)
    with pytest.raises(DataError, match=r"a\.jsonl at byte .*: line 2 is no JSON") as caught:
        list(find_reader(tmp_path / "a.jsonl")(tmp_path / "a.jsonl", 0, 1))
    assert caught.value.offset == len(to_lines([BOOK]))
    assert len(str(caught.value)) < len(str(tmp_path)) + 100


def test_a_line_too_long_is_refused_before_it_fills_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_assets.formats.rows.MAX_LINE_BYTES", 50)
    (tmp_path / "a.jsonl").write_bytes(b'{"text":"ok"}\n' + b" " * 51)
    with pytest.raises(DataError, match=r"at byte 14: line 2 is longer than 50 bytes"):
        list(find_reader(tmp_path / "a.jsonl")(tmp_path / "a.jsonl", 0, 1))


def test_rows_of_any_size_fill_no_more_memory_than_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_assets.formats.rows.BATCH_BYTES", 2_000_000)
    texts = [f"{number:07} " * 125_000 for number in range(24)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet", use_dictionary=False, write_batch_size=1)
    before, held = pa.total_allocated_bytes(), 0
    for number, row in enumerate(find_reader(tmp_path / "a.parquet")(tmp_path / "a.parquet", 0, 1)):
        assert row.fields["text"] == texts[number]
        held = max(held, pa.total_allocated_bytes() - before)
    assert held < 10_000_000


@pytest.mark.parametrize(("columns", "message"), [({"body": ["x"]}, "there are: body"), ({"text": [1]}, "text holds int64")])
def test_a_table_without_text_is_refused(tmp_path: Path, columns: dict[str, list[Any]], message: str) -> None:
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=message):
        list(find_reader(tmp_path / "a.parquet")(tmp_path / "a.parquet", 0, 1))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_is_gone_is_named(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(DataError, match="none"):
        list(find_reader(tmp_path / f"none.{suffix}")(tmp_path / f"none.{suffix}", 0, 1))


def test_files_keep_their_numbers_when_others_come(tmp_path: Path) -> None:
    folder = tmp_path / "books"
    for name in ("b.jsonl", "c.jsonl.gz", "d.jsonl.zst", "notes.txt"):
        write_rows(folder / name, [BOOK]) if name != "notes.txt" else (folder / name).write_text("x")
    first = collect(folder, tmp_path / "one")
    write_rows(folder / "a.jsonl", [BOOK])
    rows = read_table(collect(folder, tmp_path / "two", first).table("files"), FILES).to_pylist()
    assert [Path(row["location"]).name for row in rows] == ["b.jsonl", "c.jsonl.gz", "d.jsonl.zst", "a.jsonl"]


@pytest.mark.parametrize("source", ["jsonl", "parquet"])
def test_a_file_whose_name_tells_nothing_is_refused(tmp_path: Path, source: str) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(ConfigError, match=r"a\.txt is no .* must end in \."):
        parse_parameters(source, {"path": str(tmp_path / "a.txt")}).collect(tmp_path, tmp_path, no_progress)


@settings(max_examples=25)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_any_text_comes_out_as_it_was_but_for_what_no_text_holds(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = write_rows(tmp_path_factory.mktemp("any") / "a.jsonl", [{"text": text} for text in texts])
    _, tables = run(path)
    assert [row["text"] for row in tables["texts"]] == [clean for text in texts if (clean := clean_text(text))]


@pytest.mark.shared_data
def test_a_shelf_of_real_books_is_kept(tmp_path: Path) -> None:
    books = Path(__file__).parents[2].parent / "shared/data/text/gutenberg.jsonl.gz"
    if not books.is_file():
        pytest.skip("the shared data is not beside the checkout")
    raw = collect(books, tmp_path / "raw")
    report = extract_texts(raw, tmp_path / "out", 3, UrlFilter(), Extraction(), {}, LocalEngine())
    assert (report.read, report.kept) == (172, 172)

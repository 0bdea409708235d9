"""WARC files that are read over the network and never lie on this disk, from a server that fails as the real one does."""

from __future__ import annotations

import functools
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from archive_server import ArchiveServer, Fault, cut, garble, hang_up, ignore_range, mistake_range, refuse
from urllib3.util.retry import Retry

from llm_assets.crawl.declaration import Declaration, parse_parameters
from llm_assets.crawl.patience import Patience
from llm_assets.crawl.remote_file import RemoteFile, describe_remote, read_remote_records, stream_remote
from llm_assets.crawl.stage import collect_files
from llm_assets.engine import LocalEngine, ResumingEngine, open_journal
from llm_assets.errors import DataError
from llm_assets.extract.config import Extraction, UrlFilter
from llm_assets.extract.stage import extract_texts
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import FILES
from llm_assets.formats.warc import read_records
from llm_assets.formats.warc_writer import WarcWriter

CRAWL = "CC-MAIN-2026-12"
LISTING = f"crawl-data/{CRAWL}/warc.paths.gz"
PATHS = [f"crawl-data/{CRAWL}/segments/1.9/warc/CC-MAIN-{number:05}.warc.gz" for number in range(3)]
HASTY = Patience(Retry(3, backoff_factor=0.001), delay_seconds=0, timeout_seconds=5)


def make_warc(path: Path, file: int) -> bytes:
    with WarcWriter(path, "2026-03-01T00:00:00Z", {"software": "test"}) as writer:
        for page in range(6):
            text = f"Page {page} of file {file} tells of a river, a bridge and the people who walk across it in the evening. " * 20
            response = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body><p>{text}</p></body></html>".encode()
            writer.write_exchange(f"http://site{file}.example/{page}", b"GET / HTTP/1.1\r\n\r\n", response, False)
    return path.read_bytes()


@pytest.fixture(scope="module")
def warcs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("warcs")
    return {path: make_warc(folder / f"{number}.warc.gz", number) for number, path in enumerate(PATHS)}


@pytest.fixture
def server(warcs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[ArchiveServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for module in ("common_crawl", "remote_file"):  # no test waits
        monkeypatch.setattr(f"llm_assets.crawl.{module}.Patience", lambda: Patience(HASTY.retry, 0, 5))
    with ArchiveServer({LISTING: gzip.compress("\n".join(PATHS).encode()), **warcs}) as running:
        running.etags = {path: f'"v1-{number}"' for number, path in enumerate(PATHS)}
        yield running


def collect(server: ArchiveServer, folder: Path, **parameters: Any) -> Artefact:
    values = {"crawl": CRAWL, "warcs": ":", "base_url": server.url, "stream": "true", **parameters}
    declaration = Declaration("march", "common_crawl", 0, True, parse_parameters("common_crawl", values))
    collect_files(declaration, None, folder / "out", folder, LocalEngine())
    return Artefact.of_folder(folder / "out")


extract = functools.partial(extract_texts, sequence=0, url_filter=UrlFilter(), extraction=Extraction(engine="resiliparse"), block_lists={})


def digests(folder: Path) -> dict[str, str]:
    return {entry.path: entry.sha256 for entry in Artefact.of_folder(folder).files}


def test_a_streamed_crawl_is_urls_with_their_lengths_and_versions(server: ArchiveServer, warcs: dict[str, bytes], tmp_path: Path) -> None:
    raw = collect(server, tmp_path)
    rows = read_table(raw.table("files"), FILES).to_pylist()
    assert [(row["file"], row["location"], row["bytes"]) for row in rows] == [
        (number, server.url + path, len(warcs[path])) for number, path in enumerate(PATHS)
    ]
    assert [row["sha256"] for row in rows] == [f'etag:"v1-{number}"' for number in range(3)]


def test_no_warc_file_lies_on_the_disk_before_or_after_extraction(server: ArchiveServer, tmp_path: Path) -> None:
    extract(collect(server, tmp_path), tmp_path / "texts", engine=LocalEngine())
    kept = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.gz"))
    assert kept == [f"downloads/{LISTING}"]


def test_streamed_or_downloaded_the_texts_are_the_same_bytes(server: ArchiveServer, tmp_path: Path) -> None:
    extract(collect(server, tmp_path / "a"), tmp_path / "streamed", engine=LocalEngine())
    extract(collect(server, tmp_path / "b", stream="false"), tmp_path / "downloaded", engine=LocalEngine())
    assert digests(tmp_path / "streamed") == digests(tmp_path / "downloaded")


def test_a_file_is_fetched_once_however_many_workers_there_are(server: ArchiveServer, tmp_path: Path) -> None:
    raw = collect(server, tmp_path, warcs="0:1")
    server.asked.clear()
    extract(raw, tmp_path / "texts", engine=LocalEngine(4))
    assert server.asked == [(PATHS[0], None)]


FAULTS = {
    "busy": [refuse(503), refuse(429, Retry_After="0")],
    "cut": [cut(100), cut(50), cut(0), hang_up],
    "no-ranges": [cut(100), ignore_range],
    "cut-no-ranges-cut": [cut(100), lambda handler, content: handler.answer(200, content[:50], {"Content-Length": str(len(content))})],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_every_byte_streams_by_once_whatever_the_server_does(server: ArchiveServer, warcs: dict[str, bytes], faults: list[Fault]) -> None:
    file = describe_remote(server.url + PATHS[0], HASTY)
    server.faults[PATHS[0]] = list(faults)
    assert b"".join(stream_remote(file, HASTY)) == warcs[PATHS[0]]
    assert server.faults[PATHS[0]] == []


def test_a_stream_goes_on_where_it_was_cut(server: ArchiveServer, warcs: dict[str, bytes]) -> None:
    file = describe_remote(server.url + PATHS[0], HASTY)
    server.faults[PATHS[0]], server.asked = [cut(100), cut(50)], []
    assert len(b"".join(stream_remote(file, HASTY))) == len(warcs[PATHS[0]])
    assert [asked for _, asked in server.asked] == [None, "bytes=100-", "bytes=150-"]


@pytest.mark.parametrize("fault", [refuse(503), hang_up, mistake_range], ids=["busy", "hang-up", "wrong-range"])
def test_a_stream_that_brings_nothing_new_comes_to_an_end_and_names_the_file(server: ArchiveServer, fault: Fault) -> None:
    file = describe_remote(server.url + PATHS[0], HASTY)
    server.faults[PATHS[0]] = [cut(100), *[fault] * 20]
    with pytest.raises(DataError, match=r"CC-MAIN-00000\.warc\.gz: the file does not arrive"):
        list(stream_remote(file, HASTY))


@pytest.mark.parametrize("change", ["length", "version"])
def test_a_file_that_is_another_by_now_is_refused(server: ArchiveServer, warcs: dict[str, bytes], change: str) -> None:
    file = describe_remote(server.url + PATHS[0], HASTY)
    if change == "version":
        server.etags[PATHS[0]] = '"v2"'
    else:
        server.files = {**server.files, PATHS[0]: warcs[PATHS[0]] + b"more"}
    with pytest.raises(DataError, match="another one than when the crawl was listed"):
        list(read_remote_records(file, HASTY))


def test_what_came_garbled_is_refused_with_its_place(server: ArchiveServer) -> None:
    file = describe_remote(server.url + PATHS[0], HASTY)
    server.faults[PATHS[0]] = [garble]
    with pytest.raises(DataError, match=r"CC-MAIN-00000\.warc\.gz at byte [\d,]+: .*damaged"):
        list(read_remote_records(file, HASTY))


def test_records_are_those_of_the_same_file_on_disk(server: ArchiveServer, warcs: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "0.warc.gz").write_bytes(warcs[PATHS[0]])
    file = describe_remote(server.url + PATHS[0], HASTY)
    assert list(read_remote_records(file, HASTY)) == list(read_records(tmp_path / "0.warc.gz"))


def test_an_empty_version_is_no_other_version(server: ArchiveServer) -> None:
    file = describe_remote(server.url + PATHS[0], HASTY)
    assert list(read_remote_records(RemoteFile(file.url, file.bytes, ""), HASTY))


def test_a_run_that_lost_the_network_goes_on_at_the_file_where_it_was(server: ArchiveServer, tmp_path: Path) -> None:
    raw = collect(server, tmp_path)
    extract(raw, tmp_path / "well", engine=LocalEngine())
    server.faults[PATHS[1]] = [cut(200), *[hang_up] * 4]
    with pytest.raises(DataError, match="does not arrive"), open_journal(tmp_path / "place", "0" * 16) as journal:
        extract(raw, journal.output, engine=ResumingEngine(LocalEngine(), journal))
    server.asked.clear()
    server.faults.clear()
    with open_journal(tmp_path / "place", "0" * 16) as journal:
        report = extract(raw, journal.output, engine=ResumingEngine(LocalEngine(), journal))
        assert digests(journal.output) == digests(tmp_path / "well")
    assert [path for path, _ in server.asked] == PATHS[1:]
    assert (report.read, report.kept) == (18, 18)

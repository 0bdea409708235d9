"""A stretch of Common Crawl, from a server of its shape to numbered files and their records."""

from __future__ import annotations

import functools
import gzip
from pathlib import Path
from typing import Any

import pytest
from archive_server import ArchiveServer, cut, hang_up, refuse, tell_length
from urllib3.util.retry import Retry

from llm_assets.crawl.common_crawl import CommonCrawl
from llm_assets.crawl.declaration import Declaration, parse_parameters
from llm_assets.crawl.files import resolve_location
from llm_assets.crawl.patience import Patience
from llm_assets.crawl.stage import collect_files
from llm_assets.engine import LocalEngine, Progress, no_progress
from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import FILES
from llm_assets.formats.warc import read_records
from llm_assets.formats.warc_writer import WarcWriter
from llm_assets.report import Report

CRAWL = "CC-MAIN-2026-12"
LISTING = f"crawl-data/{CRAWL}/warc.paths.gz"
PATHS = [f"crawl-data/{CRAWL}/segments/17{number // 3:02}.9/warc/CC-MAIN-{number:05}.warc.gz" for number in range(6)]


def make_warc(path: Path, number: int) -> bytes:
    with WarcWriter(path, "2026-03-01T00:00:00Z", {"software": "test"}) as writer:
        response = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Page {number}</p>".encode()
        writer.write_exchange(f"http://site{number}.example/", b"GET / HTTP/1.1\r\n\r\n", response, False)
    return path.read_bytes()


@pytest.fixture(scope="module")
def warcs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("warcs")
    return {path: make_warc(folder / f"{number}.warc.gz", number) for number, path in enumerate(PATHS)}


@pytest.fixture
def server(warcs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    hasty = functools.partial(Patience, retry=Retry(3, backoff_factor=0.001), delay_seconds=0, timeout_seconds=5)
    monkeypatch.setattr("llm_assets.crawl.common_crawl.Patience", hasty)
    listing = gzip.compress("\n".join([*PATHS, ""]).encode())
    with ArchiveServer({LISTING: listing, **warcs}) as running:
        yield running


def collect(
    server: ArchiveServer,
    target: Path,
    warcs: str = "0:3",
    previous: Artefact | None = None,
    progress: Progress = no_progress,
    **parameters: Any,
) -> tuple[Report, list[dict[str, Any]]]:
    values = {"crawl": CRAWL, "warcs": warcs, "base_url": server.url, **parameters}
    declaration = Declaration("march", "common_crawl", 0, True, parse_parameters("common_crawl", values))
    report = collect_files(declaration, previous, target, target.parent, LocalEngine(progress=progress))
    return report, read_table([target / "files.parquet"], FILES).to_pylist()


def asked(server: ArchiveServer) -> list[str]:
    return sorted(path for path, _ in server.asked)


def test_files_are_those_of_the_stretch_and_bear_their_places_in_the_list(
    server: ArchiveServer, warcs: dict[str, bytes], tmp_path: Path
) -> None:
    report, rows = collect(server, tmp_path / "out", "2:5")
    assert [(row["file"], row["location"]) for row in rows] == list(enumerate(PATHS))[2:5]
    assert (report.read, report.kept, report.warnings) == (3, 3, ())
    for row in rows:
        assert resolve_location(tmp_path / "out", row["location"]).read_bytes() == warcs[row["location"]]


def test_what_came_can_be_read(server: ArchiveServer, tmp_path: Path) -> None:
    _, rows = collect(server, tmp_path / "out", "4:5")
    records = read_records(tmp_path / "out" / rows[0]["location"])
    assert [record.url for record in records if record.type == "response"] == ["http://site4.example/"]


@pytest.mark.parametrize(("stretch", "numbers"), [(":", range(6)), ("4:", range(4, 6)), (":2", range(2))])
def test_an_open_stretch_goes_to_the_end_of_the_list(server: ArchiveServer, tmp_path: Path, stretch: str, numbers: range) -> None:
    _, rows = collect(server, tmp_path / "out", stretch)
    assert [row["file"] for row in rows] == list(numbers)


def test_a_busy_server_that_cuts_and_errs_gives_the_same_table(server: ArchiveServer, tmp_path: Path) -> None:
    collect(server, tmp_path / "well/out", ":")
    faults = [refuse(503, Retry_After="0"), refuse(429), cut(100), hang_up, tell_length(9), tell_length(-9)]
    server.faults.update({path: [fault] for path, fault in zip(PATHS, faults, strict=True)}, **{LISTING: [refuse(503), cut(10)]})
    collect(server, tmp_path / "badly/out", ":")
    assert (tmp_path / "well/out/files.parquet").read_bytes() == (tmp_path / "badly/out/files.parquet").read_bytes()


def test_a_longer_stretch_keeps_the_numbers_and_downloads_only_what_is_new(server: ArchiveServer, tmp_path: Path) -> None:
    _, before = collect(server, tmp_path / "one", "1:3")
    server.asked.clear()
    _, rows = collect(server, tmp_path / "two", "0:5", Artefact.of_folder(tmp_path / "one"))
    assert asked(server) == sorted([PATHS[0], PATHS[3], PATHS[4]])
    assert rows[1:3] == before
    assert [row["file"] for row in rows] == [0, 1, 2, 3, 4]


def test_grown_in_steps_or_at_once_the_table_is_the_same(server: ArchiveServer, tmp_path: Path) -> None:
    collect(server, tmp_path / "a/one", "2:4")
    collect(server, tmp_path / "a/two", "0:5", Artefact.of_folder(tmp_path / "a/one"))
    collect(server, tmp_path / "b/one", "0:5")
    assert (tmp_path / "a/two/files.parquet").read_bytes() == (tmp_path / "b/one/files.parquet").read_bytes()


def test_a_shorter_stretch_leaves_tombstones_and_frees_the_disk(server: ArchiveServer, tmp_path: Path) -> None:
    collect(server, tmp_path / "one", "0:3")
    report, rows = collect(server, tmp_path / "two", "0:1", Artefact.of_folder(tmp_path / "one"))
    assert [row["removed"] for row in rows] == [False, True, True]
    assert (report.read, report.figures["removed"]) == (1, 2)
    kept = {path.relative_to(tmp_path / "downloads").as_posix() for path in (tmp_path / "downloads").rglob("*") if path.is_file()}
    assert kept == {LISTING, PATHS[0]}
    assert (tmp_path / "one" / PATHS[2]).is_file()


def test_a_run_that_failed_costs_no_byte_twice(server: ArchiveServer, warcs: dict[str, bytes], tmp_path: Path) -> None:
    server.faults[PATHS[1]] = [cut(100), *[refuse(503)] * 4]
    with pytest.raises(DataError, match=r"CC-MAIN-00001\.warc\.gz: the file does not arrive.*503"):
        collect(server, tmp_path / "one", "0:2")
    server.asked.clear()
    server.faults.clear()
    collect(server, tmp_path / "two", "0:2")
    assert (PATHS[1], "bytes=100-") in server.asked
    assert LISTING not in asked(server)


def test_a_missing_file_is_named(server: ArchiveServer, tmp_path: Path) -> None:
    server.faults[PATHS[1]] = [refuse(404)]
    with pytest.raises(DataError, match=r"lacks 1 of what is listed: .*CC-MAIN-00001\.warc\.gz; max_missing allows 0"):
        collect(server, tmp_path / "out")


def test_as_many_files_as_allowed_may_be_missing_and_are_accounted_for(server: ArchiveServer, tmp_path: Path) -> None:
    server.faults[PATHS[1]] = [refuse(404)]
    report, rows = collect(server, tmp_path / "one", max_missing=1)
    assert [row["file"] for row in rows] == [0, 2]
    assert (report.read, report.kept, report.rejected) == (3, 2, {"missing": 1})
    assert PATHS[1] in report.warnings[0]


def test_a_missing_file_that_comes_takes_the_number_kept_for_it(server: ArchiveServer, tmp_path: Path) -> None:
    server.faults[PATHS[1]] = [refuse(404)]
    collect(server, tmp_path / "one", max_missing=1)
    _, rows = collect(server, tmp_path / "two", previous=Artefact.of_folder(tmp_path / "one"), max_missing=1)
    assert [(row["file"], row["location"]) for row in rows] == list(enumerate(PATHS))[:3]


def test_another_crawl_under_the_same_name_is_refused(server: ArchiveServer, tmp_path: Path) -> None:
    collect(server, tmp_path / "one")
    other = f"crawl-data/{CRAWL}/other.warc.gz"
    server.files = {LISTING: gzip.compress(other.encode()), other: server.files[PATHS[0]]}
    (tmp_path / "downloads" / LISTING).unlink()
    with pytest.raises(ConfigError, match=r"file number 0 of this crawl is .*00000\.warc\.gz: .*other\.warc\.gz"):
        collect(server, tmp_path / "two", "0:1", Artefact.of_folder(tmp_path / "one"))


def test_progress_is_told_file_by_file(server: ArchiveServer, tmp_path: Path) -> None:
    told: list[tuple[Any, ...]] = []
    collect(server, tmp_path / "out", progress=lambda *step: told.append(step))
    assert [step for step in told if step[0] == "downloading"] == [("downloading", done, 3, "files") for done in range(4)]


def test_a_stretch_beyond_the_list_warns_and_an_empty_one_is_refused(server: ArchiveServer, tmp_path: Path) -> None:
    report, rows = collect(server, tmp_path / "out", "4:99")
    assert len(rows) == 2
    assert "6 files" in report.warnings[0]
    with pytest.raises(ConfigError, match="there are 6 files"):
        collect(server, tmp_path / "none", "6:")


@pytest.mark.parametrize(
    "path",
    ["/etc/cron.d/a.warc.gz", "../a.warc.gz", "a/../../b.warc.gz", "a/.hidden.warc.gz", "a.txt", "a\\b.warc.gz", "c:/a.warc.gz", PATHS[0]],
)
def test_a_list_that_leads_elsewhere_is_refused(server: ArchiveServer, tmp_path: Path, path: str) -> None:
    server.files = {LISTING: gzip.compress(f"{PATHS[0]}\n{path}\n".encode())}
    with pytest.raises(DataError, match="the list names"):
        collect(server, tmp_path / "out")
    assert asked(server) == [LISTING]


def test_a_list_too_long_is_refused_unread(server: ArchiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_assets.crawl.listing.MAX_LISTING_BYTES", 1_000)
    server.files = {LISTING: gzip.compress(bytes(1_001))}
    with pytest.raises(DataError, match="longer than"):
        collect(server, tmp_path / "out")


def test_a_crawl_that_is_not_there_is_named(server: ArchiveServer, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"CC-MAIN-2026-53/warc\.paths\.gz: the server has no such file"):
        collect(server, tmp_path / "out", crawl="CC-MAIN-2026-53")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("crawl", "../up"),
        ("crawl", "CC-MAIN/../x"),
        ("warcs", "3:3"),
        ("warcs", "0:-1"),
        ("warcs", "800"),
        ("base_url", "data.example"),
        ("max_missing", -1),
    ],
)
def test_a_parameter_that_cannot_be_followed_is_named(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=name):
        parse_parameters("common_crawl", {"crawl": CRAWL, "warcs": "0:1", name: value})


def test_the_planner_never_waits_for_the_network() -> None:
    source = CommonCrawl(crawl=CRAWL, warcs="0:1", base_url="http://127.0.0.1:9")
    assert source.describe_listing() is None
    assert source.base_url == "http://127.0.0.1:9/"


def test_a_store_is_read_as_the_web_is(server: ArchiveServer, warcs: dict[str, bytes], tmp_path: Path) -> None:
    import fsspec

    for path, content in server.files.items():
        fsspec.filesystem("memory").pipe(f"/commoncrawl/{path}", content)
    _, rows = collect(server, tmp_path / "out", base_url="memory://commoncrawl")
    assert [row["location"] for row in rows] == PATHS[:3]
    assert asked(server) == []

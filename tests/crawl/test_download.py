"""Downloads from a server that fails in every way the real one does."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from threading import Event

import fsspec
import pytest
from archive_server import ArchiveServer, Fault, cut, garble, hang_up, ignore_range, mistake_range, refuse, tell_length
from urllib3.util.retry import Retry

from llm_assets.crawl.download import download as download_file
from llm_assets.crawl.download_check import is_whole_gzip
from llm_assets.crawl.patience import Patience
from llm_assets.crawl.remote import MissingFileError
from llm_assets.errors import ConfigError, DataError

pytestmark = pytest.mark.usefixtures("no_proxy")
NAME = "crawl-data/a.warc.gz"
MEMBERS = [gzip.compress(random.Random(seed).randbytes(50_000), mtime=0) for seed in range(8)]
CONTENT = b"".join(MEMBERS)


class RecordedWaits(Event):
    """An event that nobody waits for: it only notes how long one would have."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        if timeout:
            self.waits.append(timeout)
        return self.is_set()


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def be_patient(**changes: object) -> Patience:
    fields = {"retry": Retry(4, backoff_factor=1), "delay_seconds": 0, "timeout_seconds": 5, "stop": RecordedWaits()}
    return Patience(**{**fields, **changes})


def download(path: Path, *faults: Fault, content: bytes = CONTENT, patience: Patience | None = None) -> list[str | None]:
    """Ranges asked for until the file was there."""
    with ArchiveServer({NAME: content}, {NAME: list(faults)}) as server:
        download_file(server.url + NAME, path, patience or be_patient())
    return [asked for _, asked in server.asked]


@pytest.mark.parametrize(
    ("faults", "ranges"),
    [
        ((), [None]),
        ((refuse(503), refuse(429), refuse(500)), [None] * 4),
        ((hang_up, hang_up), [None] * 3),
        ((cut(100_000), cut(100_000)), [None, "bytes=100000-", "bytes=200000-"]),
        ((cut(100_000), refuse(503)), [None, "bytes=100000-", "bytes=100000-"]),
        ((cut(100_000), ignore_range), [None, "bytes=100000-"]),
        ((cut(100_000), mistake_range), [None, "bytes=100000-", None]),
        ((tell_length(1_000),), [None, f"bytes={len(CONTENT)}-"]),
        ((tell_length(-1_000),), [None, None]),
        ((garble,), [None, None]),
    ],
    ids=["well", "busy", "hang-up", "cut", "cut-busy", "no-ranges", "wrong-range", "too-long", "too-short", "garbled"],
)
def test_the_file_arrives_whole_whatever_the_server_does(tmp_path: Path, faults: tuple[Fault, ...], ranges: list[str | None]) -> None:
    assert download(tmp_path / "a.warc.gz", *faults) == ranges
    assert (tmp_path / "a.warc.gz").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["a.warc.gz"]


def test_what_is_there_is_not_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(b"")
    assert download(tmp_path / "a.warc.gz") == []


def test_another_process_goes_on_where_one_was_killed(tmp_path: Path) -> None:
    (tmp_path / ".a.warc.gz.part").write_bytes(CONTENT[:300_000])
    assert download(tmp_path / "a.warc.gz") == ["bytes=300000-"]
    assert (tmp_path / "a.warc.gz").read_bytes() == CONTENT


def test_a_part_that_is_of_another_file_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / ".a.warc.gz.part").write_bytes(bytes(300_000))
    assert download(tmp_path / "a.warc.gz") == ["bytes=300000-", None]
    assert (tmp_path / "a.warc.gz").read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / ".a.warc.gz.part").write_bytes(bytes(len(CONTENT) + 1))
    assert download(tmp_path / "a.warc.gz") == [f"bytes={len(CONTENT) + 1}-", None]


def test_many_cuts_are_borne_as_long_as_each_attempt_brings_something(tmp_path: Path) -> None:
    assert len(download(tmp_path / "a.warc.gz", *[cut(10_000)] * 30)) == 31


@pytest.mark.parametrize(
    "fault", [refuse(503), hang_up, cut(1_000), garble, tell_length(-1_000)], ids=["busy", "hang-up", "cut", "garbled", "short"]
)
def test_attempts_that_bring_nothing_new_come_to_an_end_and_the_url_is_named(tmp_path: Path, fault: Fault) -> None:
    def stuck(handler, content):
        handler.headers.replace_header("Range", "") if "Range" in handler.headers else None
        fault(handler, content)

    with pytest.raises(DataError, match=r"http://127.*a\.warc\.gz: the file does not arrive"):
        download(tmp_path / "a.warc.gz", *[stuck] * 50)
    assert not (tmp_path / "a.warc.gz").exists()


@pytest.mark.parametrize(("status", "kind"), [(404, MissingFileError), (410, MissingFileError), (403, DataError), (401, DataError)])
def test_an_answer_that_waiting_does_not_better_is_final(tmp_path: Path, status: int, kind: type[DataError]) -> None:
    with pytest.raises(kind, match=str(status)) as caught:
        download(tmp_path / "a.warc.gz", refuse(status), refuse(500))
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("header", "waits"),
    [("7", [7]), ("99999", [600]), ("soon", [0]), ("Thu, 01 Jan 1970 00:00:00 GMT", [])],
    ids=["seconds", "endless", "words", "past"],
)
def test_a_busy_server_says_how_long_to_wait_within_bounds(tmp_path: Path, header: str, waits: list[float]) -> None:
    stop = RecordedWaits()
    retry = Retry(4, backoff_factor=1, retry_after_max=600)
    download(tmp_path / "a.warc.gz", refuse(429, Retry_After=header), patience=be_patient(stop=stop, retry=retry))
    assert stop.waits == [wait for wait in waits if wait]


def test_waits_double_where_the_server_does_not_say(tmp_path: Path) -> None:
    stop = RecordedWaits()
    download(tmp_path / "a.warc.gz", *[refuse(503)] * 4, patience=be_patient(stop=stop))
    assert stop.waits == [2, 4, 8]


def test_requests_are_spaced(tmp_path: Path) -> None:
    stop = RecordedWaits()
    download(tmp_path / "a.warc.gz", cut(100_000), patience=be_patient(stop=stop, delay_seconds=0.5))
    assert stop.waits == [0.5, 0.5]


def test_a_silent_server_is_a_failed_attempt(tmp_path: Path) -> None:
    release = Event()
    try:
        assert download(tmp_path / "a.warc.gz", lambda *_: release.wait(5), patience=be_patient(timeout_seconds=0.2)) == [None, None]
    finally:
        release.set()


def test_a_download_that_is_stopped_keeps_what_it_has(tmp_path: Path) -> None:
    stop = RecordedWaits()

    def interrupt(handler, content):
        handler.serve(content, 100_000)
        stop.set()

    with pytest.raises(DataError, match="stopped"):
        download(tmp_path / "a.warc.gz", interrupt, patience=be_patient(stop=stop))
    kept = (tmp_path / ".a.warc.gz.part").read_bytes()
    assert CONTENT.startswith(kept)


def test_a_store_that_fsspec_knows_is_read_and_resumed(tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe("/bucket/a.warc.gz", CONTENT)
    (tmp_path / ".a.warc.gz.part").write_bytes(CONTENT[:1_000])
    download_file("memory://bucket/a.warc.gz", tmp_path / "a.warc.gz", be_patient())
    assert (tmp_path / "a.warc.gz").read_bytes() == CONTENT


def test_a_store_that_lacks_the_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="none"):
        download_file("memory://bucket/none.warc.gz", tmp_path / "a.warc.gz", be_patient())


def test_a_store_that_nobody_here_can_read_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere://"):
        download_file("nowhere://bucket/a.warc.gz", tmp_path / "a.warc.gz", be_patient())


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (CONTENT, True),
        (MEMBERS[0], True),
        (gzip.compress(b"", mtime=0), True),
        (gzip.compress(bytes(3 << 20), mtime=0), True),
        (b"", False),
        (CONTENT[:-1], False),
        (CONTENT[: len(MEMBERS[0]) + 5], False),
        (CONTENT + b"\0", False),
        (b"plain", False),
        (CONTENT[:-5] + b"\0" + CONTENT[-4:], False),
    ],
)
def test_a_gzip_file_is_whole_from_its_first_byte_to_its_last(tmp_path: Path, content: bytes, whole: bool) -> None:
    (tmp_path / "a.gz").write_bytes(content)
    assert is_whole_gzip(tmp_path / "a.gz") is whole

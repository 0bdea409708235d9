"""WARC files that stay where they are: read over the network as they stream by, nothing of them kept on disk.

    file = describe_remote("https://data.example/a.warc.gz", patience)
    for record in read_remote_records(file, patience):
        ...

What was described is what is read: a file that has another length or version by then is refused. A connection that breaks is
opened again where it broke; what came garbled fails the checksum of its gzip member.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from llm_assets.crawl.patience import Patience
from llm_assets.crawl.remote import Answer, AttemptFailedError, measure_remote, open_remote
from llm_assets.errors import DataError
from llm_assets.formats.tape import Tape
from llm_assets.formats.warc import WarcRecord, read_opened


@dataclass(frozen=True)
class RemoteFile:
    """A file elsewhere, as it was described: ``version`` is what its server calls that state, and may be empty."""

    url: str
    bytes: int
    version: str

    @property
    def digest(self) -> str:
        """What stands in ``files.parquet`` where the digest of a file stands that lies here."""
        return f"etag:{self.version}"


def describe_remote(url: str, patience: Patience) -> RemoteFile:
    """Length and version of a file, without fetching it. Errors are those of :func:`~llm_assets.crawl.download.download`."""
    attempts = patience.begin(url)
    while True:
        attempts.pause()
        try:
            return RemoteFile(url, *measure_remote(url, patience.timeout_seconds))
        except AttemptFailedError as error:
            attempts.fail(error, 0)


def read_remote_records(file: RemoteFile, patience: Patience | None = None) -> Iterator[WarcRecord]:
    """Records of a WARC or ARC file elsewhere, in file order. Memory is one record's.

    DataError as :func:`~llm_assets.formats.warc.read_records`, and where the file does not arrive or is another one by now.
    """
    tape = Tape(stream_remote(file, patience or Patience()), file.bytes)
    yield from read_opened(file.url, file.bytes, tape.open(), tape.open(), 0, 1)


def stream_remote(file: RemoteFile, patience: Patience) -> Iterator[bytes]:
    """A file's bytes from first to last, each once, however often the connection breaks."""
    place = 0
    attempts = patience.begin(file.url)
    while place < file.bytes:
        attempts.pause()
        try:
            with open_remote(file.url, place, patience.timeout_seconds) as answer:
                _check(file, answer)
                passed = answer.start
                for chunk in answer.chunks:
                    attempts.check()
                    new = chunk[max(place - passed, 0) :]
                    passed += len(chunk)
                    place = max(place, passed)
                    if new:
                        yield new
            if place < file.bytes:
                raise AttemptFailedError(f"{place:,} of {file.bytes:,} bytes arrived")
        except AttemptFailedError as error:
            attempts.fail(error, place)


def _check(file: RemoteFile, answer: Answer) -> None:
    same_length = answer.total in (None, file.bytes)
    same_version = not (answer.version and file.version) or answer.version == file.version
    if not (same_length and same_version):
        raise DataError("the file is another one than when the crawl was listed: materialize raw_crawl again", file.url)

"""Single records of large WARC files, fetched by range, each checked, and put together as WARC files of their own."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from pathlib import Path

from llm_assets.crawl.cdx import Capture
from llm_assets.crawl.patience import Patience
from llm_assets.crawl.remote import AttemptFailedError, MissingFileError, open_remote

FILE_BYTES = 256 << 20
"""A WARC file is ended once it holds as many bytes, compressed."""

_MAGIC = b"WARC/"
_CHUNK = 1 << 20


def fetch_capture(base_url: str, capture: Capture, path: Path, patience: Patience) -> None:
    """Brings a record's gzip member to ``path``; at once where it lies there.

    MissingFileError where its file is gone, or holds no record at that place: the index is of another file. DataError where
    it does not arrive.
    """
    if path.exists():
        return
    attempts = patience.begin(base_url + capture.file)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    arrived = before = b""
    while not _is_record(arrived):
        attempts.pause()
        try:
            before, arrived = arrived, _read(base_url + capture.file, capture, patience)
            if not _is_record(arrived):
                if arrived == before:  # it was not garbled on its way
                    raise MissingFileError(f"no record lies at byte {capture.offset:,}, though the index says so", attempts.url)
                raise AttemptFailedError("what arrived is no whole record")
        except AttemptFailedError as error:
            attempts.fail(error, 0)
    with part.open("wb") as file:
        file.write(arrived)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _read(url: str, capture: Capture, patience: Patience) -> bytes:
    arrived = bytearray()
    with open_remote(url, capture.offset, patience.timeout_seconds, capture.offset + capture.length) as answer:
        for chunk in answer.chunks:
            arrived += chunk
            if len(arrived) > capture.length:
                break
    if len(arrived) != capture.length:
        raise AttemptFailedError(f"{len(arrived):,} bytes arrived, {capture.length:,} were asked for")
    return bytes(arrived)


def _is_record(data: bytes) -> bool:
    """Whether bytes are one whole gzip member, checksum included, that begins as a record does."""
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        begins = member.decompress(data, _CHUNK).startswith(_MAGIC)
        while not member.eof and member.unconsumed_tail:
            member.decompress(member.unconsumed_tail, _CHUNK)
    except zlib.error:
        return False
    return begins and member.eof and not member.unused_data


def join_records(records: Sequence[Path], target: Path, folder: str) -> list[str]:
    """Writes ``FOLDER/00000.warc.gz`` and following below ``target``, the records one after another; their locations."""
    locations: list[str] = []
    size = FILE_BYTES
    for path in records:
        if size >= FILE_BYTES:
            size = 0
            locations.append(f"{folder}/{len(locations):05}.warc.gz")
            (target / folder).mkdir(parents=True, exist_ok=True)
        data = path.read_bytes()
        with (target / locations[-1]).open("ab") as file:
            file.write(data)
        size += len(data)
    return locations

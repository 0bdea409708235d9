"""The files of a crawl as ``files.parquet`` lists them: below the output, elsewhere on this disk, or across the network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from llm_assets.crawl.remote_file import RemoteFile, read_remote_records
from llm_assets.errors import DataError
from llm_assets.formats.manifest import Artefact, FileEntry
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import FILES
from llm_assets.formats.warc import WarcRecord, read_records

_URL = re.compile(r"[a-z][a-z0-9+.-]+://")


@dataclass(frozen=True)
class StoredFile:
    """A file that lies with its output in an object store; ``output`` has no other."""

    output: Artefact
    name: str

    def bring(self) -> Path:
        """The file on this machine, fetched where it is not there yet."""
        return self.output.path(self.name)


def list_files(raw: Artefact) -> list[tuple[int, Path | RemoteFile | StoredFile]]:
    """Number and place of every file of a crawl that was not removed, by number."""
    rows = read_table(raw.table("files"), FILES).to_pylist()
    entries = {entry.path: entry for entry in raw.files}
    return [(row["file"], _find(raw, entries, row)) for row in rows if not row["removed"]]


def read_file(file: Path | RemoteFile, part: int = 0, parts: int = 1) -> Iterator[WarcRecord]:
    """Records of a file wherever it lies: see :func:`~llm_assets.formats.warc.read_records`. One elsewhere is read whole."""
    if isinstance(file, Path):
        return read_records(file, part, parts)
    if parts != 1:
        raise ValueError(f"{file.url} would be fetched {parts} times")
    return read_remote_records(file)


def resolve_location(folder: Path, location: str) -> Path:
    """Where a file of this disk lies: at its absolute path, or below the output's ``folder``."""
    if ".." in PurePosixPath(location).parts:
        raise DataError(f"a location leads out of its folder: {location!r}", folder / "files.parquet")
    return folder / location


def _find(raw: Artefact, entries: Mapping[str, FileEntry], row: Mapping[str, object]) -> Path | RemoteFile | StoredFile:
    location = str(row["location"])
    if _URL.match(location):
        return RemoteFile(location, int(str(row["bytes"])), str(row["sha256"]).removeprefix("etag:"))
    if raw.mirror is not None and location in entries:
        return StoredFile(replace(raw, files=(entries[location],)), location)
    return resolve_location(raw.folder, location)

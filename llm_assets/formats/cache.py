"""Files of an object store, kept on this machine: one copy for every run that wants the same bytes.

    CACHE/files/SHA256       a file, under the hash that a manifest told of it
    CACHE/folders/NAME/…     a folder as it lies in the store: links to those files

A file arrives under another name and is put in place once it is whole and its hash is the one told; so whoever finds it may map
it, while other processes download others. One that is wanted by several at once is downloaded by one of them. On each use it is
hashed again, and fetched anew where its bytes have changed. Nothing is thrown away: delete the folder to have its room back.

The shards of a run lie whole in the cache before its first step, since every byte is checked before it counts; so there is
nothing here of blocks read on demand, which fsspec's own caches do, with neither hashes nor locks.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath

from filelock import FileLock

from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import FileEntry, hash_file
from llm_assets.store.objects import download, read_object

AT_ONCE = 4
"""Files that are downloaded, or hashed, side by side."""


def read_stored(url: str) -> str | None:
    """The text of a small file in a store; None where there is no such file. Errors as :func:`cache_files`."""
    content = read_object(url)
    return None if content is None else content.decode("utf-8")


def cache_files(url: str, files: Sequence[FileEntry], cache: Path, folder: Path) -> None:
    """Puts the files of a folder in a store, ``url``, into ``folder``, a place of one's own below ``cache``.

    Raises:
        ConfigError: no installed package reads such a URL, the store wants credentials, or the disk has no room.
        DataError: a file is missing, unreadable, or not the one whose size and hash (sha256) were told.
    """
    for entry in files:
        if not re.fullmatch(r"[0-9a-f]{64}", entry.sha256) or ".." in PurePosixPath(entry.path).parts or entry.path.startswith("/"):
            raise DataError(f"this names no file of the folder: {entry.path!r}, sha256 {entry.sha256!r}", url)
    kept = cache / "files"
    kept.mkdir(parents=True, exist_ok=True)
    missing = sum({each.sha256: each.bytes for each in files if not (kept / each.sha256).exists()}.values())
    if missing > (free := shutil.disk_usage(kept).free):
        raise ConfigError(f"{url}: {missing:,} bytes are to be kept in {cache}, where {free:,} are free; choose another place by --cache")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for entry, path in zip(files, pool.map(partial(_keep, url, kept), files), strict=True):
            _link(path, folder / entry.path)


def _keep(url: str, kept: Path, entry: FileEntry) -> Path:
    """The kept copy of a file, fetched where there is none or a damaged one."""
    path = kept / entry.sha256
    if not _is_whole(path, entry):
        with FileLock(kept / f"{entry.sha256}.lock"):
            if not _is_whole(path, entry):  # another process may have fetched it meanwhile
                download(f"{url.rstrip('/')}/{entry.path}", path, entry)
    return path


def _is_whole(path: Path, entry: FileEntry) -> bool:
    try:
        return path.stat().st_size == entry.bytes and hash_file(path) == entry.sha256
    except FileNotFoundError:
        return False


def _link(path: Path, place: Path) -> None:
    """A second name for a kept file, put there in one go."""
    if place.exists() and place.samefile(path):
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    waiting = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        waiting.unlink(missing_ok=True)
        os.link(path, waiting)
        waiting.replace(place)
    finally:
        waiting.unlink(missing_ok=True)  # renaming a file onto itself leaves both names

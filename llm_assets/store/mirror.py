"""A root that lies in an object store, as files on this machine.

    FOLDER/                     the root as it lies in the store, as far as it was read here or written from here
    FOLDER/.mirror/index.json   which state of each small object lies here
    FOLDER/.mirror/locks/       of this machine's processes, so that one file is fetched by one of them

Whoever reads a root reads files: DuckDB, Polars, Arrow, numpy and torch need no extension and map what they read. Small files
(declarations, manifests) follow the store at every :meth:`Mirror.refresh`; those of outputs come when they are asked for, each
checked against its manifest before it lies at its place, and never change afterwards, since an output is a new folder. The mirror
is a cache: every byte of it may be deleted while nothing runs.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import FileEntry, put_text
from llm_assets.store.layout import is_small
from llm_assets.store.objects import StoredObject, delete, download, hash_object, list_objects, read_object, upload, write_object

Item = TypeVar("Item")
Result = TypeVar("Result")

AT_ONCE = 8
"""Objects that travel side by side."""

OWN = ".mirror"
"""Folder of what the mirror knows of itself."""

STRIPES = 2
"""Hex digits of a path's digest that name its lock: 256 locks, so that their files stay few."""


@dataclass(frozen=True)
class Mirror:
    """The store's ``url`` of a root, and the local ``folder`` where its files lie. It may travel to other processes and machines."""

    url: str
    folder: Path

    def at(self, folder: Path) -> Mirror:
        """The same store, mirrored in another folder: that of another machine."""
        return Mirror(self.url, folder)

    def below(self, name: str) -> Mirror:
        """The mirror of a root that lies in a folder of this one."""
        return Mirror(f"{self.url}/{name}", self.folder / name)

    def url_of(self, path: Path) -> str:
        """Where the file at a local path lies in the store."""
        return f"{self.url}/{self._name(path)}"

    # -- reading -----------------------------------------------------------------------------------------------

    def fetch(self, path: Path, entry: FileEntry | None = None) -> Path:
        """Makes the file at a path below the folder present, of the size and hash that ``entry`` tells, and returns the path.

        Raises:
            ConfigError: the store cannot be reached so, or the disk has no room.
            DataError: there is no such object, or it is not what ``entry`` says; the URL is told.
        """
        if not _is_present(path, entry):
            with self._lock(self._name(path)):
                if not _is_present(path, entry):  # another process may have fetched it meanwhile
                    download(self.url_of(path), path, entry)
        return path

    def fetch_files(self, folder: Path, entries: Sequence[FileEntry]) -> None:
        """Makes files of an output's folder present, several at once. Errors as :meth:`fetch`."""
        missing = [entry for entry in entries if not _is_present(folder / entry.path, entry)]
        if missing:
            self._require_room(sum(entry.bytes for entry in missing))
            _side_by_side(lambda entry: self.fetch(folder / entry.path, entry), missing)

    def fetch_folder(self, folder: Path, target: Path) -> None:
        """Copies a whole folder of the store, as it is listed there, to a place of one's own. The caller checks what has come."""
        found = self.list(folder)
        self._require_room(sum(each.bytes for each in found.values()))
        _side_by_side(lambda name: download(self.url_of(folder / name), target / name), list(found))

    def hash(self, path: Path) -> str | None:
        """sha256 (hex) of the object as it lies in the store, read anew; None where there is none."""
        return hash_object(self.url_of(path))

    def list(self, folder: Path) -> dict[str, StoredObject]:
        """What lies in the store below a local folder, by path relative to it."""
        return list_objects(self.url if folder == self.folder else self.url_of(folder))

    def refresh(self, max_age_seconds: float = 0.0) -> None:
        """Makes the small files those of the store, by one listing; not at all where that was done so short a while ago."""
        with self._lock("index"):
            if time.time() - self._refreshed() < max_age_seconds:
                return
            known = self._read_index()
            listed = {path: each.stamp for path, each in list_objects(self.url).items() if is_small(path)}
            changed = [path for path, stamp in listed.items() if known.get(path) != stamp or not (self.folder / path).is_file()]
            arrived = _side_by_side(self._bring_small, changed)
            for path in [path for path, there in zip(changed, arrived, strict=True) if not there]:
                del listed[path]
            for path in known.keys() - listed.keys():
                (self.folder / path).unlink(missing_ok=True)
            put_text(self._index, json.dumps(listed, indent=0))

    def _bring_small(self, path: str) -> bool:
        """Copies a small file here; False where it was removed since it was listed."""
        content = read_object(f"{self.url}/{path}")
        if content is not None:
            put_text(self.folder / path, content.decode("utf-8", "replace"))  # whoever reads it says what is wrong with it
        return content is not None

    # -- writing -----------------------------------------------------------------------------------------------

    def put_text(self, path: Path, text: str, *, new: bool = False) -> bool:
        """Writes a small file, in the store first; ``new``: only where the store has none yet, else False."""
        with self._lock("index"):
            if not write_object(self.url_of(path), text.encode("utf-8"), new=new):
                return False
            put_text(path, text)
        return True

    def push(self, paths: Iterable[Path]) -> None:
        """Puts local files in the store, several at once. DataError or ConfigError where one of them does not arrive."""
        _side_by_side(lambda path: upload(path, self.url_of(path)), list(paths))

    def remove(self, path: Path) -> None:
        """Removes a file, or a folder with all below it, from the store and from here."""
        with self._lock("index"):
            delete(self.url_of(path))
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    # -- itself ------------------------------------------------------------------------------------------------

    @property
    def _index(self) -> Path:
        return self.folder / OWN / "index.json"

    def _refreshed(self) -> float:
        try:
            return self._index.stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def _read_index(self) -> dict[str, str]:
        try:
            return dict(json.loads(self._index.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            return {}

    def _name(self, path: Path) -> str:
        if not path.is_relative_to(self.folder) or ".." in path.parts:
            raise DataError(f"this lies outside of what {self.url} mirrors", path)
        return path.relative_to(self.folder).as_posix()

    def _lock(self, name: str) -> FileLock:
        folder = self.folder / OWN / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / ("index" if name == "index" else hashlib.sha256(name.encode()).hexdigest()[:STRIPES]))

    def _require_room(self, wanted: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if wanted > (free := shutil.disk_usage(self.folder).free):
            raise ConfigError(f"{self.url}: {wanted:,} bytes are to be kept in {self.folder}, where {free:,} are free; `llm-assets clean`")


def _is_present(path: Path, entry: FileEntry | None) -> bool:
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return False
    return entry is None or size == entry.bytes


def _side_by_side(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(function, items))

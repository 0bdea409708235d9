"""Where a root lies, here or in a store, and the one door by which its files are written, removed and locked."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from llm_assets.errors import ConfigError
from llm_assets.formats.manifest import hash_file, put_text
from llm_assets.store.lock import hold
from llm_assets.store.mirror import Mirror
from llm_assets.store.objects import is_stored

STATE = ".state"
MIRRORS = "mirrors"
FRESH_SECONDS = 2.0
"""A look at a store that is no older is good enough, but for who holds a lock."""
LOCK_PATIENCE_SECONDS = 600.0
"""How long one waits for another who changes declarations or side inputs."""
CRAWLS, INPUTS = "crawls", "inputs"
"""Folders of a root whose files people and schedules change; each has a lock."""


@dataclass(frozen=True)
class Home:
    """``home`` is the folder where files of the root are read: the root itself, or the ``mirror`` of one in a store."""

    home: Path
    state: Path
    mirror: Mirror | None = None

    @property
    def address(self) -> str:
        """Where the root lies, as ``LLM_ASSETS_HOME`` names it: a folder or a URL."""
        return str(self.home) if self.mirror is None else self.mirror.url

    def address_of(self, path: Path) -> str:
        """Where a file or folder of the root lies, for people: its path or its URL."""
        return str(path) if self.mirror is None else self.mirror.url_of(path)

    def put_text(self, path: Path, text: str) -> None:
        """Writes a small file of the root, whole or not at all."""
        if self.mirror is None:
            put_text(path, text)
        else:
            self.mirror.put_text(path, text)

    def append_line(self, path: Path, line: str) -> None:
        """Adds a line to a small file of the root."""
        with self.lock(INPUTS):
            before = path.read_text(encoding="utf-8") if path.is_file() else ""
            self.put_text(path, f"{before}{line}\n")

    def push_folder(self, folder: Path) -> None:
        """Takes a finished folder to where the root lies; nothing where that is here."""
        if self.mirror is not None:
            self.mirror.push(path for path in sorted(folder.rglob("*")) if path.is_file())

    def remove(self, path: Path) -> None:
        """Removes a file or a folder of the root."""
        if self.mirror is not None:
            self.mirror.remove(path)
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def list_folders(self, place: Path) -> list[Path]:
        """Folders in a place of the root, here or in the store, sorted."""
        found = {path for path in place.iterdir() if path.is_dir() and not path.is_symlink()} if place.is_dir() else set()
        if self.mirror is not None:
            found |= {place / name.partition("/")[0] for name in self.mirror.list(place) if "/" in name}
        return sorted(found)

    def count_bytes(self, folder: Path) -> int:
        """What the removal of a folder frees: in the store, or of one that lies here alone, here, without what is linked from elsewhere."""
        if self.mirror is not None and (stored := self.mirror.list(folder)):
            return sum(each.bytes for each in stored.values())
        entries = (path.lstat() for path in folder.rglob("*") if path.is_symlink() or path.is_file())
        return sum(entry.st_size for entry in entries if entry.st_nlink == 1)

    def refresh(self, max_age_seconds: float = 0.0) -> None:
        """Looks anew at what other machines have written, unless that was done so shortly ago; nothing where the root lies here."""
        if self.mirror is not None:
            self.mirror.refresh(max_age_seconds)

    def hash(self, path: Path) -> str | None:
        """sha256 (hex) of a file's bytes as they lie in the root, read anew; None where there is none."""
        if self.mirror is not None:
            return self.mirror.hash(path)
        return hash_file(path) if path.is_file() else None

    @contextmanager
    def lock(self, folder: str) -> Iterator[None]:
        """Held while small files in a folder of the root are changed, until it is free."""
        path = self.home / folder / ".lock" if self.mirror is None else self.state / f"{folder}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path):
            if self.mirror is None:
                yield
            else:
                with hold(self.mirror, folder, folder, LOCK_PATIENCE_SECONDS):
                    self.refresh()
                    yield


def open_home(home: str | Path, state: str | Path | None) -> Home:
    """A folder, or the store at a URL such as ``s3://bucket/corpus``, as it is now. ConfigError where it can be neither.

    A store's ``state`` is a folder of this machine that the caller names.
    """
    if is_stored(str(home)):
        return _open_store(str(home).rstrip("/"), state)
    if re.match(r"\w{2,}:/", str(home)):  # a Path folds the two slashes of a URL into one
        raise ConfigError(f"home {home!s}: a folder is wanted, or a URL with two slashes such as s3://bucket/corpus")
    folder = Path(home).expanduser().resolve()
    return Home(folder, Path(state).expanduser().resolve() if state else folder / STATE)


def _open_store(url: str, state: str | Path | None) -> Home:
    if not state:
        raise ConfigError(
            f"home {url} is no folder, so its state has no place in it: LLM_ASSETS_STATE (or --state) names a folder of this "
            "machine for databases, checkpoints and the mirror of what is read"
        )
    if is_stored(str(state)):
        raise ConfigError(f"state {state!s}: a folder of this machine is wanted; databases cannot lie in a store")
    place = Path(state).expanduser().resolve()
    mirror = Mirror(url, place / MIRRORS / hashlib.sha256(url.encode()).hexdigest()[:16])
    try:
        mirror.refresh(FRESH_SECONDS)
    except OSError as error:
        raise ConfigError(f"the mirror of {url} cannot be made in {place}: {error.strerror}") from error
    return Home(mirror.folder, place, mirror)

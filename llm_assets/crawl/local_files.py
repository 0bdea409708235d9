"""Files that lie on this disk already: one file, all of a folder, those of a glob, or a list. They stay where they are."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import Any, ClassVar

from pydantic import field_validator

from llm_assets.crawl.source import Collected, Source
from llm_assets.engine import Progress
from llm_assets.errors import ConfigError


class LocalFiles(Source):
    """What the sources of files on this disk have in common. A source names the files it looks for in a folder."""

    suffixes: ClassVar[tuple[str, ...]]
    kind: ClassVar[str]

    path: str | tuple[str, ...]
    """A file, a folder (every file of the source's kind below it), a glob (``**`` crosses folders), or in a declaration a list of
    files. A relative one is taken from the working folder and written absolute."""

    @field_validator("path")
    @classmethod
    def _make_absolute(cls, path: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not path:
            raise ValueError("a path is wanted")
        return _make_absolute(path) if isinstance(path, str) else tuple(map(_make_absolute, path))

    def describe_listing(self) -> Any:
        """Path, size and time of change of each file; ``missing`` where there is nothing."""
        try:
            return [[str(path), (stat := path.stat()).st_size, stat.st_mtime_ns] for path in self.find_files()]
        except (ConfigError, OSError):
            return "missing"

    def collect(self, target: Path, place: Path, progress: Progress) -> Collected:
        """Absolute paths in sorted order."""
        del target, place, progress  # nothing is written: the files stay where they are
        found = [str(path) for path in self.find_files()]
        if isinstance(self.path, str):
            return Collected(found, () if found else (f"the folder {self.path} holds no {self.kind}: the crawl is empty",))
        gone = sorted(set(self.path).difference(found))
        return Collected(found, tuple(f"{path} is gone" for path in gone))

    def find_files(self) -> list[Path]:
        """The files there are, in sorted order. ConfigError where the path leads to nothing, or nothing of a list is left."""
        if not isinstance(self.path, str):
            files = sorted(path for path in map(Path, self.path) if path.is_file())
            if not files:
                raise ConfigError(f"path: of the {len(self.path):,} files listed, {self.path[0]} first, none is there")
            return files
        path = Path(self.path)
        if path.is_file():
            return [path]
        if path.is_dir():
            found = (Path(folder, name) for folder, _, names in os.walk(path) for name in names)
            return sorted(file for file in found if file.name.endswith(self.suffixes) and not file.name.startswith("."))
        if not glob.has_magic(self.path):
            raise ConfigError(f"path: there is no file or folder {self.path}")
        matches = glob.glob(self.path, recursive=True)  # noqa: PTH207 - the pattern is absolute, which Path.glob refuses
        if not (files := sorted(file for file in map(Path, matches) if file.is_file())):
            raise ConfigError(f"path: no file matches {self.path}")
        return files


def _make_absolute(path: str) -> str:
    return os.path.abspath(Path(path).expanduser())  # noqa: PTH100 - Path.absolute keeps '..', and Path.resolve follows links

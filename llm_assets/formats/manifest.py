"""What lies in an output: its files and their hashes, and the versions of everything it was made from.

An output is a new folder ``ASSET/[CRAWL/]FOLDER/``; ``ASSET/[CRAWL/]manifest.json`` beside it is put last, in one write,
and is the only door to it: readers go through manifests, never through globs. So a stage that dies leaves the old
output or none.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llm_assets.errors import DataError

if TYPE_CHECKING:
    from llm_assets.store.mirror import Mirror

MANIFEST = "manifest.json"
CHECKS = "checks.json"


@dataclass(frozen=True)
class FileEntry:
    """One file of an output, by its path relative to the output's folder."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Names an output's files and what they were made from.

    ``inputs`` maps what was read (``extracted_text[demo]``, ``recipe/filters``, ``input/NAME``) to its version;
    ``data_version`` hashes what the next stage reads; ``report`` and ``created`` are for people and in no version.
    """

    asset: str
    crawl: str | None
    folder: str
    files: tuple[FileEntry, ...]
    data_version: str
    code_version: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    created: str = ""
    seconds: float = 0.0

    def to_json(self) -> str:
        """Indented JSON, ended by a newline."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Inverse of :meth:`to_json`."""
        fields = json.loads(text)
        return cls(**{**fields, "files": tuple(FileEntry(**entry) for entry in fields["files"])})


@dataclass(frozen=True)
class Artefact:
    """An output that can be read: a folder and the files its manifest names.

    Of an output in an object store, ``folder`` is its place in the ``mirror``: a file lies there once it was asked for by a method.
    """

    folder: Path
    files: tuple[FileEntry, ...]
    data_version: str = ""
    mirror: Mirror | None = None

    def table(self, name: str) -> list[Path]:
        """Parts of a table in order: ``NAME.parquet``, or ``NAME/00000.parquet``, ``NAME/00001.parquet`` …; may be none."""
        return self.paths(entry.path for entry in self.files if _is_part(entry.path, name))

    def path(self, name: str) -> Path:
        """One named file. DataError where the output has none of that name."""
        (path,) = self.paths([name])
        return path

    def paths(self, names: Iterable[str]) -> list[Path]:
        """Named files, sorted by name. DataError where the output has none of such a name."""
        entries = {entry.path: entry for entry in self.files}
        wanted = sorted(names)
        if missing := [name for name in wanted if name not in entries]:
            raise DataError(f"the output has no file {missing[0]}", self.folder)
        if self.mirror is not None:
            self.mirror.fetch_files(self.folder, [entries[name] for name in wanted])
        return [self.folder / name for name in wanted]

    def whole(self) -> Path:
        """The folder, with every file of the output in it."""
        self.paths(entry.path for entry in self.files)
        return self.folder

    @classmethod
    def of_folder(cls, folder: Path) -> Artefact:
        """An output as its folder shows it, for what was written without a manifest (a test, a trial)."""
        return cls(folder, tuple(_list_files(folder)))


def _is_part(path: str, table: str) -> bool:
    return path == f"{table}.parquet" or (path.startswith(f"{table}/") and path.endswith(".parquet"))


def hash_file(path: Path) -> str:
    """sha256 (hex) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _list_files(folder: Path) -> Iterable[FileEntry]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield FileEntry(path.relative_to(folder).as_posix(), path.stat().st_size, hash_file(path))


def describe_output(
    asset: str, crawl: str | None, folder: Path, kept: Iterable[str], code_version: str, inputs: Mapping[str, str]
) -> Manifest:
    """The manifest of a finished folder. ``kept`` names the tables and files (``texts``, ``tokenizer.json``, ``*.tokens``)
    that the data version covers; rejections, findings and reports stay out of it."""
    from llm_assets.section import fingerprint  # pydantic with it, which whoever only reads shards need not wait for

    files = tuple(_list_files(folder))
    covered = {entry.path: entry.sha256 for entry in files for name in kept if _is_part(entry.path, name) or fnmatchcase(entry.path, name)}
    return Manifest(asset, crawl, folder.name, files, fingerprint(covered), code_version, dict(inputs))


def put_text(path: Path, text: str) -> None:
    """Writes a small file whole or not at all: a neighbour is written and synced, then renamed over ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with waiting.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        waiting.replace(path)
    finally:
        waiting.unlink(missing_ok=True)


def put_manifest(place: Path, manifest: Manifest) -> None:
    """Makes an output the current one of its place (``ASSET/[CRAWL/]``)."""
    put_text(place / MANIFEST, manifest.to_json())


def read_manifest(place: Path) -> Manifest | None:
    """The current manifest of a place, or None. DataError where it cannot be read."""
    path = place / MANIFEST
    try:
        return Manifest.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"the manifest is damaged ({error}); run the asset again", path) from error


def open_output(place: Path, manifest: Manifest, mirror: Mirror | None = None) -> Artefact:
    """The output a manifest names. DataError where a file is missing or of another size (hashes: ``verify``).

    Of a place in a ``mirror`` that is found, and hashes too, when a file is asked for.
    """
    folder = place / manifest.folder
    if mirror is not None:
        return Artefact(folder, manifest.files, manifest.data_version, mirror)
    for entry in manifest.files:
        path = folder / entry.path
        try:
            size = path.stat().st_size
        except FileNotFoundError as error:
            raise DataError("a file of the output is missing; run the asset again", path) from error
        if size != entry.bytes:
            raise DataError(f"the file has {size:,} bytes, its manifest says {entry.bytes:,}; run the asset again", path)
    return Artefact(folder, manifest.files, manifest.data_version)


def record_check(place: Path, folder: str, check: str, passed: bool, put: Callable[[Path, str], None] = put_text) -> None:
    """Notes beside the manifest whether a check of the output in ``folder`` passed. Of older outputs nothing is kept.

    ``put`` is how the root writes.
    """
    put(place / CHECKS, json.dumps({"folder": folder, "passed": {**read_checks(place, folder), check: passed}}, indent=1) + "\n")


def read_checks(place: Path, folder: str) -> dict[str, bool]:
    """Checks that were run on the output in ``folder``, and whether each passed."""
    try:
        noted = json.loads((place / CHECKS).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return dict(noted["passed"]) if noted["folder"] == folder else {}


def with_figures(manifest: Manifest, report: Mapping[str, Any], created: str, seconds: float) -> Manifest:
    """The manifest with what people read of it."""
    return replace(manifest, report=report, created=created, seconds=seconds)

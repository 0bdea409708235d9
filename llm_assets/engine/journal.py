"""What of a half-written output is finished: a note for each work item, so that a killed run goes on where it was.

    PLACE/.partial-<key>-<draw>/
        output/                 the stage's target
        journal/<item>.json     the files an item wrote, their hashes, and its report

The key is the digest of everything that decides the bytes (versions of inputs, sections, code). Every run works under a
name of its own: it takes over the folder of the run before by renaming it, so that a process left over from that run
finds nothing to write to.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Generic

from llm_assets.engine.contract import Engine, Item, Progress, Result
from llm_assets.engine.meter import advance
from llm_assets.formats.manifest import FileEntry, hash_file, put_text
from llm_assets.report import Report
from llm_assets.section import fingerprint

PARTIAL = ".partial-"
KEY_LETTERS = 16
OUTPUT = "output"
TRIES = "tries"
"""What is under way of single items, where an engine keeps that apart until it is whole."""


@dataclass(frozen=True)
class Journal:
    """An output under way, and what of it is finished."""

    folder: Path

    @property
    def output(self) -> Path:
        """Where the stage writes."""
        return self.folder / OUTPUT

    @property
    def notes(self) -> Path:
        """Folder of the notes."""
        return self.folder / "journal"

    def find(self, outputs: Sequence[Path]) -> Report | None:
        """The report of the item that wrote these files, where it had finished and every one of them is as it was."""
        try:
            note = json.loads(self.note(outputs).read_text(encoding="utf-8"))
            entries = [FileEntry(**entry) for entry in note["files"]]
            report = Report(**{**note["report"], "warnings": tuple(note["report"]["warnings"])})
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None
        return report if all(self._is_whole(entry) for entry in entries) else None

    def add(self, outputs: Sequence[Path], report: Report) -> None:
        """Notes that an item is finished. Its files are on disk."""
        entries = [FileEntry(self._relative(path), path.stat().st_size, hash_file(path)) for path in outputs]
        put_text(self.note(outputs), json.dumps({"files": [asdict(entry) for entry in entries], "report": vars(report)}))

    def remove_unfinished(self) -> bool:
        """Removes all files that no note names. Whether anything is left."""
        shutil.rmtree(self.folder / TRIES, ignore_errors=True)
        finished = {entry["path"] for note in self._read_notes() for entry in note["files"]}
        for path in sorted(self.output.rglob("*"), reverse=True):  # what lies in a folder before the folder
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif self._relative(path) not in finished:
                path.unlink()
        return bool(finished)

    def _read_notes(self) -> Iterator[dict[str, list[dict[str, str]]]]:
        for path in self.notes.glob("*.json"):
            try:
                yield json.loads(path.read_text(encoding="utf-8"))
            except ValueError:  # a power cut may leave an empty file where a note was to be
                path.unlink()

    def note(self, outputs: Sequence[Path]) -> Path:
        """The file of the note on the item that writes these files."""
        return self.notes / f"{fingerprint([self._relative(path) for path in outputs])[:32]}.json"

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.output).as_posix()

    def _is_whole(self, entry: FileEntry) -> bool:
        path = self.output / entry.path
        return path.is_file() and path.stat().st_size == entry.bytes and hash_file(path) == entry.sha256


@contextmanager
def open_journal(place: Path, key: str) -> Iterator[Journal]:
    """Goes on with what a run of the same ``key`` (hex) left in a place, or begins; the caller holds the place's lock.

    What was left under other keys is removed. Where the body raises, finished parts stay, and nothing else; where it ends well,
    nothing.
    """
    name = f"{PARTIAL}{key[:KEY_LETTERS]}-"
    journal = Journal(place / f"{name}{uuid.uuid4().hex[:8]}")
    left = sorted(place.glob(f"{name}*"), key=lambda folder: len(list(Journal(folder).notes.glob("*.json"))))
    if left:
        left.pop().rename(journal.folder)
    for folder in place.glob(f"{PARTIAL}*"):
        if folder != journal.folder:
            shutil.rmtree(folder, ignore_errors=True)
    journal.remove_unfinished()
    journal.output.mkdir(parents=True, exist_ok=True)
    try:
        yield journal
    except BaseException:
        if not journal.remove_unfinished():
            shutil.rmtree(journal.folder, ignore_errors=True)
        raise
    shutil.rmtree(journal.folder, ignore_errors=True)


@dataclass(frozen=True)
class ResumingEngine:
    """Another engine, with a journal of what it has finished."""

    inner: Engine
    journal: Journal

    @property
    def workers(self) -> int:
        """See :class:`Engine`."""
        return self.inner.workers

    @property
    def threads(self) -> int:
        """See :class:`Engine`."""
        return self.inner.threads

    @property
    def memory(self) -> str:
        """See :class:`Engine`."""
        return self.inner.memory

    @property
    def spill(self) -> Path | None:
        """See :class:`Engine`."""
        return self.inner.spill

    @property
    def progress(self) -> Progress:
        """See :class:`Engine`."""
        return self.inner.progress

    def map(self, function: Callable[[Item], Result], items: Sequence[Item], label: str) -> Iterator[Result]:
        """As the other engine does it: nothing is noted of what writes no files."""
        return self.inner.map(function, items, label)

    def write_parts(
        self, function: Callable[[Item], Report], items: Sequence[Item], label: str, outputs: Sequence[Sequence[Path]]
    ) -> Iterator[Report]:
        """Reports in the order of the items: of those finished before, the noted ones; of the others, new ones."""
        written = [[*paths, self.journal.note(paths)] for paths in outputs]
        return self.inner.write_parts(Noting(function, self.journal), list(zip(items, outputs, strict=True)), label, written)


@dataclass(frozen=True)
class Noting(Generic[Item]):
    """Does an item and notes it, unless that is done: in the process that does the item, so that no result waits for a note."""

    function: Callable[[Item], Report]
    journal: Journal

    def __call__(self, given: tuple[Item, Sequence[Path]]) -> Report:
        """The item's report, noted or new."""
        known = self.find(given)
        if known is not None:
            advance(known.read, 1.0)
            return known
        item, outputs = given
        report = self.function(item)
        self.journal.add(outputs, report)
        return report

    def find(self, given: tuple[Item, Sequence[Path]]) -> Report | None:
        """The report of an item that was done before; an engine may ask before it sends the item elsewhere."""
        return self.journal.find(given[1])


def find_partial(path: Path) -> Path | None:
    """The folder under way that a path lies below, if any."""
    return next((folder for folder in path.parents if folder.name.startswith(PARTIAL)), None)

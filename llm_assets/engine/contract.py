"""What a stage may ask of an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from llm_assets.report import Report

Item = TypeVar("Item")
Result = TypeVar("Result")


class Progress(Protocol):
    """Whom work tells how far it is."""

    def __call__(self, label: str, done: int, total: int | None, unit: str = "files", detail: str = "", /) -> None:
        """So many ``unit`` of ``total`` are ``done`` of what ``label`` says, such as ``extracting text``.

        May be called as often as one likes: whoever shows it keeps a readable pace. ``total`` may be an estimate that moves;
        None where nobody can know it. The last call has ``done`` equal to ``total``. ``detail`` is for people, such as
        ``2 of 8 files``.
        """
        ...


def no_progress(label: str, done: int, total: int | None, unit: str = "files", detail: str = "", /) -> None:
    """Shows nothing."""


class Engine(Protocol):
    """Where the work items of a stage run."""

    @property
    def workers(self) -> int:
        """How many items run at once; a stage may slice a single large item by it, never let it decide a byte."""
        ...

    @property
    def threads(self) -> int:
        """What DuckDB, which runs in this process, may use of this machine."""
        ...

    @property
    def memory(self) -> str:
        """What DuckDB may take, as it writes it: ``4GB``."""
        ...

    @property
    def spill(self) -> Path | None:
        """Folder for what does not fit in memory."""
        ...

    @property
    def progress(self) -> Progress:
        """Whom a stage tells how far it is."""
        ...

    def map(self, function: Callable[[Item], Result], items: Sequence[Item], label: str) -> Iterator[Result]:
        """Results in the order of the items. An exception of the function ends the map and is raised here.

        Items are small (a path, a number): they travel to another process. One whose process was killed is done again;
        DataError names its file where that goes on. What the function says by :func:`advance` is
        told to ``progress``.
        """
        ...

    def write_parts(
        self, function: Callable[[Item], Report], items: Sequence[Item], label: str, outputs: Sequence[Sequence[Path]]
    ) -> Iterator[Report]:
        """As :meth:`map`, for a function that writes files: ``outputs`` names them, item by item, below the stage's target.

        An item is finished when the function has returned. Of a run that was killed, or that failed, the next one keeps the
        files of finished items, and gives the reports they had; all other files are gone before it begins.
        What one item wrote no other reads: that may have run on another machine.
        """
        ...

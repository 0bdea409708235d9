"""Maps a function over work items: in this process, or in several.

A stage hands over a picklable function and its items (one a file, as a rule) and gets the results in the order of the
items, whatever finished first. So the number of workers never decides a byte.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from llm_assets.errors import DataError

Item = TypeVar("Item")
Result = TypeVar("Result")
Progress = Callable[[str, int, int], None]
"""Called with what is being done, items done, items in all."""


def no_progress(label: str, done: int, total: int) -> None:
    """Shows nothing."""


class Engine(Protocol):
    """Where the work items of a stage run."""

    @property
    def workers(self) -> int:
        """How many items run at once; a stage may slice a single large item by it, never let it decide a byte."""
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
        """Results in the order of the items. An exception of the function ends the map and is raised here."""
        ...


@dataclass(frozen=True)
class LocalEngine:
    """Processes on this machine; with one worker, this very process."""

    workers: int = 1
    memory: str = "4GB"
    spill: Path | None = None
    progress: Progress = no_progress

    def map(self, function: Callable[[Item], Result], items: Sequence[Item], label: str) -> Iterator[Result]:
        """Results in the order of the items; see :class:`Engine`."""
        self.progress(label, 0, len(items))
        if self.workers == 1 or len(items) < 2:
            for done, item in enumerate(items, 1):
                yield function(item)
                self.progress(label, done, len(items))
            return
        # A forked child of a process that runs threads (Polars, DuckDB, torch) can hang: start clean ones.
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(min(self.workers, len(items)), mp_context=context)
        try:
            for done, result in enumerate(pool.map(function, items), 1):
                yield result
                self.progress(label, done, len(items))
        except BrokenProcessPool as error:
            raise DataError(f"a worker process died while {label}: out of memory, or killed") from error
        finally:
            pool.shutdown(cancel_futures=True)

"""Work items on this machine: in this process, or in several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from llm_assets.engine.contract import Item, Progress, Result, no_progress
from llm_assets.engine.meter import Meter, counting
from llm_assets.engine.processes import map_in_processes
from llm_assets.report import Report


@dataclass(frozen=True)
class LocalEngine:
    """Processes on this machine; with one worker, this very process. See :class:`Engine`."""

    workers: int = 1
    memory: str = "4GB"
    spill: Path | None = None
    progress: Progress = no_progress

    @property
    def threads(self) -> int:
        """As many as there may be processes."""
        return self.workers

    def map(self, function: Callable[[Item], Result], items: Sequence[Item], label: str) -> Iterator[Result]:
        """Results in the order of the items."""
        meter = Meter(self.progress, label, items)
        meter.tell()
        if self.workers > 1 and len(items) > 1:
            yield from map_in_processes(function, items, min(self.workers, len(items)), label, meter)
            return
        for number, item in enumerate(items):
            with counting(partial(_count, meter, number)):
                result = function(item)
            meter.finish()
            meter.tell()
            yield result

    def write_parts(
        self, function: Callable[[Item], Report], items: Sequence[Item], label: str, outputs: Sequence[Sequence[Path]]
    ) -> Iterator[Report]:
        """Reports in the order of the items; nothing is kept of a run that ends early."""
        del outputs
        return self.map(function, items, label)


def _count(meter: Meter, number: int, documents: int, share: float) -> None:
    meter.count(number, documents, share)
    meter.tell()

"""Work items on a Ray cluster. Moritz et al. 2018, arXiv:1712.05889.

    RayEngine("10.0.0.1:6379", home=Path("/shared/data")).map(measure, parts, "measuring signals")

Items go to whichever node has a free core; what comes back is in their order. An item whose process or node was lost is done
again elsewhere. Wants the extra ``ray``, and the same software on every node, which is checked.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llm_assets.engine.answers import Done
from llm_assets.engine.contract import Item, Progress, Result, no_progress
from llm_assets.engine.journal import Noting, find_partial
from llm_assets.engine.local import LocalEngine
from llm_assets.engine.meter import Meter, find_path
from llm_assets.engine.ray_cluster import connect, count_cores
from llm_assets.engine.ray_map import map_on_cluster
from llm_assets.engine.ray_node import FOLDER, HOME, Order
from llm_assets.engine.software import describe_software
from llm_assets.engine.travel import pack
from llm_assets.report import Report
from llm_assets.store.mirror import Mirror


@dataclass(frozen=True)
class RayEngine:
    """Nodes of a cluster. See :class:`Engine`.

    ``address`` as Ray writes it: ``host:port``, ``local`` for a cluster of this machine alone; None for the one that is found
    (``RAY_ADDRESS``, or one that runs here), else one of this machine. No more than ``limit`` items run at once. ``threads``,
    ``memory`` and ``spill`` are for DuckDB, which runs here. ``home`` is a folder that every node must see; or else the root lies in the
    store of a ``mirror``, each node reads from there, and what it writes comes back here.
    """

    address: str | None = None
    limit: int | None = None
    threads: int = 1
    memory: str = "4GB"
    spill: Path | None = None
    progress: Progress = no_progress
    home: Path | None = None
    mirror: Mirror | None = None

    @property
    def workers(self) -> int:
        """Cores of the cluster as it is now, or the limit. ConfigError where there is no Ray, or no such cluster."""
        connect(self.address)
        cores = count_cores()
        return max(1, cores if self.limit is None else min(cores, self.limit))

    def map(self, function: Callable[[Item], Result], items: Sequence[Item], label: str) -> Iterator[Result]:
        """Results in the order of the items. Those whose file lies here alone, on its way to the store, are done here."""
        if self.mirror is not None and any((path := find_path(item)) and find_partial(path) for item in items):
            return LocalEngine(self.threads, self.memory, self.spill, self.progress).map(function, items, label)
        return self._run(function, items, label, None, [()] * len(items))

    def write_parts(
        self, function: Callable[[Item], Report], items: Sequence[Item], label: str, outputs: Sequence[Sequence[Path]]
    ) -> Iterator[Report]:
        """Reports in the order of the items; an item's files are put in the folder under way once all of them are whole."""
        folder = next((found for paths in outputs for path in paths if (found := find_partial(path))), None)
        return self._run(function, items, label, folder, outputs)

    def _run(
        self, function: Callable[[Item], Result], items: Sequence[Item], label: str, folder: Path | None, outputs: Sequence[Sequence[Path]]
    ) -> Iterator[Result]:
        meter = Meter(self.progress, label, items)
        meter.tell()
        if not items:
            return
        connect(self.address)
        roots = ({} if folder is None else {FOLDER: folder}) | ({} if self.mirror is None else {HOME: self.mirror.folder})
        software, search_path = describe_software(), tuple(sys.path)

        def order(number: int) -> Order | Done:
            item: Any = items[number]
            if isinstance(function, Noting) and (known := function.find(item)) is not None:
                meter.count(number, known.read, 1.0)
                return Done(known)
            return Order(pack(item, roots), software, search_path, self.home, folder, tuple(outputs[number]), self.mirror)

        yield from map_on_cluster(pack(function, roots), order, items, self.limit, label, meter)

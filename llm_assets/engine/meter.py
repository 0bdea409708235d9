"""How far a map is: every work item counts its own documents, wherever it runs, and a meter adds them up.

for record in read_records(path):
    ...
    advance(1, (record.offset + record.length) / size)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from pathlib import Path

from llm_assets.engine.contract import Progress

SECONDS_BETWEEN_WORDS = 0.5
"""How often a work item tells what it has counted."""


class Counter:
    """What one work item has counted of itself, told on at a cheap pace."""

    def __init__(self, tell: Callable[[int, float], None]) -> None:
        self._tell = tell
        self._documents = 0
        self._next = time.monotonic() + SECONDS_BETWEEN_WORDS

    def add(self, documents: int, share: float) -> None:
        """So many documents more; of the item, that share lies behind."""
        self._documents += documents
        now = time.monotonic()
        if now >= self._next:
            self._next = now + SECONDS_BETWEEN_WORDS
            self._tell(self._documents, share)

    def end(self) -> None:
        """The item is done."""
        self._tell(self._documents, 1.0)


_COUNTER: ContextVar[Counter | None] = ContextVar("_COUNTER", default=None)


def advance(documents: int, share: float) -> None:
    """Said by a work item's function as it goes, as often as it likes: so many ``documents`` more than before.

    ``share`` of the item (0 to 1) lies behind: of its bytes or rows, whatever is known. Outside of a map it does nothing.
    """
    counter = _COUNTER.get()
    if counter is not None:
        counter.add(documents, share)


@contextmanager
def counting(tell: Callable[[int, float], None]) -> Iterator[None]:
    """While the body runs, :func:`advance` counts for one item, and ``tell`` hears documents and share."""
    counter = Counter(tell)
    token = _COUNTER.set(counter)
    try:
        yield
        counter.end()
    finally:
        _COUNTER.reset(token)


class Meter:
    """Adds up the items of a map. An item weighs what its file weighs; items without a file weigh the same.

    The total of documents is what is left if the rest is like what lies behind. Where no item counts documents, items are
    counted.
    """

    def __init__(self, progress: Progress, label: str, items: Sequence[object]) -> None:
        self._progress = progress
        self._label = label
        self._weights = [_weigh(item) for item in items]
        self._counts: dict[int, tuple[int, float]] = {}
        self._finished = 0

    def count(self, number: int, documents: int, share: float) -> None:
        """What item ``number`` has counted so far."""
        self._counts[number] = (documents, min(max(share, 0.0), 1.0))

    def finish(self) -> None:
        """One more item is done."""
        self._finished += 1

    def tell(self) -> None:
        """Tells how far it all is."""
        items = len(self._weights)
        counts = dict(self._counts)  # threads go on counting
        documents = sum(count for count, _ in counts.values())
        if not documents:
            self._progress(self._label, self._finished, items, "files", "")
            return
        behind = sum(self._weights[number] * share for number, (_, share) in counts.items())
        share = behind / sum(self._weights)
        total = documents if self._finished == items else max(documents + 1, round(documents / share)) if share else None
        self._progress(self._label, documents, total, "documents", f"{self._finished:,} of {items:,} files" if items > 1 else "")


def find_path(item: object) -> Path | None:
    """The first path in a work item: what a person knows it by."""
    if isinstance(item, Path):
        return item
    parts: Sequence[object] = ()
    if isinstance(item, tuple):
        parts = item
    elif is_dataclass(item):
        parts = [getattr(item, field.name) for field in fields(item)]
    return next((path for part in parts if (path := find_path(part)) is not None), None)


def _weigh(item: object) -> float:
    path = find_path(item)
    try:
        return max(path.stat().st_size, 1) if path is not None else 1
    except OSError:
        return 1

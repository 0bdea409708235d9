"""How far a run is, for a person: bars on a terminal; lines, not too many, in a pipe and in Dagster's log."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from llm_assets import engine

WATCHER: ContextVar[engine.Progress | None] = ContextVar("WATCHER", default=None)
"""Who else is shown a stage's progress: the command line sets it for the runs it starts in its own process."""

SECONDS_BETWEEN_LOOKS = 0.1
SECONDS_BETWEEN_LINES = 10.0
SECONDS_REMEMBERED = 60.0
"""The pace is that of the last minute: what a resumed run skipped in a moment says nothing of what is left."""


class Pace:
    """How fast one piece of work goes, from what it told of itself. Times are seconds of a clock that only goes forward."""

    def __init__(self) -> None:
        self._told: deque[tuple[float, int]] = deque()
        self._unit = ""

    def describe(self, now: float, done: int, total: int | None, unit: str, detail: str) -> str:
        """Such as ``1,234 documents, 25 %, 2 of 8 files, 41.3 a second, 1 min 30 s left``: as much of it as is known."""
        if unit != self._unit:
            self._told.clear()
            self._unit = unit
        self._told.append((now, done))
        while now - self._told[0][0] > SECONDS_REMEMBERED:
            self._told.popleft()
        (began, before), seconds = self._told[0], now - self._told[0][0]
        rate = (done - before) / seconds if seconds > 0 and now > began else 0.0
        known = f"{done:,} of {total:,} {unit}" if total is not None and unit != "documents" else f"{done:,} {unit}"
        facts = [known, f"{done / total:.0%}" if total else "", detail]
        if rate:
            facts.append(f"{rate:,.1f} a second")
            facts.append(f"{describe_seconds((total - done) / rate)} left" if total is not None and total > done else "")
        return ", ".join(fact for fact in facts if fact)


def describe_seconds(seconds: float) -> str:
    """To the unit that matters.

    >>> describe_seconds(5), describe_seconds(95), describe_seconds(7260)
    ('5 s', '1 min 35 s', '2 h 1 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


class Lines:
    """Tells progress in lines, none of them sooner than some seconds after the last one, or after the beginning."""

    def __init__(self, say: Callable[[str], object], seconds: float = SECONDS_BETWEEN_LINES) -> None:
        self._say = say
        self._seconds = seconds
        self._last = time.monotonic()
        self._paces: dict[str, Pace] = {}

    def __call__(self, label: str, done: int, total: int | None, unit: str = "files", detail: str = "", /) -> None:
        """See :class:`llm_assets.engine.Progress`."""
        now = time.monotonic()
        text = self._paces.setdefault(label, Pace()).describe(now, done, total, unit, detail)
        if done != total and now - self._last >= self._seconds:
            self._last = now
            self._say(f"{label}: {text}")


class Bars:
    """Tells progress in bars that are gone when their work is done."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, tuple[TaskID, Pace]] = {}

    def __call__(self, label: str, done: int, total: int | None, unit: str = "files", detail: str = "", /) -> None:
        """See :class:`llm_assets.engine.Progress`."""
        if label not in self._bars:
            self._bars[label] = self._progress.add_task(escape(label), total=None, told=""), Pace()
        bar, pace = self._bars[label]
        told = escape(pace.describe(time.monotonic(), done, total, unit, detail))
        # of a total that moves, rich would forget how fast it went: it is shown the share
        share = {"completed": done / total, "total": 1.0} if total else {}
        self._progress.update(bar, told=told, visible=done != total, **share)  # type: ignore[arg-type]  # of its own fields rich takes any


@contextmanager
def shown_progress(console: Console, *, quiet: bool = False) -> Iterator[None]:
    """While the body runs, what its stages tell is shown: in bars, or in lines where the console is no terminal."""
    if quiet:
        yield
        return
    columns = (TextColumn("  {task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        token = WATCHER.set(Bars(progress) if console.is_terminal else Lines(lambda line: console.print(f"    {escape(line)}")))
        try:
            yield
        finally:
            WATCHER.reset(token)


def logged_progress(log: Callable[[str], object]) -> engine.Progress:
    """Tells a log, in lines, and whoever watches this process; not more often than an eye can follow."""
    watcher, lines = WATCHER.get(), Lines(log)
    last = ("", 0.0)

    def show(label: str, done: int, total: int | None, unit: str = "files", detail: str = "", /) -> None:
        nonlocal last
        now = time.monotonic()
        if label == last[0] and now - last[1] < SECONDS_BETWEEN_LOOKS and done != total:
            return
        last = (label, now)
        lines(label, done, total, unit, detail)
        if watcher is not None:
            watcher(label, done, total, unit, detail)

    return show

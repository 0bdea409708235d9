"""A map in worker processes that may be killed: whose item it was is known, and that item is done again once.

Each process has a pipe of its own and one item at a time, and a thread here that waits for it. So a process that is killed
takes down nothing but its item, and holds up nobody. Processes end with the one that started them, however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from queue import SimpleQueue
from typing import Any, Generic

from llm_assets.engine.answers import Count, Done, Failed, RemoteError, answer, describe_failure
from llm_assets.engine.contract import Item, Result
from llm_assets.engine.meter import SECONDS_BETWEEN_WORDS, Meter, find_path
from llm_assets.errors import DataError

ATTEMPTS = 2
"""Processes that an item may see killed before it is told."""

# A forked child of a process that runs threads (Polars, DuckDB, torch) can hang: start clean ones.
_SPAWN = multiprocessing.get_context("spawn")


def map_in_processes(function: Callable[[Item], Result], items: Sequence[Item], workers: int, label: str, meter: Meter) -> Iterator[Result]:
    """Results in the order of the items; see :meth:`Engine.map`."""
    crew = [_Worker(function, label) for _ in range(workers)]
    idle: SimpleQueue[_Worker[Item, Result]] = SimpleQueue()
    for worker in crew:
        idle.put(worker)

    def work(number: int) -> Result:
        worker = idle.get()
        try:
            return worker.do(items[number], lambda documents, share: meter.count(number, documents, share))
        finally:
            idle.put(worker)

    with ThreadPoolExecutor(workers, "worker") as threads:
        futures = [threads.submit(work, number) for number in range(len(items))]
        try:
            for future in futures:
                while wait([future], SECONDS_BETWEEN_WORDS).not_done:
                    meter.tell()
                result = future.result()
                meter.finish()
                meter.tell()
                yield result
        finally:  # also when the caller wants no more, or is interrupted
            for future in futures:
                future.cancel()
            for worker in crew:
                worker.end()


class _Worker(Generic[Item, Result]):
    """A process, started with the first item and again after each that was killed."""

    def __init__(self, function: Callable[[Item], Result], label: str) -> None:
        self._function = function
        self._label = label
        self._lock = threading.Lock()
        self._ended = False
        self._started: tuple[multiprocessing.process.BaseProcess, Connection] | None = None

    def do(self, item: Item, count: Callable[[int, float], None]) -> Result:
        """What the function gives. Called by one thread at a time."""
        status = None
        for _ in range(ATTEMPTS):
            process, connection = self._start()
            said = _ask(connection, item, count)
            if isinstance(said, Done):
                return said.result  # type: ignore[no-any-return]  # what was pickled comes back as it was
            if said is not None:
                raise said.error from RemoteError(said.trace)
            process.join()
            connection.close()
            status, self._started = process.exitcode, None
        how = f"signal {-status}: out of memory, or killed" if status is not None and status < 0 else f"exit status {status}"
        raise DataError(f"a worker process died while {self._label}, and so did a second one ({how})", find_path(item))

    def end(self) -> None:
        """Ends the process, whatever it is doing; no other is started."""
        with self._lock:
            self._ended = True
            if self._started is not None:
                process, _ = self._started
                process.kill()
                process.join()

    def _start(self) -> tuple[multiprocessing.process.BaseProcess, Connection]:
        with self._lock:
            if self._ended:
                raise InterruptedError("the map has ended")
            if self._started is None:
                ours, theirs = _SPAWN.Pipe()
                process = _SPAWN.Process(target=_serve, args=(theirs, self._function), daemon=True)
                with theirs:
                    process.start()
                self._started = process, ours
            return self._started


def _ask(connection: Connection, item: Any, count: Callable[[int, float], None]) -> Done | Failed | None:
    """The answer of the process at the other end; None where it died."""
    try:
        connection.send(item)
        while isinstance(said := connection.recv(), Count):
            count(said.documents, said.share)
    except (EOFError, OSError):  # the latter where it died within an answer
        return None
    return said  # type: ignore[no-any-return]  # nothing else is sent


def _serve(connection: Connection, function: Callable[[Any], Any]) -> None:
    """The life of a worker process: one item after another until its parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which ends this process
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            item = connection.recv()
        except EOFError:
            return
        said = answer(function, item, lambda documents, share: connection.send(Count(documents, share)))
        try:
            connection.send(said)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            connection.send(describe_failure(error))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)

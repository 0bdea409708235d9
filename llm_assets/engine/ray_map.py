"""A map on a Ray cluster: which items are under way, what they say, and what becomes of those whose node was lost.

Every item is a task that streams: counts, and its answer last. Ray itself repeats nothing: an item that was lost is sent again by
this loop, which knows how often, and what the item is called.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from llm_assets.engine.answers import Count, Done, Failed, RemoteError
from llm_assets.engine.meter import SECONDS_BETWEEN_WORDS, Meter, find_path
from llm_assets.engine.ray_arrival import Arrival
from llm_assets.engine.ray_cluster import count_cores, load_ray
from llm_assets.engine.ray_node import WORDS_AHEAD, Order, Piece, serve_item
from llm_assets.engine.travel import unpack
from llm_assets.errors import ConfigError, DataError

ATTEMPTS = 5
"""Processes or nodes that an item may see lost before it is told: more than on one machine, since nodes come and go."""

QUEUED = 2
"""Items under way for each core, so that none waits for this loop, and a cluster that can grow sees that it should."""

PATIENCE_SECONDS = 20.0
"""How long items that nobody wants any more are waited for, so that they write nothing afterwards."""


@dataclass(frozen=True)
class _Lost:
    """The process or the node of an item is gone."""

    reason: str


def map_on_cluster(
    function: bytes, order: Callable[[int], Order | Done], items: Sequence[object], limit: int | None, label: str, meter: Meter
) -> Iterator[Any]:
    """Results in the order of the items; see :meth:`Engine.map`. ``order`` is asked for an item when it is sent, or known."""
    ray = load_ray()
    work = _Work(ray, ray.put(function), order, items, label, meter)
    try:
        for number in range(len(items)):
            while number not in work.answers:
                work.send(limit or max(1, count_cores()) * QUEUED)
                work.listen()
                meter.tell()
            answer = work.answers.pop(number)
            if isinstance(answer, Failed):
                raise answer.error from RemoteError(answer.trace)
            meter.finish()
            meter.tell()
            yield answer.result
    finally:  # also when the caller wants no more, or is interrupted
        work.end()


class _Work:
    """Which items wait, which are under way on which stream, and which are answered."""

    def __init__(
        self, ray: Any, function: Any, order: Callable[[int], Order | Done], items: Sequence[object], label: str, meter: Meter
    ) -> None:
        self._ray, self._function, self._order, self._items, self._label, self._meter = ray, function, order, items, label, meter
        self._remote = ray.remote(serve_item).options(
            num_cpus=1, max_retries=0, num_returns="streaming", _generator_backpressure_num_objects=WORDS_AHEAD, name=label
        )
        self._waiting = deque(range(len(items)))
        self._running: dict[Any, tuple[int, Arrival | None]] = {}
        self._losses: Counter[int] = Counter()
        self.answers: dict[int, Done | Failed] = {}

    def send(self, most: int) -> None:
        """Sends items that wait, while fewer than ``most`` are under way."""
        while self._waiting and len(self._running) < most:
            number = self._waiting.popleft()
            order = self._order(number)
            if isinstance(order, Done):
                self.answers[number] = order
                return
            arrival = Arrival(order.folder, order.outputs) if order.mirror is not None and order.folder is not None else None
            self._running[self._remote.remote(self._function, order)] = number, arrival

    def listen(self) -> None:
        """Hears a word of each stream that has one to say; returns after a while of silence."""
        for stream in _wait_for(self._ray, list(self._running)):
            number, arrival = self._running[stream]
            word = _listen(self._ray, stream)
            if isinstance(word, Count):
                self._meter.count(number, word.documents, word.share)
            elif isinstance(word, Piece):
                assert arrival is not None, "a node sends files only where it is asked to"
                arrival.add(word)
            else:
                self._conclude(stream, number, word, arrival)

    def end(self) -> None:
        """Ends what nobody wants any more, and sees it end."""
        streams = list(self._running)
        for stream in streams:
            with contextlib.suppress(self._ray.exceptions.RayError):
                self._ray.cancel(stream, force=True)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while streams and time.monotonic() < deadline:
            ready = _wait_for(self._ray, streams)
            streams = [stream for stream in streams if stream not in ready or isinstance(_listen(self._ray, stream), Count | Piece)]
        for _, arrival in self._running.values():
            if arrival is not None:
                arrival.drop()

    def _conclude(self, stream: Any, number: int, word: Done | Failed | _Lost, arrival: Arrival | None) -> None:
        del self._running[stream]
        if isinstance(word, Done) and arrival is not None:
            arrival.settle()
        elif arrival is not None:
            arrival.drop()
        if isinstance(word, _Lost):
            self._losses[number] += 1
            if self._losses[number] < ATTEMPTS:
                self._waiting.appendleft(number)
                return
            told = f"{ATTEMPTS} processes or nodes were lost while {self._label} ({word.reason}): out of memory, or killed"
            word = Failed(DataError(told, find_path(self._items[number])), "")
        self.answers[number] = word


def _wait_for(ray: Any, streams: list[Any]) -> list[Any]:
    """Streams that have something to say; none, after a while of silence."""
    if not streams:
        return []
    ready, _ = ray.wait(streams, num_returns=1, timeout=SECONDS_BETWEEN_WORDS)
    if ready and len(streams) > 1:
        ready, _ = ray.wait(streams, num_returns=len(streams), timeout=0)
    return list(ready)


def _listen(ray: Any, stream: Any) -> Count | Piece | Done | Failed | _Lost:
    try:
        word = ray.get(next(stream))
    except StopIteration:
        return _Lost("it ended without an answer")
    except ray.exceptions.TaskCancelledError as error:  # by us, when nobody wanted it any more
        return _Lost(type(error).__name__)
    except ray.exceptions.RayTaskError as error:  # nothing of this project's was begun
        raise ConfigError(f"a node of the cluster cannot run llm-assets: install the same there as here ({error.cause})") from error
    except ray.exceptions.RayError as error:
        return _Lost(type(error).__name__)
    told: Count | Piece | Done | Failed = unpack(word, {}) if isinstance(word, bytes) else word
    return told

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
from llm_assets.engine.ray_cluster import count_cores, load_ray
from llm_assets.engine.ray_node import Order, serve_item
from llm_assets.engine.travel import unpack
from llm_assets.errors import ConfigError, DataError

ATTEMPTS = 5
"""Processes or nodes that an item may see lost before it is told: more than on one machine, since nodes come and go."""

QUEUED = 2
"""Items under way for each core, so that none waits for this loop, and a cluster that can grow sees that it should."""

WORDS_AHEAD = 8
"""Words of an item that may wait here; then it waits itself."""

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
    send = ray.remote(serve_item).options(
        num_cpus=1, max_retries=0, num_returns="streaming", _generator_backpressure_num_objects=WORDS_AHEAD, name=label
    )
    shared = ray.put(function)
    waiting, running, losses = deque(range(len(items))), dict[Any, int](), Counter[int]()
    answers: dict[int, Done | Failed] = {}
    try:
        for number in range(len(items)):
            while number not in answers:
                room = (limit or max(1, count_cores()) * QUEUED) - len(running)
                for each in [waiting.popleft() for _ in range(min(room, len(waiting)))]:
                    wanted = order(each)
                    if isinstance(wanted, Done):
                        answers[each] = wanted
                    else:
                        running[send.remote(shared, wanted)] = each
                for stream in _wait_for(ray, running):
                    each, word = running[stream], _listen(ray, stream)
                    if isinstance(word, Count):
                        meter.count(each, word.documents, word.share)
                        continue
                    del running[stream]
                    if isinstance(word, _Lost):
                        losses[each] += 1
                        if losses[each] < ATTEMPTS:
                            waiting.appendleft(each)
                            continue
                        told = f"{ATTEMPTS} processes or nodes were lost while {label} ({word.reason}): out of memory, or killed"
                        word = Failed(DataError(told, find_path(items[each])), "")
                    answers[each] = word
                meter.tell()
            answer = answers.pop(number)
            if isinstance(answer, Failed):
                raise answer.error from RemoteError(answer.trace)
            meter.finish()
            meter.tell()
            yield answer.result
    finally:  # also when the caller wants no more, or is interrupted
        _cancel(ray, list(running))


def _wait_for(ray: Any, running: dict[Any, int]) -> list[Any]:
    """Streams that have something to say; none, after a while of silence."""
    if not running:
        return []
    ready, _ = ray.wait(list(running), num_returns=1, timeout=SECONDS_BETWEEN_WORDS)
    if ready and len(running) > 1:
        ready, _ = ray.wait(list(running), num_returns=len(running), timeout=0)
    return list(ready)


def _listen(ray: Any, stream: Any) -> Count | Done | Failed | _Lost:
    try:
        word = ray.get(next(stream))
    except StopIteration:
        return _Lost("it ended without an answer")
    except ray.exceptions.RayTaskError as error:  # nothing of this project's was begun
        raise ConfigError(f"a node of the cluster cannot run llm-assets: install the same there as here ({error.cause})") from error
    except ray.exceptions.RayError as error:
        return _Lost(type(error).__name__)
    return word if isinstance(word, Count) else unpack(word, {})


def _cancel(ray: Any, streams: list[Any]) -> None:
    for stream in streams:
        with contextlib.suppress(Exception):
            ray.cancel(stream, force=True)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while streams and time.monotonic() < deadline:
        ready, _ = ray.wait(streams, num_returns=1, timeout=SECONDS_BETWEEN_WORDS)
        streams = [stream for stream in streams if stream not in ready or isinstance(_listen(ray, stream), Count)]

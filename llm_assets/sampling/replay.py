"""The step of one token, recorded once on a GPU and replayed (CUDA graphs).

A step launches some twenty kernels a layer, each of microseconds; launched one by one they take ten times as long as they run. What is
recorded has fixed shapes and addresses: places in the cache are read from a tensor, and attention looks at a round number of them,
those that are not yet written masked away. There is one recording for each such number.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from llm_assets.model.transformer import Cache, Transformer

LEAST_PLACES = 128
"""Places that the first recording looks at; each later one looks at twice as many, up to the context."""

WARM_STEPS = 2
"""Steps before one is recorded, in which libraries take what memory they keep."""


class FixedCache(Cache):
    """The room of another cache, for a step whose shapes do not depend on how much of it is filled.

    Each window's newest token is put at its place in ``places`` (B, 1), and sees the places up to that one. ``end`` places are looked at.
    """

    def __init__(self, cache: Cache, places: Tensor, end: int) -> None:
        self.store, self.lengths = cache.store, [0] * len(cache.lengths)
        self._rows = torch.arange(len(cache.lengths), device=cache.store.device)[:, None]
        self.places, self._places, self._end = places, places, end

    def begin(self, tokens: int) -> tuple[slice | Tensor, Tensor | None]:
        """As a cache does, for one token a window."""
        if tokens != 1:
            raise ValueError(f"a fixed step is of one token a window, and not of {tokens}")
        return self.places, torch.arange(self._end, device=self.store.device) <= self.places[:, None, :, None]

    def end(self, tokens: int) -> None:
        """Nothing: the cache that lent its room counts."""


@dataclass(frozen=True)
class _Recording:
    graph: torch.cuda.CUDAGraph
    fixed: FixedCache  # what the graph reads must outlive it
    logits: Tensor


class Replay:
    """Steps of one token a window, with the cache and the model that are given first, on a GPU."""

    def __init__(self, model: Transformer, cache: Cache) -> None:
        device, windows = cache.store.device, len(cache.lengths)
        self.model, self.cache = model, cache
        self._tokens, self._places = (torch.zeros(windows, 1, dtype=torch.int64, device=device) for _ in range(2))
        self._recordings: dict[int, _Recording] = {}
        self._pool = torch.cuda.graph_pool_handle()

    def step(self, newest: Tensor) -> Tensor:
        """(B, 1) tokens to (B, V) logits, which the next step overwrites. Each window must have room for one."""
        self._tokens.copy_(newest)
        self._places.copy_(torch.tensor(self.cache.lengths)[:, None])
        end = round_up(max(self.cache.lengths) + 1, self.model.dimensions.context)
        if end not in self._recordings:
            self._recordings[end] = self._record(end)
        self._recordings[end].graph.replay()
        self.cache.end(1)
        return self._recordings[end].logits

    def _record(self, end: int) -> _Recording:
        fixed, stream = FixedCache(self.cache, self._places, end), torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_STEPS):
                self.model(self._tokens, fixed)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            logits = self.model(self._tokens, fixed)[:, -1]
        return _Recording(graph, fixed, logits)


def round_up(places: int, context: int) -> int:
    """``places`` up to a power of two times :data:`LEAST_PLACES`, at most ``context``."""
    end = LEAST_PLACES
    while end < places:
        end *= 2
    return min(end, context)

"""Windows of tokens, in an order that a seed decides and a number restores.

Shards stay on disk as they are mapped; a window is a slice of one. Neighbouring windows share one token: the last target
of the one is the first input of the next, so that every token but a shard's first is a target once an epoch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import accumulate
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from numpy.lib.stride_tricks import as_strided
from torch import Tensor

from llm_assets.formats.manifest import Artefact
from llm_assets.formats.shard import ShardHeader, Tokens, list_shards, open_shard

Batch = tuple[Tensor, ...]
"""Inputs and targets, (windows, context) of int32 each; a target is the token after its input, or IGNORED. Where attention is kept to
documents, also the number of each input's document within its window. A device widens what it wants wider: half the bytes travel."""

IGNORED = -100
"""A target that is none: what torch's cross-entropy leaves out by default."""

Numbers = npt.NDArray[np.int64]

TOGETHER = 1 << 18
"""Tokens gathered at once: small batches are made several at a time, as handing one over costs more than making it."""

AHEAD = 4
"""So many gathers are under way or ready before they are asked for."""


def open_split(shards: Sequence[Artefact], split: str, tokenizer: str | None = None) -> list[tuple[ShardHeader, Tokens]]:
    """All shards of a split, in order, checked. DataError where one is damaged or of another tokenizer (sha256).

    Every byte is read once to be checked, several shards side by side: about a second for each 2 GB a core.
    """
    paths = [path for artefact in shards for path in list_shards(artefact, split)]
    with ThreadPoolExecutor() as pool:  # hashing and reading let go of Python's lock
        return list(pool.map(lambda path: open_shard(path, tokenizer=tokenizer), paths))


class WindowSource(Protocol):
    """Windows of ``context`` tokens, numbered from 0, that batches are made of."""

    context: int

    def __len__(self) -> int: ...

    def gather(self, numbers: Iterable[int] | Numbers) -> Batch:
        """The windows of these numbers."""


class Windows:
    """The whole windows of some shards, numbered through. A shard's tail shorter than a window belongs to none.

    With ``end_of_text`` a batch numbers the documents of each window too: that token, as an input, begins a document, since it is what
    the document's first token is predicted from.
    """

    def __init__(self, shards: Sequence[Tokens], context: int, end_of_text: int | None = None) -> None:
        self.context, self.end_of_text = context, end_of_text
        self._views = [_overlapping(tokens, context) for tokens in shards]
        self._dtype = np.result_type(*{tokens.dtype for tokens in shards}) if shards else np.dtype(np.uint16)
        self._first = np.array([0, *accumulate(len(view) for view in self._views)])

    def __len__(self) -> int:
        return int(self._first[-1])

    def locate(self, number: int) -> tuple[int, int]:
        """Shard number and first token of a window."""
        shard = int(np.searchsorted(self._first, number, side="right")) - 1
        return shard, (number - int(self._first[shard])) * self.context

    def gather(self, numbers: Iterable[int] | Numbers) -> Batch:
        """The windows of these numbers."""
        wanted = np.fromiter(numbers, np.int64) if not isinstance(numbers, np.ndarray) else numbers
        shards = np.searchsorted(self._first, wanted, side="right") - 1
        rows = np.empty((len(wanted), self.context + 1), self._dtype)
        for shard in np.unique(shards):
            places = np.flatnonzero(shards == shard)
            rows[places] = self._views[shard][wanted[places] - self._first[shard]]
        tokens = torch.from_numpy(rows.astype(np.int32))
        inputs, targets = tokens[:, :-1], tokens[:, 1:]
        if self.end_of_text is None:
            return inputs, targets
        return inputs, targets, (inputs == self.end_of_text).cumsum(1, dtype=torch.int32)

    def spread(self, most: int) -> list[int]:
        """At most ``most`` window numbers, evenly spaced over all."""
        count = min(most, len(self))
        return [place * len(self) // count for place in range(count)]


def _overlapping(tokens: Tokens, context: int) -> Tokens:
    """A shard's windows with the token after each, (windows, context + 1): a view, so a gather is one indexing."""
    count = max(0, len(tokens) - 1) // context
    return as_strided(tokens, (count, context + 1), (context * tokens.itemsize, tokens.itemsize), writeable=False)


class Batches:
    """A whole run's batches: each epoch a fresh permutation of all windows, one epoch after the other.

    Iterating goes on from ``position`` (batches given so far), which ``state_dict`` saves, so that a resumed run sees exactly
    what an undisturbed one would have. Batches are full: one that outlasts an epoch begins the next. A thread makes the next
    ones ready meanwhile. Memory: 8 bytes a window.
    """

    def __init__(self, windows: WindowSource, size: int, batches: int, seed: int) -> None:
        if not len(windows):
            raise ValueError(f"no shard has a window of {windows.context} tokens and the token after it")
        self.windows, self.size, self.batches, self.seed = windows, size, batches, seed
        self.position = 0
        self._process, self._processes = 0, 1
        self._epoch, self._order = -1, np.empty(0, np.int64)

    def __len__(self) -> int:
        return self.batches

    def share(self, process: int, processes: int) -> None:
        """Gives, from now on, only the windows of each batch that fall to one of several processes, which divide ``size``."""
        self._process, self._processes = process, processes

    def __iter__(self) -> Iterator[Batch]:
        waiting: deque[Future[list[Batch]]] = deque()
        together = max(1, TOGETHER // (self.size * self.windows.context))
        with ThreadPoolExecutor(1) as thread:  # one thread: it also holds the order of the epoch
            for start in range(self.position, self.batches, together):
                waiting.append(thread.submit(self._make, start, min(start + together, self.batches)))
                if len(waiting) > AHEAD:
                    yield from self._give(waiting)
            while waiting:
                yield from self._give(waiting)

    def _give(self, waiting: deque[Future[list[Batch]]]) -> Iterator[Batch]:
        for batch in waiting.popleft().result():
            self.position += 1
            yield batch

    def _make(self, start: int, end: int) -> list[Batch]:
        numbers = [self.numbers(position)[self._process :: self._processes] for position in range(start, end)]
        parts = self.windows.gather(np.concatenate(numbers))
        return list(zip(*(torch.split(part, self.size // self._processes) for part in parts), strict=True))

    def numbers(self, position: int) -> Numbers:
        """Window numbers of a whole batch, whichever process they fall to."""
        draw, end = position * self.size, (position + 1) * self.size
        parts = []
        while draw < end:
            epoch, place = divmod(draw, len(self.windows))
            part = self._permutation(epoch)[place : place + end - draw]
            parts.append(part)
            draw += len(part)
        return np.concatenate(parts)

    def _permutation(self, epoch: int) -> Numbers:
        if epoch != self._epoch:
            self._epoch, self._order = epoch, np.random.default_rng((self.seed, epoch)).permutation(len(self.windows))
        return self._order

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"position": self.position}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on where the checkpoint stood."""
        self.position = state["position"]


def in_batches(windows: Windows, numbers: Sequence[int], size: int) -> Iterator[Batch]:
    """The windows of these numbers, in their order, ``size`` at a time; the last batch may be smaller."""
    for start in range(0, len(numbers), size):
        yield windows.gather(numbers[start : start + size])

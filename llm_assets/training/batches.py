"""Windows of tokens, in an order that a seed decides and a number restores.

Shards stay on disk as they are mapped; a window is a slice of one. Neighbouring windows share one token: the last target
of the one is the first input of the next, so that every token but a shard's first is a target once an epoch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from torch import Tensor

from llm_assets.formats.manifest import Artefact
from llm_assets.formats.shard import ShardHeader, Tokens, open_shard

Batch = tuple[Tensor, Tensor]
"""Inputs and targets, (windows, context) of int64 each; a target is the token after its input."""


def open_split(shards: Sequence[Artefact], split: str, tokenizer: str | None = None) -> list[tuple[ShardHeader, Tokens]]:
    """All shards of a split, in order, checked. DataError where one is damaged or of another tokenizer (sha256)."""
    names = [(artefact, entry.path) for artefact in shards for entry in artefact.files]
    return [
        open_shard(artefact.path(name), tokenizer=tokenizer)
        for artefact, name in names
        if name.startswith(f"{split}-") and name.endswith(".tokens")
    ]


class Windows:
    """The whole windows of some shards, numbered through. A shard's tail shorter than a window belongs to none."""

    def __init__(self, shards: Sequence[Tokens], context: int) -> None:
        self.shards, self.context = shards, context
        counts = [max(0, len(tokens) - 1) // context for tokens in shards]
        self._first = [0, *accumulate(counts)]

    def __len__(self) -> int:
        return self._first[-1]

    def locate(self, number: int) -> tuple[int, int]:
        """Shard number and first token of a window."""
        shard = int(np.searchsorted(self._first, number, side="right")) - 1
        return shard, (number - self._first[shard]) * self.context

    def gather(self, numbers: Iterable[int]) -> Batch:
        """The windows of these numbers."""
        places = [self.locate(number) for number in numbers]
        rows = np.stack([self.shards[shard][start : start + self.context + 1] for shard, start in places]).astype(np.int64)
        tokens = torch.from_numpy(rows)
        return tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()

    def spread(self, most: int) -> list[int]:
        """At most ``most`` window numbers, evenly spaced over all."""
        count = min(most, len(self))
        return [place * len(self) // count for place in range(count)]


class Batches:
    """A whole run's batches: each epoch a fresh permutation of all windows, one epoch after the other.

    Iterating goes on from ``position`` (batches given so far), which ``state_dict`` saves, so that a resumed run sees exactly
    what an undisturbed one would have. Batches are full: one that outlasts an epoch begins the next. Memory: 8 bytes a window.
    """

    def __init__(self, windows: Windows, size: int, batches: int, seed: int) -> None:
        if not len(windows):
            raise ValueError(f"no shard has a window of {windows.context} tokens and the token after it")
        self.windows, self.size, self.batches, self.seed = windows, size, batches, seed
        self.position = 0
        self._epoch, self._order = -1, np.empty(0, np.int64)

    def __len__(self) -> int:
        return self.batches

    def __iter__(self) -> Iterator[Batch]:
        while self.position < self.batches:
            numbers = self.numbers(self.position)
            self.position += 1
            yield self.windows.gather(numbers)

    def numbers(self, position: int) -> list[int]:
        """Window numbers of a batch."""
        return [self._number(draw) for draw in range(position * self.size, (position + 1) * self.size)]

    def _number(self, draw: int) -> int:
        epoch, place = divmod(draw, len(self.windows))
        if epoch != self._epoch:
            self._epoch, self._order = epoch, np.random.default_rng((self.seed, epoch)).permutation(len(self.windows))
        return int(self._order[place])

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

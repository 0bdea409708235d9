"""Windows that cut no document that fits in one: best-fit packing.

A window of T targets is filled with whole documents, each followed by its end-of-text, and their inputs are the tokens before them:

    targets   b  i  r  d  .  <end>   a  n  t  <end>  ·  ·        · is padding, IGNORED
    inputs  <end> b  i  r  d  .    <end> a  n  t     ·  ·

So end-of-text stands before each document, as it does before a prompt; and every token is a target once an epoch, predicted from nothing
but its own document where attention is kept to documents. A document of more than T tokens is cut into pieces of T; its rest is packed
as the others are, its first input the last token of the piece before.

Ding et al. 2024, "Fewer truncations improve language modeling": documents in order of falling length, each into the window that it fills
best. What they pack one by one is here placed a length at a time: copies of one length fill the tightest windows in turn, whichever of
them comes first.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from llm_assets.formats.shard import Tokens
from llm_assets.training.batches import IGNORED, Batch, Numbers

SCANNED = 1 << 24
"""Tokens that are searched for end-of-text at once."""


class PackedWindows:
    """Windows of whole documents. In a batch, ``documents`` numbers the documents of each window, where ``masking`` asks for it.

    ``seed`` draws which of several documents of one length goes where, and the order within each window, so that neither the order of
    the corpus nor a length decides a document's neighbours. Memory: 20 bytes a document, and twice that while they are packed.
    """

    def __init__(self, shards: Sequence[Tokens], context: int, end_of_text: int, seed: int, *, masking: bool = False) -> None:
        self.context, self.end_of_text, self.masking = context, end_of_text, masking
        self._shards = [tokens.view(np.ndarray) for tokens in shards]
        cut = [_cut_documents(tokens, context, end_of_text) for tokens in self._shards]
        lengths = np.concatenate([np.empty(0, np.int32), *(pieces for _, pieces in cut)])
        random = np.random.default_rng((seed, context))
        mixed = random.permutation(lengths.size)
        windows = np.empty(lengths.size, np.int64)
        windows[mixed] = pack_best_fit(lengths[mixed], context)
        order = np.lexsort((random.random(lengths.size), windows))
        self._lengths = lengths[order]
        self._starts = np.concatenate([np.empty(0, np.int64), *(starts for starts, _ in cut)])[order]
        self._shard = np.repeat(np.arange(len(cut), dtype=np.int32), [len(pieces) for _, pieces in cut])[order]
        self._first = np.append(np.flatnonzero(np.diff(windows[order], prepend=-1)), order.size)

    def __len__(self) -> int:
        return len(self._first) - 1

    @property
    def tokens(self) -> int:
        """Targets of all windows, without the padding."""
        return int(self._lengths.sum())

    def pieces(self, number: int) -> Iterator[tuple[int, int, int]]:
        """What a window holds, in its order: shard, first token there, tokens."""
        for piece in range(self._first[number], self._first[number + 1]):
            yield int(self._shard[piece]), int(self._starts[piece]), int(self._lengths[piece])

    def gather(self, numbers: Iterable[int] | Numbers) -> Batch:
        """The windows of these numbers."""
        wanted = list(numbers)
        targets = np.full((len(wanted), self.context), IGNORED, np.int32)
        inputs = np.full_like(targets, self.end_of_text)
        documents = np.full_like(targets, -1)
        for row, number in enumerate(wanted):
            place = 0
            for document, (shard, start, length) in enumerate(self.pieces(number)):
                tokens, end = self._shards[shard], place + length
                targets[row, place:end] = tokens[start : start + length]
                inputs[row, place + 1 : end] = tokens[start : start + length - 1]
                if start:
                    inputs[row, place] = tokens[start - 1]
                documents[row, place:end] = document
                place = end
        parts = (inputs, targets, documents) if self.masking else (inputs, targets)
        return tuple(torch.from_numpy(part) for part in parts)


def _cut_documents(tokens: Tokens, context: int, end_of_text: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Starts and lengths of a shard's documents; of a long one, of its pieces."""
    found = [np.flatnonzero(tokens[start : start + SCANNED] == end_of_text) + start + 1 for start in range(0, tokens.size, SCANNED)]
    ends = np.concatenate([np.empty(0, np.int64), *found])
    if tokens.size and (not ends.size or ends[-1] < tokens.size):
        ends = np.append(ends, tokens.size)  # a text that was not ended
    starts = np.append(0, ends[:-1]) if ends.size else ends
    counts = -(-(ends - starts) // context)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    begins = np.repeat(starts, counts) + within * context
    return begins, np.minimum(context, np.repeat(ends, counts) - begins).astype(np.int32)


def pack_best_fit(lengths: npt.NDArray[np.integer], capacity: int) -> Numbers:
    """The window, from 0, that each piece goes to; each is of 1 to ``capacity`` tokens.

    >>> pack_best_fit(np.array([3, 6, 4, 7]), capacity=10).tolist()
    [0, 1, 1, 0]
    """
    windows = np.empty(lengths.size, np.int64)
    order = np.argsort(-lengths, kind="stable")
    spaces: list[int] = []  # sorted
    waiting: dict[int, list[Numbers]] = {}  # windows by the space left in them
    opened = 0

    def leave(space: int, some: Numbers) -> None:
        if space and some.size:
            if space not in waiting:
                insort(spaces, space)
            waiting.setdefault(space, []).append(some)

    for pieces in np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1) if order.size else ():
        length, placed = int(lengths[pieces[0]]), 0
        while placed < pieces.size:
            tightest = bisect_left(spaces, length)
            space = spaces.pop(tightest) if tightest < len(spaces) else capacity
            each = space // length  # having taken one, a window is tighter than any other, and takes the next
            needed = -(-(pieces.size - placed) // each)
            if space in waiting:
                open_windows = np.concatenate(waiting.pop(space))
            else:
                open_windows = np.arange(opened, opened + needed)
                opened += needed
            used, unused = open_windows[:needed], open_windows[needed:]
            some = pieces[placed : placed + used.size * each]
            windows[some] = np.repeat(used, each)[: some.size]
            whole, last = divmod(some.size, each)
            leave(space, unused)
            leave(space - each * length, used[:whole])
            leave(space - last * length, used[whole:])
            placed += some.size
    return windows

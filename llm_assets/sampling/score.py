"""The score of a model on token shards: in all, and of the domains and languages that the tokens come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import tokenizers
from torch import Tensor

from llm_assets.model.score import Score, score_windows
from llm_assets.model.transformer import Transformer
from llm_assets.sampling.sources import Sources
from llm_assets.tokenizer.bpe import token_bytes
from llm_assets.training.batches import Windows, in_batches

TOKENS_AT_ONCE = 1 << 14


def score_shards(
    model: Transformer, tokenizer: tokenizers.Tokenizer, windows: Windows, most: int | None = None, sources: Sources | None = None
) -> Score:
    """Loss and bits per byte on all windows, or on at most so many, evenly spaced. ``sources`` get what falls to each of them."""
    numbers = windows.spread(len(windows) if most is None else most)
    lengths = [len(raw) for raw in token_bytes(tokenizer)]
    batches = in_batches(windows, numbers, max(1, TOKENS_AT_ONCE // windows.context))
    return score_windows(model, batches, lengths, None if sources is None else _attribute(sources, windows, numbers))


def _attribute(sources: Sources, windows: Windows, numbers: Iterable[int]) -> Callable[[Tensor, Tensor], None]:
    """Gives the losses and raw bytes of batch after batch to ``sources``; the windows are those of ``numbers``, in their order."""
    following = iter(numbers)

    def watch(losses: Tensor, sizes: Tensor) -> None:
        for of_window, bytes_of_window in zip(losses.cpu().numpy(), sizes.cpu().numpy(), strict=True):
            shard, start = windows.locate(next(following))
            sources.add(shard, start + 1, of_window, bytes_of_window)

    return watch

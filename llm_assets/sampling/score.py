"""The score of a model on token shards: in all, and of the domains and languages that the tokens come from."""

from __future__ import annotations

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
    following = iter(numbers)

    def attribute(losses: Tensor, sizes: Tensor) -> None:
        for of_window, bytes_of_window in zip(losses.cpu().numpy(), sizes.cpu().numpy(), strict=True):
            shard, start = windows.locate(next(following))
            if sources is not None:
                sources.add(shard, start + 1, of_window, bytes_of_window)

    return score_windows(model, in_batches(windows, numbers, max(1, TOKENS_AT_ONCE // windows.context)), lengths, attribute)

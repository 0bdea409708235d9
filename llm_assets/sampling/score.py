"""The score of a model on token shards."""

from __future__ import annotations

import tokenizers

from llm_assets.model.score import Score, score_windows
from llm_assets.model.transformer import Transformer
from llm_assets.tokenizer.bpe import token_bytes
from llm_assets.training.batches import Windows, in_batches

TOKENS_AT_ONCE = 1 << 14


def score_shards(model: Transformer, tokenizer: tokenizers.Tokenizer, windows: Windows, most: int | None = None) -> Score:
    """Loss and bits per byte on all windows, or on at most so many, evenly spaced."""
    numbers = windows.spread(len(windows) if most is None else most)
    lengths = [len(raw) for raw in token_bytes(tokenizer)]
    return score_windows(model, in_batches(windows, numbers, max(1, TOKENS_AT_ONCE // windows.context)), lengths)

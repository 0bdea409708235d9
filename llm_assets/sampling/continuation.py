"""Several texts continued at once, token by token, with a cache of what was computed for the tokens before.

Each text has its own decoding and its own seed, so that it comes out the same whatever stands beside it (up to the rounding
of a product of matrices, which may differ with their size).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from llm_assets.model.transformer import Cache, Transformer
from llm_assets.sampling.config import Decoding
from llm_assets.sampling.decode import choose_token
from llm_assets.sampling.replay import Replay


class Continuation:
    """A text that is being written. Whoever reads along may end it by setting ``ended``."""

    def __init__(self, prompt: Sequence[int], decoding: Decoding) -> None:
        self.tokens, self.decoding = list(prompt), decoding
        self.left, self.ended = decoding.tokens, False
        self._generator = torch.Generator().manual_seed(decoding.seed)

    def add(self, logits: torch.Tensor, end: int) -> int | None:
        """Draws the next token from (V,) logits; None where that ends the text."""
        token = choose_token(logits, self.tokens, self.decoding, self._generator)
        if token == end:
            self.ended = True
            return None
        self.tokens.append(token)
        self.left -= 1
        self.ended = self.left == 0
        return token


@torch.no_grad()
def advance(model: Transformer, texts: Sequence[Continuation], end: int) -> Iterator[tuple[Continuation, int]]:
    """Each next token with the text that it belongs to, as it is drawn, until every text has ended.

    The model sees at most its context: a text that fills it goes on from the latest half of it.
    """
    context, device = model.dimensions.context, model.embed_tokens.weight.device
    running = list(texts)
    cache = Cache(model.dimensions, len(running), device, model.embed_tokens.weight.dtype)
    replay = None
    for row, text in enumerate(running):
        _refill(model, cache, row, text.tokens[-context:-1])
    while running:
        for row, text in enumerate(running):
            if cache.lengths[row] == context:
                _refill(model, cache, row, text.tokens[-max(1, context // 2) : -1])
        newest = torch.tensor([[text.tokens[-1]] for text in running])
        if device.type == "cuda":
            replay = replay or Replay(model, cache)
            logits = replay.step(newest)  # (B, V)
        else:
            logits = model(newest, cache)[:, -1]  # (B, V)
        for row, text in enumerate(running):
            token = text.add(logits[row], end)
            if token is not None:
                yield text, token
        staying = [row for row, text in enumerate(running) if not text.ended]
        if 0 < len(staying) < len(running):
            cache, replay = cache.select(staying), None
        running = [running[row] for row in staying]


def _refill(model: Transformer, cache: Cache, row: int, tokens: Sequence[int]) -> None:
    """Puts these tokens, and nothing else, into a row of the cache."""
    cache.lengths[row] = 0
    if tokens:
        alone = cache.select([row])
        model.hidden_states(torch.tensor([list(tokens)], device=cache.store.device), alone)
        cache.lengths[row] = alone.lengths[0]

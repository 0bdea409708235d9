"""From logits to the next token: penalty, temperature, top-k, top-p, min-p, in this order."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from llm_assets.sampling.config import Decoding


def choose_token(logits: Tensor, seen: Sequence[int], decoding: Decoding, generator: torch.Generator) -> int:
    """Draws a token from (V,) logits after the tokens ``seen``. Equal logits are ordered by token id."""
    logits = penalise(logits.float().cpu(), seen, decoding.repetition_penalty)
    if decoding.temperature == 0:
        return int(logits.argmax())
    probabilities, tokens = torch.sort((logits / decoding.temperature).softmax(-1), descending=True, stable=True)
    kept = keep_likely(probabilities, decoding)
    drawn = torch.multinomial(probabilities[:kept], 1, generator=generator)
    return int(tokens[drawn])


def penalise(logits: Tensor, seen: Sequence[int], penalty: float) -> Tensor:
    """(V,) logits with those of the tokens ``seen`` lowered."""
    if penalty == 1.0 or not seen:
        return logits
    tokens = torch.tensor(sorted(set(seen)))
    old = logits[tokens]
    return logits.scatter(0, tokens, torch.where(old > 0, old / penalty, old * penalty))


def keep_likely(probabilities: Tensor, decoding: Decoding) -> int:
    """How many of the (V,) probabilities, sorted downwards, may be drawn from: at least one."""
    kept = min(len(probabilities), decoding.top_k or len(probabilities))
    if decoding.top_p is not None:
        share = probabilities[:kept] / probabilities[:kept].sum()
        kept = min(kept, 1 + int((share.cumsum(0) < decoding.top_p).sum()))
    if decoding.min_p is not None:
        kept = min(kept, int((probabilities >= decoding.min_p * probabilities[0]).sum()))
    return kept

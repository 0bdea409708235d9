"""From logits to the next token: penalty, temperature, top-k, top-p, min-p, in this order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from llm_assets.sampling.config import Decoding


def choose_token(logits: Tensor, seen: Sequence[int], decoding: Decoding, generator: torch.Generator) -> int:
    """Draws a token from (V,) logits after the tokens ``seen``. Equal logits are ordered by token id."""
    probabilities, tokens = narrow(logits, seen, decoding)
    if decoding.temperature == 0:
        return int(tokens[0])
    return int(tokens[torch.multinomial(probabilities, 1, generator=generator)])


def narrow(logits: Tensor, seen: Sequence[int], decoding: Decoding) -> tuple[Tensor, Tensor]:
    """The tokens that may be drawn from (V,) logits after the tokens ``seen``, likeliest first: their weights and their ids, on the CPU.

    The weights are the probabilities before top-p and min-p took the rest away, so that they may sum to less than 1.
    """
    logits = penalise(logits.float(), seen, decoding.repetition_penalty)
    if decoding.temperature == 0:
        return torch.ones(1), logits.argmax()[None].cpu()
    logits, tokens = likeliest(logits / decoding.temperature, decoding.top_k)
    probabilities = logits.softmax(-1)
    kept = keep_likely(probabilities, decoding)
    return probabilities[:kept].cpu(), tokens[:kept].cpu()


def penalise(logits: Tensor, seen: Sequence[int], penalty: float) -> Tensor:
    """(V,) logits with those of the tokens ``seen`` lowered."""
    if penalty == 1.0 or not seen:
        return logits
    tokens = torch.tensor(sorted(set(seen)), device=logits.device)
    old = logits[tokens]
    return logits.scatter(0, tokens, torch.where(old > 0, old / penalty, old * penalty))


def likeliest(values: Tensor, count: int | None = None) -> tuple[Tensor, Tensor]:
    """The ``count`` largest of (V,) values, downwards, and where they stood; of equal ones the first. All without a count."""
    if count is None or count >= len(values) or values.device.type != "cpu":
        ordered, order = torch.sort(values, descending=True, stable=True)
        return ordered[:count], order[:count]
    # On a CPU a sort of the whole vocabulary, or torch's topk, would take a tenth of a small model's step.
    threshold = np.partition(values.numpy(), -count)[-count]
    (places,) = torch.nonzero(values >= float(threshold), as_tuple=True)
    ordered, order = torch.sort(values[places], descending=True, stable=True)
    return ordered[:count], places[order[:count]]


def keep_likely(probabilities: Tensor, decoding: Decoding) -> int:
    """How many of the probabilities, sorted downwards and summing to 1, may be drawn from: at least one."""
    kept = len(probabilities)
    if decoding.top_p is not None:
        kept = min(kept, 1 + int((probabilities.cumsum(0) < decoding.top_p).sum()))
    if decoding.min_p is not None:
        kept = min(kept, int((probabilities >= decoding.min_p * probabilities[0]).sum()))
    return kept

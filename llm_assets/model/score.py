"""How well a model predicts: the loss it is trained on, and the figures it is judged by."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own idiom
from torch import Tensor

from llm_assets.model.transformer import Transformer

CPU_LOGITS = 1 << 22
"""Logits computed at once on a CPU (16 MB). An allocation over 32 MB goes back to the system each time it is freed, and
the page faults of taking it again cost a fifth of a step."""


def next_token_loss(model: Transformer, tokens: Tensor, targets: Tensor, documents: Tensor | None = None) -> Tensor:
    """Mean cross-entropy, in nats a token, of ``targets`` after ``tokens``; (B, T) each. Negative targets are padding and do not count.

    Where ``documents`` numbers each token's document, (B, T), a token sees its own document alone.
    """
    pieces = _predict(model, tokens, targets, documents)
    total = sum(F.cross_entropy(logits, answers, reduction="sum") for logits, answers in pieces)
    return torch.as_tensor(total) / (targets >= 0).sum()


def token_losses(model: Transformer, tokens: Tensor, targets: Tensor, documents: Tensor | None = None) -> Tensor:
    """Cross-entropy in nats of each target, 0 of padding; (B, T) in, (B, T) out."""
    pieces = _predict(model, tokens, targets, documents)
    losses = [F.cross_entropy(logits, answers, reduction="none") for logits, answers in pieces]
    return torch.cat(losses).view(targets.shape)


def _predict(model: Transformer, tokens: Tensor, targets: Tensor, documents: Tensor | None) -> Iterator[tuple[Tensor, Tensor]]:
    """Logits (N, V) and targets (N,), a piece at a time."""
    hidden, answers = model.hidden_states(tokens, documents=documents).flatten(0, 1), targets.flatten().long()
    rows = max(1, CPU_LOGITS // model.dimensions.vocabulary) if hidden.device.type == "cpu" else len(answers)
    for piece, some in zip(torch.split(hidden, rows), torch.split(answers, rows), strict=True):
        yield model.head(piece), some


@dataclass(frozen=True)
class Score:
    """What a model makes of a text.

    ``loss`` is the mean over all ``tokens`` in nats. ``bits_per_byte`` leaves out tokens without bytes (end of text), so
    that it compares models of different tokenizers; NaN where there is no byte.
    """

    tokens: int
    loss: float
    bytes: int
    bits_per_byte: float

    @classmethod
    def of(cls, sums: Tensor) -> Score:
        """From what :func:`sum_windows` gave, or the sum of several of them."""
        tokens, nats, text_bytes, text_nats = sums.tolist()
        return cls(int(tokens), nats / tokens if tokens else math.nan, int(text_bytes), bits_per_byte(text_nats, int(text_bytes)))


def score_windows(
    model: Transformer,
    windows: Iterable[tuple[Tensor, ...]],
    token_lengths: Sequence[int],
    watch: Callable[[Tensor, Tensor], None] | None = None,
) -> Score:
    """Scores batches of (inputs, targets), (B, T) each, and documents as :func:`next_token_loss` has them where there are three.

    ``token_lengths`` holds the raw bytes of every token of the vocabulary. ``watch`` is told the losses in nats and the raw bytes of the
    targets of each batch, (B, T) each.
    """
    return Score.of(sum_windows(model, windows, token_lengths, watch))


@torch.no_grad()
def sum_windows(
    model: Transformer,
    windows: Iterable[tuple[Tensor, ...]],
    token_lengths: Sequence[int],
    watch: Callable[[Tensor, Tensor], None] | None = None,
) -> Tensor:
    """What a score is made of, so that parts of a text may be added up: tokens, their nats, their bytes, the nats of those with bytes.

    (4,) of float64; see :func:`score_windows`.
    """
    device = model.cos.device
    lengths = torch.tensor(token_lengths, dtype=torch.int64, device=device)
    sums = torch.zeros(4, dtype=torch.float64)
    for batch in windows:
        inputs, answers, *documents = (part.to(device) for part in batch)
        losses = token_losses(model, inputs, answers, *documents).double()
        answer_bytes = lengths[answers]
        text_nats = losses[answer_bytes > 0].sum()
        sums += torch.stack([torch.full_like(text_nats, answers.numel()), losses.sum(), answer_bytes.sum().double(), text_nats]).cpu()
        if watch is not None:
            watch(losses, answer_bytes)
    return sums


def bits_per_byte(nats: float, size: int) -> float:
    """Nats of a text over its bytes, in bits; NaN where it has none."""
    return nats / math.log(2) / size if size else math.nan

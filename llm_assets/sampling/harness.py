"""The model as lm-evaluation-harness drives one: log-likelihoods of continuations and of whole texts, and greedy answers.

What is encoded, cut and scored is what the harness's own ``HFLM`` does with the exported folder, so that figures of the two
compare; here the model runs as this project runs it. Wants the extra ``eval``, and touches no network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import tokenizers
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own idiom
from lm_eval.api.instance import Instance
from lm_eval.api.model import TemplateLM
from lm_eval.models.utils import normalize_gen_kwargs
from lm_eval.utils import get_rolling_token_windows, make_disjoint_window
from torch import Tensor

from llm_assets.errors import ConfigError
from llm_assets.model.score import CPU_LOGITS
from llm_assets.model.transformer import Transformer
from llm_assets.sampling.config import Decoding
from llm_assets.sampling.generate import continue_tokens
from llm_assets.tokenizer.bpe import encode_text, end_of_text

TOKENS_AT_ONCE = 1 << 13
"""Tokens of a forward pass, padding included."""

Encoded = tuple[Any, list[int], list[int]]
"""A request as the harness hands it on: its texts, ids of the context, ids of the continuation."""


class HarnessModel(TemplateLM):  # type: ignore[misc]  # the harness ships no types
    """An ``lm_eval.api.model.LM`` over this project's model and tokenizer.

    ``begin`` puts end-of-text before every text, as it stood before every document in training (``add_bos_token`` of HFLM);
    without it only an empty context gets one, which is HFLM's default.
    """

    def __init__(self, model: Transformer, tokenizer: tokenizers.Tokenizer, *, begin: bool = False) -> None:
        super().__init__()
        self.model, self.tokens, self.begin = model, tokenizer, begin
        self._device = model.embed_tokens.weight.device

    @property
    def eot_token_id(self) -> int:
        """End-of-text, which also stands for an empty context."""
        return end_of_text(self.tokens)

    @property
    def max_length(self) -> int:
        """Tokens that the model sees at most."""
        return self.model.dimensions.context

    def tok_encode(self, string: str, add_special_tokens: bool | None = None, **_: Any) -> list[int]:
        """Ids of a text."""
        start = [self.eot_token_id] if self.begin and add_special_tokens is not False else []
        return [*start, *encode_text(self.tokens, string)]

    def loglikelihood(self, requests: Sequence[Instance], disable_tqdm: bool = True) -> list[tuple[float, bool]]:
        """Log-likelihood of each continuation after its context, in nats, and whether greedy decoding gives it."""
        return [*super().loglikelihood(requests, disable_tqdm=disable_tqdm)]

    def loglikelihood_rolling(self, requests: Sequence[Instance], disable_tqdm: bool = False) -> list[float]:  # noqa: ARG002
        """Log-likelihood of each whole text after end-of-text, in windows of the model's context, in nats."""
        windows: list[Encoded] = []
        owners = []
        for number, request in enumerate(requests):
            ids = encode_text(self.tokens, request.args[0])
            for pair in get_rolling_token_windows(ids, self.eot_token_id, self.max_length, context_len=1):
                windows.append((None, *make_disjoint_window(pair)))
                owners.append(number)
        totals = [0.0] * len(requests)
        for owner, (likelihood, _) in zip(owners, self._loglikelihood_tokens(windows), strict=True):
            totals[owner] += likelihood
        return totals

    def generate_until(self, requests: Sequence[Instance], disable_tqdm: bool = False) -> list[str]:  # noqa: ARG002
        """What the model answers to each context: up to end-of-text, one of ``until``, or ``max_gen_toks`` (256) tokens."""
        prompts, decodings = [], []
        for context, wanted in (request.args for request in requests):
            decoding = read_decoding(wanted)
            room = max(1, self.max_length - decoding.tokens)
            prompts.append((self.tok_encode(context) or [self.eot_token_id])[-room:])
            decodings.append(decoding)
        texts = [""] * len(requests)
        together = max(1, TOKENS_AT_ONCE // self.max_length)
        for start in range(0, len(prompts), together):
            some = slice(start, start + together)
            for number, piece in continue_tokens(self.model, self.tokens, prompts[some], decodings[some]):
                texts[start + number] += piece
        return texts

    def _loglikelihood_tokens(self, requests: Sequence[Encoded], **kwargs: Any) -> list[tuple[float, bool]]:  # noqa: ARG002  # the signature of the harness
        """For each request the summed log-likelihood of its continuation, and whether every token of it is the likeliest."""
        pieces = [(number, tokens, count) for number, (_, context, ids) in enumerate(requests) for tokens, count in self._cut(context, ids)]
        pieces.sort(key=lambda piece: -len(piece[1]))
        totals, greedy = [0.0] * len(requests), [True] * len(requests)
        for batch in _batches(pieces):
            losses, likeliest = self._score([(tokens, count) for _, tokens, count in batch])
            for (number, _, _), loss, each in zip(batch, losses, likeliest, strict=True):
                totals[number] -= loss
                greedy[number] &= each
        return list(zip(totals, greedy, strict=True))

    def _cut(self, context: Sequence[int], continuation: Sequence[int]) -> Iterator[tuple[list[int], int]]:
        """Tokens that the model gets to see with the last one to predict, and how many of their end are scored.

        A continuation longer than the model's context, which HFLM refuses, is scored in stretches of half of it.
        """
        context = context or [self.eot_token_id]  # a context of nothing but blanks gives them to the continuation
        ids, stretch = [*context, *continuation], self.max_length
        if len(continuation) > stretch:
            stretch = max(1, stretch // 2)
        for start in range(len(context), len(ids), stretch):
            end = min(start + stretch, len(ids))
            yield ids[max(0, end - self.max_length - 1) : end], end - start

    @torch.no_grad()
    def _score(self, rows: Sequence[tuple[list[int], int]]) -> tuple[list[float], list[bool]]:
        """Summed losses in nats of the scored ends, and whether each is what greedy decoding says. Rows are padded on the right,
        which a causal model does not see."""
        longest = len(rows[0][0]) - 1
        inputs = torch.tensor([[*ids[:-1], *[0] * (longest + 1 - len(ids))] for ids, _ in rows], device=self._device)
        hidden = self.model.hidden_states(inputs)  # (B, T, D)
        scored = torch.cat([hidden[row, len(ids) - 1 - count : len(ids) - 1] for row, (ids, count) in enumerate(rows)])  # (N, D)
        answers = torch.tensor([token for ids, count in rows for token in ids[-count:]], device=self._device)  # (N,)
        losses, hits = self._compare(scored, answers)
        counts = [count for _, count in rows]
        return (
            [part.sum().item() for part in torch.split(losses, counts)],
            [bool(part.all()) for part in torch.split(hits, counts)],
        )

    def _compare(self, scored: Tensor, answers: Tensor) -> tuple[Tensor, Tensor]:
        """Loss of each answer, (N,) float64, and whether it is the likeliest token, (N,)."""
        losses, hits = [], []
        at_once = max(1, CPU_LOGITS // self.model.dimensions.vocabulary)
        for states, some in zip(torch.split(scored, at_once), torch.split(answers, at_once), strict=True):
            logits = self.model.head(states).float()
            losses.append(F.cross_entropy(logits, some, reduction="none").double())
            hits.append(logits.argmax(-1) == some)
        return torch.cat(losses), torch.cat(hits)


def read_decoding(wanted: dict[str, Any]) -> Decoding:
    """A task's ``generation_kwargs`` as a decoding; greedy unless it says otherwise. ConfigError names what is not known here."""
    kwargs = normalize_gen_kwargs(wanted)
    until = kwargs.pop("until", [])
    stop = tuple(text for text in ([until] if isinstance(until, str) else until or ()) if text)
    sampled = kwargs.pop("do_sample", False)
    temperature = kwargs.pop("temperature", 1.0)
    fields = {"tokens": kwargs.pop("max_gen_toks"), "temperature": temperature if sampled else 0.0, "stop": stop}
    known = ("top_k", "top_p", "min_p", "repetition_penalty", "seed")
    if unknown := sorted(set(kwargs) - set(known)):
        raise ConfigError(f"generation_kwargs: {unknown[0]} is not known here; there are: until, max_gen_toks, {', '.join(known)}")
    return Decoding(**{**fields, "top_k": None, **kwargs})


def _batches(pieces: Sequence[tuple[int, list[int], int]]) -> Iterator[Sequence[tuple[int, list[int], int]]]:
    """Pieces, longest first, so many at a time that a forward pass has no more than TOKENS_AT_ONCE."""
    start = 0
    while start < len(pieces):
        end = start + max(1, TOKENS_AT_ONCE // len(pieces[start][1]))
        yield pieces[start:end]
        start = end

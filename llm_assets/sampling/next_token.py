"""What the model holds likely to come next, in a text of one's own or in a shard, where the right answer is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import tokenizers
import torch
from torch import Tensor

from llm_assets.model.transformer import Transformer
from llm_assets.pii.redact import redact_for_display
from llm_assets.sampling.config import Decoding
from llm_assets.sampling.decode import likeliest, narrow
from llm_assets.sampling.generate import encode_prompt
from llm_assets.sampling.prediction import Candidate, Prediction, Table
from llm_assets.tokenizer.bpe import encode_text, token_bytes
from llm_assets.training.batches import Windows

WINDOW_SHOWN = 32
"""Latest tokens of a window that are kept for a person to read."""

UNUSED = "[unused]"
"""Shown for an id that no token has."""


def next_tokens(model: Transformer, tokenizer: tokenizers.Tokenizer, prompt: str, top: int = 10, correct: str | None = None) -> Prediction:
    """What is expected after a prompt, of which the model sees the latest context; ``correct`` begins with what came."""
    texts, tokens = token_texts(tokenizer), encode_prompt(tokenizer, prompt)[-model.dimensions.context :]
    answer = encode_text(tokenizer, correct)[0] if correct else None
    return Prediction(**_look(predict(model, tokens), tokens, texts, top, answer))


def tabulate_windows(
    model: Transformer, tokenizer: tokenizers.Tokenizer, windows: Windows, numbers: Sequence[int], top: int = 10
) -> Iterator[Table]:
    """A table for the token after each of these windows."""
    texts = token_texts(tokenizer)
    for number in numbers:
        inputs, targets = windows.gather([number])
        tokens, answer = inputs[0].tolist(), int(targets[0, -1])
        shard, start = windows.locate(number)
        yield Table(
            shard=shard,
            position=start + len(tokens),
            text=tokenizer.decode(tokens, skip_special_tokens=False),
            **_look(predict(model, tokens), tokens, texts, top, answer),
        )


def continue_with(
    model: Transformer,
    tokenizer: tokenizers.Tokenizer,
    texts: Sequence[str],
    prompt: str,
    chosen: Sequence[int],
    top: int,
    decoding: Decoding,
) -> Prediction:
    """What a decoding draws from after a prompt and the tokens ``chosen`` after it. ``texts`` are those of :func:`token_texts`."""
    tokens = [*encode_prompt(tokenizer, prompt), *chosen][-model.dimensions.context :]
    weights, ids = narrow(_find_logits(model, tokens), tokens, decoding)
    probabilities = (weights / weights.sum())[:top].tolist()
    candidates = tuple(Candidate(token, texts[token], each) for token, each in zip(ids[:top].tolist(), probabilities, strict=True))
    return Prediction(window=_show_window([texts[token] for token in tokens[-WINDOW_SHOWN:]]), candidates=candidates)


def predict(model: Transformer, tokens: Sequence[int]) -> Tensor:
    """(V,) probabilities of the token after these, on the CPU."""
    return _find_logits(model, tokens).softmax(-1).cpu()


@torch.no_grad()
def _find_logits(model: Transformer, tokens: Sequence[int]) -> Tensor:
    """(V,) logits of the token after these."""
    window = torch.tensor([list(tokens)], device=model.embed_tokens.weight.device)
    return model.head(model.hidden_states(window)[0, -1]).float()


def token_texts(tokenizer: tokenizers.Tokenizer) -> list[str]:
    """What each token looks like; a special one bears its name. A tokenizer from elsewhere may leave ids unused."""
    raw = enumerate(token_bytes(tokenizer))
    return [each.decode("utf-8", "backslashreplace") or tokenizer.id_to_token(token) or UNUSED for token, each in raw]


def _look(probabilities: Tensor, tokens: Sequence[int], texts: Sequence[str], top: int, answer: int | None) -> dict[str, Any]:
    """The fields of a prediction."""
    pairs = zip(*(column.tolist() for column in likeliest(probabilities, top)), strict=True)
    fields: dict[str, Any] = {
        "window": _show_window([texts[token] for token in tokens[-WINDOW_SHOWN:]]),
        "candidates": tuple(Candidate(token, texts[token], probability) for probability, token in pairs)[:top],
    }
    if answer is not None:
        fields["correct"] = Candidate(answer, texts[answer], float(probabilities[answer]))
        fields["rank"] = int((probabilities > probabilities[answer]).sum())
    return fields


def _show_window(texts: Sequence[str]) -> tuple[str, ...]:
    joined = "".join(texts)
    redacted = redact_for_display(joined)
    return tuple(texts) if redacted == joined else (redacted,)

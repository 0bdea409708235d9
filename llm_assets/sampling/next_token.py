"""What the model holds likely to come next, in a text of one's own or in a shard, where the right answer is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tokenizers
import torch
from torch import Tensor

from llm_assets.model.transformer import Transformer
from llm_assets.sampling.generate import encode_prompt
from llm_assets.tokenizer.bpe import token_bytes
from llm_assets.training.batches import Windows


@dataclass(frozen=True)
class Candidate:
    """A token that may come next. Bytes of its text that are no whole character are shown by number."""

    token: int
    text: str
    probability: float


@dataclass(frozen=True)
class Table:
    """The likeliest next tokens after a window of a shard, and the one that came.

    ``shard`` numbers the shards of the split, ``position`` is the token's in it, ``text`` the window's; ``rank`` counts the
    tokens held likelier than the correct one.
    """

    shard: int
    position: int
    text: str
    candidates: tuple[Candidate, ...]
    correct: Candidate
    rank: int


def next_tokens(model: Transformer, tokenizer: tokenizers.Tokenizer, prompt: str, top: int = 10) -> list[Candidate]:
    """The ``top`` likeliest tokens after a prompt, likeliest first; of a long one the model sees its latest context."""
    tokens = encode_prompt(tokenizer, prompt)[-model.dimensions.context :]
    return _rank(predict(model, tokens), token_texts(tokenizer), top)


def tabulate_windows(
    model: Transformer, tokenizer: tokenizers.Tokenizer, windows: Windows, numbers: Sequence[int], top: int = 10
) -> Iterator[Table]:
    """A table for the token after each of these windows."""
    texts = token_texts(tokenizer)
    for number in numbers:
        inputs, targets = windows.gather([number])
        tokens, answer = inputs[0].tolist(), int(targets[0, -1])
        probabilities = predict(model, tokens)
        shard, start = windows.locate(number)
        yield Table(
            shard=shard,
            position=start + len(tokens),
            text=tokenizer.decode(tokens, skip_special_tokens=False),
            candidates=tuple(_rank(probabilities, texts, top)),
            correct=Candidate(answer, texts[answer], float(probabilities[answer])),
            rank=int((probabilities > probabilities[answer]).sum()),
        )


@torch.no_grad()
def predict(model: Transformer, tokens: Sequence[int]) -> Tensor:
    """(V,) probabilities of the token after these, on the CPU."""
    window = torch.tensor([list(tokens)], device=model.embed_tokens.weight.device)
    return model.head(model.hidden_states(window)[0, -1]).float().softmax(-1).cpu()


def token_texts(tokenizer: tokenizers.Tokenizer) -> list[str]:
    """What each token looks like; a special one bears its name."""
    return [
        raw.decode("utf-8", "backslashreplace") or str(tokenizer.id_to_token(token)) for token, raw in enumerate(token_bytes(tokenizer))
    ]


def _rank(probabilities: Tensor, texts: Sequence[str], top: int) -> list[Candidate]:
    likeliest, tokens = torch.sort(probabilities, descending=True, stable=True)
    pairs = zip(likeliest[:top].tolist(), tokens[:top].tolist(), strict=True)
    return [Candidate(token, texts[token], probability) for probability, token in pairs]

"""Continues a text, token by token, with a cache of what was computed for the tokens before."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from pathlib import Path

import tokenizers
import torch

from llm_assets.model.device import choose_device
from llm_assets.model.export import load_model
from llm_assets.model.transformer import Cache, Transformer
from llm_assets.sampling.config import Decoding
from llm_assets.sampling.decode import choose_token
from llm_assets.tokenizer.bpe import encode_text, end_of_text, load_tokenizer, token_bytes


def open_model(folder: Path, device: str = "auto") -> tuple[Transformer, tokenizers.Tokenizer]:
    """The model and the tokenizer of a model's folder."""
    return load_model(folder, choose_device(device)), load_tokenizer(folder / "tokenizer.json")


def generate(model: Transformer, tokenizer: tokenizers.Tokenizer, prompt: str, decoding: Decoding | None = None) -> str:
    """The model's continuation of a prompt, without the prompt."""
    return "".join(stream(model, tokenizer, prompt, decoding))


def stream(model: Transformer, tokenizer: tokenizers.Tokenizer, prompt: str, decoding: Decoding | None = None) -> Iterator[str]:
    """The continuation in pieces, each as soon as it is sure: whole characters that begin no stop text."""
    decoding = decoding or Decoding()
    raw = token_bytes(tokenizer)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    waiting = ""
    longest = max(map(len, decoding.stop), default=1)
    for token in generate_tokens(model, encode_prompt(tokenizer, prompt), decoding, end_of_text(tokenizer)):
        waiting += decoder.decode(raw[token])
        cut = min((place for place in map(waiting.find, decoding.stop) if place >= 0), default=None)
        if cut is not None:
            yield waiting[:cut]
            return
        sure = max(0, len(waiting) - longest + 1)
        if sure:
            yield waiting[:sure]
            waiting = waiting[sure:]
    waiting += decoder.decode(b"", final=True)
    if waiting:
        yield waiting


def encode_prompt(tokenizer: tokenizers.Tokenizer, prompt: str) -> list[int]:
    """Ids of a prompt as the start of a text: in the shards, too, end-of-text comes before each."""
    return [end_of_text(tokenizer), *encode_text(tokenizer, prompt)]


@torch.no_grad()
def generate_tokens(model: Transformer, prompt: Sequence[int], decoding: Decoding, end: int) -> Iterator[int]:
    """Ids that follow those of the prompt, ``decoding.tokens`` at most, until ``end``, which is not given.

    The model sees at most its context: once that is full, it goes on from the latest half of it.
    """
    context, device = model.dimensions.context, model.embed_tokens.weight.device
    generator = torch.Generator().manual_seed(decoding.seed)
    tokens = list(prompt)
    cache, unread = Cache(model.dimensions, device=device), tokens[-context:]
    for _ in range(decoding.tokens):
        hidden = model.hidden_states(torch.tensor([unread], device=device), cache)  # (1, T, D)
        token = choose_token(model.head(hidden[0, -1]), tokens, decoding, generator)
        if token == end:
            return
        yield token
        tokens.append(token)
        unread = [token]
        if cache.length == context:
            cache.length, unread = 0, tokens[-max(1, context // 2) :]

"""Continues texts: prompts in, what a model says out, whole or piece by piece."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from pathlib import Path

import tokenizers

from llm_assets.model.device import choose_device
from llm_assets.model.export import load_model
from llm_assets.model.transformer import Transformer
from llm_assets.sampling.config import Decoding
from llm_assets.sampling.continuation import Continuation, advance
from llm_assets.tokenizer.bpe import encode_text, end_of_text, load_tokenizer, token_bytes


def open_model(folder: Path, device: str = "auto") -> tuple[Transformer, tokenizers.Tokenizer]:
    """The model and the tokenizer of a model's folder."""
    return load_model(folder, choose_device(device)), load_tokenizer(folder / "tokenizer.json")


def generate(model: Transformer, tokenizer: tokenizers.Tokenizer, prompts: Sequence[str], decodings: Sequence[Decoding]) -> list[str]:
    """The continuation of each prompt, without the prompt, all written at once."""
    texts = [""] * len(prompts)
    for number, piece in stream(model, tokenizer, prompts, decodings):
        texts[number] += piece
    return texts


def stream(
    model: Transformer, tokenizer: tokenizers.Tokenizer, prompts: Sequence[str], decodings: Sequence[Decoding]
) -> Iterator[tuple[int, str]]:
    """The continuations in pieces, each with the number of its prompt, as soon as it is sure: whole characters that begin no
    stop text."""
    yield from continue_tokens(model, tokenizer, [encode_prompt(tokenizer, prompt) for prompt in prompts], decodings)


def continue_tokens(
    model: Transformer, tokenizer: tokenizers.Tokenizer, prompts: Sequence[Sequence[int]], decodings: Sequence[Decoding]
) -> Iterator[tuple[int, str]]:
    """The same for prompts as ids, which begin as they are."""
    raw, end = token_bytes(tokenizer), end_of_text(tokenizer)
    texts = [Continuation(prompt, decoding) for prompt, decoding in zip(prompts, decodings, strict=True)]
    writers = {id(text): (number, _Writer(text.decoding.stop)) for number, text in enumerate(texts)}
    for text, token in advance(model, texts, end):
        number, writer = writers[id(text)]
        piece = writer.write(raw[token])
        text.ended |= writer.stopped
        if piece:
            yield number, piece
    for number, writer in writers.values():
        if rest := writer.close():
            yield number, rest


def encode_prompt(tokenizer: tokenizers.Tokenizer, prompt: str) -> list[int]:
    """Ids of a prompt as the start of a text: in the shards, too, end-of-text comes before each."""
    return [end_of_text(tokenizer), *encode_text(tokenizer, prompt)]


class _Writer:
    """Bytes of tokens in, text out that no later byte can change and that no stop text begins."""

    def __init__(self, stop: Sequence[str]) -> None:
        self.stopped = False
        self._stop, self._held = stop, max(map(len, stop), default=1) - 1
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting = ""

    def write(self, raw: bytes) -> str:
        return self._release(self._decoder.decode(raw), self._held)

    def close(self) -> str:
        """What still waited, at the end of the text; nothing where a stop text ended it."""
        return "" if self.stopped else self._release(self._decoder.decode(b"", final=True), 0)

    def _release(self, text: str, held: int) -> str:
        self._waiting += text
        cut = min((place for place in map(self._waiting.find, self._stop) if place >= 0), default=None)
        self.stopped = cut is not None
        sure = max(0, len(self._waiting) - held) if cut is None else cut
        released, self._waiting = self._waiting[:sure], self._waiting[sure:]
        return released

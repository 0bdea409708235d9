"""A text as a tokenizer sees it, for eyes: each token with its id, its bytes and what can be shown of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tokenizers

from llm_assets.tokenizer.bpe import encode_text
from llm_assets.tokenizer.compression import escape_bytes


@dataclass(frozen=True)
class ShownToken:
    """A token of a text: ``bytes`` in hex, ``text`` with what cannot be seen, or is part of a character, escaped."""

    id: int
    bytes: str
    text: str


def show_tokens(tokenizer: tokenizers.Tokenizer, raw: Sequence[bytes], text: str) -> list[ShownToken]:
    """The tokens of a text; ``raw`` are the bytes of each id (:func:`llm_assets.tokenizer.bpe.token_bytes`). Nothing is redacted."""
    return [ShownToken(token, raw[token].hex(" "), escape_bytes(raw[token])) for token in encode_text(tokenizer, text)]

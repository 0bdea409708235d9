"""What a tokenizer makes of texts: bytes a token, overall and by language, and its longest tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import tokenizers

from llm_assets.tokenizer.bpe import encode_text, token_bytes

LONGEST_TOKENS = 32


def describe_compression(tokenizer: tokenizers.Tokenizer, documents: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Vocabulary, bytes and tokens of the documents (language, text) in all and by language, and the longest tokens.

    Long tokens show what the corpus repeats: rules of dashes, boilerplate, markup that was left in.
    """
    languages: dict[str, dict[str, int]] = {}
    for language, text in documents:
        counts = languages.setdefault(language, {"documents": 0, "bytes": 0, "tokens": 0})
        counts["documents"] += 1
        counts["bytes"] += len(text.encode())
        counts["tokens"] += len(encode_text(tokenizer, text))
    total = {name: sum(counts[name] for counts in languages.values()) for name in ("documents", "bytes", "tokens")}
    longest = sorted(token_bytes(tokenizer), key=lambda raw: (-len(raw), raw))[:LONGEST_TOKENS]
    return {
        "vocabulary": tokenizer.get_vocab_size(),
        **_with_ratio(total),
        "languages": {language: _with_ratio(counts) for language, counts in sorted(languages.items())},
        "longest_tokens": [escape_bytes(raw) for raw in longest],
    }


def escape_bytes(raw: bytes) -> str:
    r"""Bytes as a text that can be shown: what cannot be seen, or is part of a character, is escaped.

    >>> print(escape_bytes("é\n\u202e".encode() + b"\xff"))
    é\n\u202e\xff
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in raw.decode("utf-8", "backslashreplace")
    )


def _with_ratio(counts: dict[str, int]) -> dict[str, float]:
    return counts | {"bytes_per_token": round(counts["bytes"] / max(counts["tokens"], 1), 4)}

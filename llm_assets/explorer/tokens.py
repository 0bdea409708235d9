"""View *tokens*: a text in tokens, by the root's tokenizer or another that was added to it.

The text is the reader's own, and comes back as it was sent: redacted, its ids and bytes would no longer be those of the text.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from llm_assets.explorer.holdings import PROJECT, Holdings

MOST_CHARACTERS = 20_000


class Text(BaseModel):
    """What is to be encoded, and by which tokenizer."""

    text: str = Field(max_length=MOST_CHARACTERS)
    tokenizer: str = Field(default=PROJECT, max_length=100)


def make_routes(holdings: Holdings) -> APIRouter:
    """``tokenizers`` and ``tokens``."""
    routes = APIRouter()

    @routes.get("/tokenizers")
    def list_tokenizers() -> dict[str, Any]:
        return {"tokenizers": list(holdings.tokenizer_files())}

    @routes.post("/tokens")
    def encode(asked: Text) -> dict[str, Any]:
        from llm_assets.tokenizer.shown import show_tokens

        held = holdings.tokenizer(asked.tokenizer)
        tokens = [{"id": token.id, "bytes": token.bytes} for token in show_tokens(held.tokenizer, held.raw, asked.text)]
        return {"tokens": tokens, "bytes": len(asked.text.encode()), "vocabulary": len(held.raw)}

    return routes

"""View *next token*: the window, and what the model holds likely to come next."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from llm_assets.display import for_plain_text
from llm_assets.explorer.holdings import Holdings

MOST_CHARACTERS = 20_000
MOST_CHOSEN = 1_000
MOST_BARS = 100


class Prompt(BaseModel):
    """The beginning of a text, the tokens chosen after it, and how the model's distribution is bent."""

    text: str = Field(default="", max_length=MOST_CHARACTERS)
    chosen: list[Annotated[int, Field(ge=0)]] = Field(default_factory=list, max_length=MOST_CHOSEN)
    temperature: float = Field(default=1.0, ge=0, le=5)
    top_k: int | None = Field(default=None, ge=1)
    top: int = Field(default=12, ge=1, le=MOST_BARS)


def make_routes(holdings: Holdings) -> APIRouter:
    """``next``."""
    routes = APIRouter()

    @routes.post("/next")
    def predict(asked: Prompt) -> dict[str, Any]:
        held = holdings.model()
        from llm_assets.sampling.config import Decoding
        from llm_assets.sampling.next_token import continue_with

        if any(token >= len(held.texts) for token in asked.chosen):
            raise HTTPException(400, f"the model has {len(held.texts):,} tokens, numbered from 0")
        decoding = Decoding(temperature=asked.temperature, top_k=asked.top_k)
        with held.turn:
            seen = continue_with(held.model, held.tokenizer, held.texts, asked.text, asked.chosen, asked.top, decoding)
        return {
            "window": [for_plain_text(each) for each in seen.window],
            "candidates": [asdict(each) | {"text": for_plain_text(each.text)} for each in seen.candidates],
            "context": held.model.dimensions.context,
        }

    return routes

"""View *generate and trace*: a sample as it is written, and what of a text stands word for word in the training set."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from threading import BoundedSemaphore

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from llm_assets.display import for_plain_text
from llm_assets.errors import LLMAssetsError
from llm_assets.explorer.holdings import HeldModel, Holdings

MOST_CHARACTERS = 4_000
MOST_TOKENS = 500
SAMPLES = 32
"""Samples written at once, each with a cache of its own; who comes after waits and tries again."""

SECONDS = 120.0
"""A sample that takes longer, as one that nobody reads, is ended."""


class Prompt(BaseModel):
    """The beginning of a text, and how it is gone on with."""

    text: str = Field(default="", max_length=MOST_CHARACTERS)
    tokens: int = Field(default=100, ge=1, le=MOST_TOKENS)
    temperature: float = Field(default=0.8, ge=0, le=5)
    top_k: int | None = Field(default=50, ge=1)
    seed: int = Field(default=0, ge=0, lt=1 << 53)


def make_routes(holdings: Holdings) -> APIRouter:
    """``generate``: lines of JSON, each a piece of the text, redacted."""
    routes = APIRouter()
    places = BoundedSemaphore(SAMPLES)

    @routes.post("/generate")
    def generate(asked: Prompt) -> StreamingResponse:
        held = holdings.model()
        return StreamingResponse(_write_lines(held, asked, places), media_type="application/x-ndjson")

    return routes


def _write_lines(held: HeldModel, asked: Prompt, places: BoundedSemaphore) -> Iterator[str]:
    """Lines of one sample. Its place is given back at its end, and where nobody reads it to its end."""
    from llm_assets.sampling.shown import redact_pieces

    if not places.acquire(blocking=False):
        yield _write_line(error=f"{SAMPLES} samples are being written already: try again in a moment")
        return
    try:
        for piece in redact_pieces(_take_turns(held, asked)):
            if piece:
                yield _write_line(text=piece)
    except LLMAssetsError as error:
        yield _write_line(error=for_plain_text(str(error)))
    finally:
        places.release()


def _write_line(**told: str) -> str:
    return json.dumps(told) + "\n"


def _take_turns(held: HeldModel, asked: Prompt) -> Iterator[str]:
    """Pieces of the text. The model is held for one token at a time, so that nobody waits for another's reader."""
    from llm_assets.sampling.config import Decoding
    from llm_assets.sampling.generate import stream

    decoding = Decoding(tokens=asked.tokens, temperature=asked.temperature, top_k=asked.top_k, seed=asked.seed)
    pieces = stream(held.model, held.tokenizer, [asked.text], [decoding])
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with held.turn:
            found = next(pieces, None)
        if found is None:
            return
        yield found[1]

"""View *generate and trace*: what of a text stands word for word in the training set, and on which pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from llm_assets.display import for_plain_text
from llm_assets.explorer.holdings import Holdings
from llm_assets.plain_values import make_plain

MOST_CHARACTERS = 20_000
MOST_SOURCES = 10


class Text(BaseModel):
    """What is looked for: runs of ``least`` tokens or more."""

    text: str = Field(max_length=MOST_CHARACTERS)
    least: int = Field(default=8, ge=2, le=1_000)


def make_routes(holdings: Holdings) -> APIRouter:
    """``trace``: the text in pieces, each with the numbers of the runs that hold it, and the runs with their pages."""
    routes = APIRouter()

    @routes.post("/trace")
    def trace(asked: Text) -> dict[str, Any]:
        tracer = holdings.tracer()
        from llm_assets.provenance import source_runs
        from llm_assets.trace.shown import show_pieces

        traced = tracer.trace(asked.text, asked.least, MOST_SOURCES)
        with holdings.catalog() as connection:
            runs = source_runs(connection, traced)
        return {
            "pieces": [{"text": text, "runs": held_by} for text, held_by in show_pieces(traced)],
            "runs": [make_plain("", asdict(run), for_plain_text) for run in runs],
            "tokens": traced.tokens,
            "least": asked.least,
        }

    return routes

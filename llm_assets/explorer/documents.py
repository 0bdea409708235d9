"""View *documents*: found by URL or by text; the journey of one from raw page to shard; and the funnel of all."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from llm_assets.catalog import fetch_rows
from llm_assets.display import for_plain_text
from llm_assets.explorer.holdings import Holdings
from llm_assets.families import tell_family
from llm_assets.plain_values import make_plain

QUERIES = {"url": "explorer/by_url", "text": "explorer/by_text"}
MOST_FOUND = 50
MOST_MEMBERS = 100
AROUND = 80
"""Characters shown on each side of what was found."""

TEXT_CHARACTERS = 20_000
MARGIN = 128
"""Characters read past those shown, so that the redactor sees an address whole that they would cut."""


def make_routes(holdings: Holdings) -> APIRouter:
    """``documents``, ``document`` and ``funnel``."""
    routes = APIRouter()

    @routes.get("/documents")
    def search(words: Annotated[str, Query(max_length=300)] = "", by: Literal["url", "text"] = "url") -> dict[str, Any]:
        if by == "text" and not words.strip():
            return {"documents": [], "more": False}
        parameters = {"words": words, "most": MOST_FOUND + 1} | ({"around": AROUND + MARGIN} if by == "text" else {})
        with holdings.catalog() as connection:
            rows = fetch_rows(connection, QUERIES[by], **parameters)
        for row in rows:
            if "excerpt" in row:
                row["excerpt"] = _cut_excerpt(row.pop("excerpt"), row.pop("cut_before"), row.pop("cut_behind"))
        return _plain({"documents": rows[:MOST_FOUND], "more": len(rows) > MOST_FOUND})

    @routes.get("/document")
    def tell(key: Annotated[str, Query(pattern=r"^\d{1,5}-\d{1,8}-\d{1,8}$")]) -> dict[str, Any]:
        from llm_assets.explain import tell_lives

        recipe = holdings.recipe()
        with holdings.catalog() as connection:
            (life,) = tell_lives(connection, holdings.root, recipe, key)
            doc = life.capture["doc"]
            members = tell_family(connection, doc).members
            texts = fetch_rows(connection, "explorer/text", doc=doc, most=TEXT_CHARACTERS + MARGIN)
        told = life.as_json() | {"reason": life.reason, "unbounded": dict(life.unbounded)}
        told["judged"] = [
            {"rule": each.rule, "measured": each.measured, "asked": each.asked, "within": each.within} for each in life.judged
        ]
        if life.elder:
            told["capture"] = {**life.capture, "detail": None}  # the elder's key, which stands on a line of its own
        told |= {"members": members[:MOST_MEMBERS], "members_in_all": len(members)}
        text = _show_text(texts[0]) if texts else {"text": None, "characters": 0}
        return _plain(told) | text

    @routes.get("/funnel")
    def funnel() -> dict[str, Any]:
        with holdings.catalog() as connection:
            return _plain({"funnel": fetch_rows(connection, "explain/funnel", crawl=None)})

    return routes


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """As JSON has it, what pages say redacted and harmless."""
    plain: dict[str, Any] = make_plain("", value, for_plain_text)
    return plain


def _cut_excerpt(excerpt: str, cut_before: bool, cut_behind: bool) -> str:
    """What stands around the words, without the margins, where an address may have been cut."""
    shown = for_plain_text(excerpt)
    start, end = MARGIN if cut_before else 0, len(shown) - (MARGIN if cut_behind else 0)
    return "…" * cut_before + shown[start:end] + "…" * cut_behind


def _show_text(row: dict[str, Any]) -> dict[str, Any]:
    whole = row["characters"] <= TEXT_CHARACTERS
    shown = for_plain_text(row["text"])
    return {"text": shown if whole else shown[: max(0, len(shown) - MARGIN)] + "…", "characters": row["characters"]}

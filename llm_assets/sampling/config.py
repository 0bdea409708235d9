"""How a model is sampled: the recipe's section."""

from __future__ import annotations

from pydantic import Field

from llm_assets.section import Section

BY_SOURCE = "scores_by_source.json"
"""File of the scores by domain and by language."""


class Decoding(Section):
    """How the next token is chosen from the model's distribution. What is None is off."""

    tokens: int = Field(default=128, ge=1)
    """Most tokens of a continuation; it ends earlier where the model ends the text."""

    temperature: float = Field(default=0.8, ge=0)
    """Divides the logits: below 1 the likely becomes likelier. 0 always takes the likeliest."""

    top_k: int | None = Field(default=50, ge=1)
    """Draws from the k likeliest tokens only (Fan et al. 2018)."""

    top_p: float | None = Field(default=None, gt=0, le=1)
    """Draws from the fewest likeliest tokens that hold this much probability (nucleus; Holtzman et al. 2020)."""

    min_p: float | None = Field(default=None, ge=0, le=1)
    """Draws from tokens at least this share as likely as the likeliest (Nguyen et al. 2024)."""

    repetition_penalty: float = Field(default=1.0, gt=0)
    """Divides the positive logits of tokens already there and multiplies the negative (Keskar et al. 2019); 1 does nothing."""

    stop: tuple[str, ...] = ()
    """Texts that end a continuation, before which it is cut."""

    seed: int = Field(default=0, ge=0)
    """Draws the tokens."""


class Sampling(Decoding):
    """What is written of every trained model."""

    prompts: tuple[str, ...] = ("", "The", "In the beginning", "The most important thing about", "How to")
    """Beginnings that the model continues; an empty one lets it begin by itself."""

    windows: int = Field(default=8, ge=0)
    """Windows of the validation split whose next token is tabulated."""

    top: int = Field(default=10, ge=1)
    """Likeliest tokens in each of those tables."""

    run_tokens: int = Field(default=8, ge=1)
    """Tokens that a sample must have in a row from the training set for that to be told as a verbatim run."""

    scored_windows: int = Field(default=1024, ge=1)
    """Most windows of the validation split that are scored, evenly spaced over it."""

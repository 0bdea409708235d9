"""What packing and the choice of the training set are told."""

from __future__ import annotations

from pydantic import Field

from llm_assets.section import Section


class Shards(Section):
    """How documents become token shards."""

    validation_fraction: float = Field(default=0.005, ge=0, lt=1)
    """Share of the families of documents that is held out for validation; 0 holds out none."""

    shard_tokens: int = Field(default=1 << 27, ge=1)
    """Tokens of a shard file at most. A document is never cut: a longer one has a shard of its own."""

    seed: int = Field(default=0, ge=0, lt=1 << 64)
    """Draws the families that are held out."""


class TrainingSet(Section):
    """When the next model is trained on more crawls than the last."""

    growth: float = Field(default=0.1, ge=0)
    """Share by which the tokens of all crawls must exceed those of the chosen ones for the choice to be made anew; 0 makes it
    anew whenever a crawl was added."""

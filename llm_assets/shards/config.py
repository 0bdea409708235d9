"""What packing and the choice of the training set are told."""

from __future__ import annotations

from pydantic import Field, field_validator

from llm_assets.section import Section


class Shards(Section):
    """How documents become token shards."""

    validation_fraction: float = Field(default=0.005, ge=0, lt=1)
    """Share of the families of documents that is held out for validation; 0 holds out none."""

    shard_tokens: int = Field(default=1 << 27, ge=1)
    """Tokens of a shard file at most. A document is never cut: a longer one has a shard of its own."""

    seed: int = Field(default=0, ge=0, lt=1 << 64)
    """Draws the families that are held out."""

    rehydrate: tuple[tuple[int, int], ...] = ()
    """How often a document is packed for training, by how many of its crawl it stands for after deduplication: pairs of a least
    cluster size and a number of times, such as ``[[2, 2], [5, 3]]``. A document of a smaller cluster is packed once. FineWeb2 calls it
    rehydration, and found that moderate repetition of what many sites copy makes a better model (Penedo et al. 2025)."""

    @field_validator("rehydrate")
    @classmethod
    def _check_rehydrate(cls, pairs: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        sizes = [size for size, _ in pairs]
        if sizes != sorted(set(sizes)) or any(size < 1 or times < 1 for size, times in pairs):
            raise ValueError("rehydrate: cluster sizes must rise, and they and the times be 1 or more: [[2, 2], [5, 3]]")
        return pairs


class TrainingSet(Section):
    """When the next model is trained on more crawls than the last."""

    growth: float = Field(default=0.1, ge=0)
    """Share by which the tokens of all crawls must exceed those of the chosen ones for the choice to be made anew; 0 makes it
    anew whenever a crawl was added."""

"""Of which shards an index is made, and how it lies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from llm_assets.section import Section


class TraceIndex(Section):
    """What of the training set can be traced. The search finds the same whatever the size of a part."""

    splits: tuple[Literal["train", "validation"], ...] = ("train",)
    """Splits of the training set's shards that are indexed. Validation is left out, since a model has never read it: what it shares with
    its samples would be told as memory. None makes an empty index, and nothing is traced."""

    part_tokens: int = Field(default=1 << 26, ge=1)
    """Tokens of a part of the index at most; a document is never cut, and a longer one has a part of its own. A part is sorted in memory,
    in some 16 bytes a token where the vocabulary fits 16 bits, and 30 where not. Fewer parts are searched faster."""

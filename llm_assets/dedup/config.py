"""What makes two documents copies of one another, and which of them stay."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from llm_assets.section import Section


class Signatures(Section):
    """How a document is summed up for comparison. The defaults are FineWeb's (Penedo et al. 2024, section 3.4).

    Two documents whose shingle sets have Jaccard similarity s share a bucket with probability 1 - (1 - s^rows)^bands:
    at .70, .75, .80 and .85 that is 56, 77, 92 and 98.8 % for 14 bands of 8.
    """

    ngram: int = Field(default=5, ge=1)
    """Words a shingle. A text of fewer words is one shingle."""

    bands: int = Field(default=14, ge=1)
    """Bands of a signature; documents that agree on one whole band share a bucket."""

    rows: int = Field(default=8, ge=1)
    """MinHash values a band."""

    seed: int = Field(default=1, ge=0, lt=1 << 32)
    """Seed the permutations are drawn from. Signatures of two seeds do not mix."""

    scheme: Literal["affine32"] = "affine32"
    """How shingle hashes are permuted, by datasketch's name for it. Signatures of two schemes do not mix."""

    @property
    def permutations(self) -> int:
        """MinHash values a signature: bands x rows."""
        return self.bands * self.rows


class Dedup(Section):
    """Which elder takes a document out. Concerns the joins alone: a change of it computes no signature again."""

    exact: bool = True
    """Whether the first copy of the very same normalised text is an elder too, which passes any ``verify``."""

    verify: float = Field(default=0.0, ge=0.0, le=1.0)
    """Least share of equal MinHash values asked of a document and its elder in a shared bucket. 0 is FineWeb's
    behaviour: the shared bucket is enough."""

    scope: Literal["crawl", "all"] = "crawl"
    """Within which crawls an elder takes a document out: its own, or all older ones as well. FineWeb found ``crawl`` the
    better: over all crawls what is left of old ones is their worst part (Penedo et al. 2024, section 3.4)."""

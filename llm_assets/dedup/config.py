"""What makes two documents copies of one another, and which of them stay."""

from __future__ import annotations

import functools
from typing import Any, Literal

from pydantic import Field, model_validator

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

    similarity: float | None = Field(default=None, gt=0, lt=1)
    """Instead of ``bands`` and ``rows``: the Jaccard similarity from which on two documents shall share a bucket. They are then
    what datasketch's ``MinHashLSH`` takes for it and so many ``values``: least error, both kinds weighing the same."""

    values: int = Field(default=128, ge=2)
    """MinHash values to choose ``bands`` and ``rows`` from, where ``similarity`` is given."""

    seed: int = Field(default=1, ge=0, lt=1 << 32)
    """Seed the permutations are drawn from. Signatures of two seeds do not mix."""

    scheme: Literal["affine32"] = "affine32"
    """How shingle hashes are permuted, by datasketch's name for it. Signatures of two schemes do not mix."""

    @model_validator(mode="before")
    @classmethod
    def _choose_bands(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("similarity") is None:
            return given
        bands, rows = _optimum(float(given["similarity"]), int(given.get("values", cls.model_fields["values"].default)))
        if given.get("bands", bands) != bands or given.get("rows", rows) != rows:
            raise ValueError(f"similarity {given['similarity']} means {bands} bands of {rows} rows: give either it or bands and rows")
        return {**given, "bands": bands, "rows": rows}

    @property
    def permutations(self) -> int:
        """MinHash values a signature: bands x rows."""
        return self.bands * self.rows


@functools.cache
def _optimum(similarity: float, values: int) -> tuple[int, int]:
    """Bands and rows of datasketch's index for this threshold."""
    from datasketch import MinHashLSH

    index = MinHashLSH(threshold=similarity, num_perm=values)
    return index.b, index.r


class Dedup(Section):
    """Which elder takes a document out. Concerns the joins alone: a change of it computes no signature again."""

    strategy: Literal["first_seen", "cluster"] = "first_seen"
    """``first_seen``: a document falls when one like it, in a shared bucket, is older. ``cluster``: when any chain of shared
    buckets leads to an older one, however unlike the two are, as FineWeb's and most other pipelines do; in each cluster the
    oldest stays. To compare with those, and to see how large clusters grow."""

    exact: bool = True
    """Whether the first copy of the very same normalised text is an elder too, which passes any ``verify``."""

    verify: float = Field(default=0.0, ge=0.0, le=1.0)
    """Least share of equal MinHash values asked of a document and its elder in a shared bucket. 0 is FineWeb's
    behaviour: the shared bucket is enough."""

    scope: Literal["crawl", "all"] = "crawl"
    """Within which crawls an elder takes a document out: its own, or all older ones as well. FineWeb found ``crawl`` the
    better: over all crawls what is left of old ones is their worst part (Penedo et al. 2024, section 3.4)."""

"""What a signature file tells about how it was made, so that two kinds are never compared.

MinHash values bear no trace of their scheme: compared with those of another, they look like another document's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from llm_assets.dedup.config import Signatures
from llm_assets.dedup.normalisation import NORMALISATION
from llm_assets.dedup.shingles import HASH
from llm_assets.errors import DataError

_KEYS = ("scheme", "seed", "permutations", "bands", "ngram", "hash", "normalisation")


def describe_scheme(config: Signatures) -> dict[str, str]:
    """Key-value metadata of a signature file."""
    values = (config.scheme, config.seed, config.permutations, config.bands, config.ngram, HASH, NORMALISATION)
    return dict(zip(_KEYS, map(str, values), strict=True))


def read_scheme(parts: Sequence[Path]) -> Mapping[str, str] | None:
    """The scheme all signature files share; None where there is no file. DataError names the first that differs."""
    shared: dict[str, str] | None = None
    for path in parts:
        told = pq.read_schema(path).metadata or {}
        scheme = {key: told.get(key.encode(), b"").decode() for key in _KEYS}
        shared = shared or scheme
        for key in _KEYS:
            if not scheme[key]:
                raise DataError(f"the file does not say by which {key} its signatures were made", path)
            if scheme[key] != shared[key]:
                raise DataError(
                    f"signatures made with {key} {scheme[key]!r} do not mix with those of {parts[0]}, made with {shared[key]!r}: "
                    "make the older ones again",
                    path,
                )
    return shared

"""A share of a crawl's records, drawn by their keys: for a pilot, which reads no others.

A larger share of the same root holds all of a smaller one, since a record is in or out by a number of its own.

>>> sample = Sample(parse_share("50%"))
>>> [doc for doc in range(8) if sample.holds(doc)]
[2, 3]
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property

from llm_assets.errors import ConfigError

SEED = b"llm-assets sample"
"""Of the draw: no other draw of the pipeline is of the same hash, so none of them is the narrower for it."""

SMALLEST = Decimal("1e-9")


@dataclass(frozen=True)
class Sample:
    """A ``share`` (above 0, at most 1) of all records."""

    share: Decimal

    @cached_property
    def _below(self) -> int:
        return int(self.share * 2**64)

    def holds(self, doc: int) -> bool:
        """Whether the record of this key is in it."""
        drawn = hashlib.blake2b(doc.to_bytes(8, "little"), digest_size=8, key=SEED).digest()
        return int.from_bytes(drawn, "little") < self._below


def parse_share(text: str) -> Decimal:
    """A share of a text such as ``1%`` or ``0.5%``; ConfigError where it is none.

    >>> parse_share("2.50%")
    Decimal('0.025')
    """
    number = text.strip().removesuffix("%").strip()
    try:
        share = Decimal(number) / 100 if text.strip().endswith("%") else None
    except InvalidOperation:
        share = None
    if share is None or not share.is_finite() or not SMALLEST <= share <= 1:
        raise ConfigError(f"sample {text!r}: a share of the documents is wanted, above 0% and at most 100%, such as 1% or 0.5%")
    return share.normalize()

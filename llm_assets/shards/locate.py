"""Every token goes home: from a place in a shard to the document it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llm_assets.errors import ConfigError
from llm_assets.formats.parquet import read_batches
from llm_assets.formats.tables import DOCUMENTS


@dataclass(frozen=True)
class Home:
    """Where a token came from: token ``position`` (from 0) of the ``length`` tokens of a document, its end-of-text the last."""

    doc: int
    position: int
    length: int


def read_shard_documents(documents: Sequence[Path], split: str, shard: int) -> pa.Table:
    """The rows of ``documents.parquet`` of one shard, in the order of their tokens; the others are not kept in memory."""
    batches = [
        batch.filter(pc.and_(pc.equal(batch["split"], split), pc.equal(batch["shard"], pa.scalar(shard, pa.uint32()))))
        for path in documents
        for batch in read_batches(path)
    ]
    return pa.Table.from_batches([batch.cast(DOCUMENTS) for batch in batches], schema=DOCUMENTS)


def locate_token(rows: pa.Table, token: int) -> Home:
    """The document of a token of a shard, by binary search in the rows of :func:`read_shard_documents`.

    ConfigError where the shard has no such token.
    """
    starts = rows["start"].to_numpy()
    row = int(np.searchsorted(starts, token, side="right")) - 1
    tokens = int(starts[-1]) + rows["length"][-1].as_py() if starts.size else 0
    if not 0 <= token < tokens:
        raise ConfigError(f"token {token:,} lies outside the shard, which has {tokens:,}")
    return Home(rows["doc"][row].as_py(), token - int(starts[row]), rows["length"][row].as_py())

"""Corpora of a few documents as packed shards, and an index over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from llm_assets.engine import LocalEngine
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_table
from llm_assets.formats.shard import ShardWriter
from llm_assets.formats.tables import DOCUMENTS
from llm_assets.shards.pack import SplitPacker
from llm_assets.trace.config import TraceIndex
from llm_assets.trace.index import Index, open_index
from llm_assets.trace.stage import index_shards

END = 0
"""End-of-text in these corpora."""

PLENTY = 1 << 20

Documents = Sequence[Sequence[int]]


def write_shards(folder: Path, documents: Documents, shard_tokens: int = PLENTY, vocabulary: int = 300, first: int = 0) -> Artefact:
    """Documents, each ended by END, as a crawl's train shards: document i has key ``first + i``."""
    open_writer = partial(ShardWriter, vocabulary=vocabulary, end_of_text=END, tokenizer="a" * 64)
    folder.mkdir(parents=True, exist_ok=True)
    with SplitPacker(folder, "train", shard_tokens, open_writer) as packer:
        places = [packer.place(np.array([*document, END], np.uint32)) for document in documents]
    columns = {
        "doc": np.arange(first, first + len(documents), dtype=np.uint64),
        "split": pa.array(["train"] * len(documents), pa.string()),
        "shard": pa.array([shard for shard, _ in places], pa.uint32()),
        "start": pa.array([start for _, start in places], pa.uint64()),
        "length": pa.array([len(document) + 1 for document in documents], pa.uint64()),
    }
    write_table(folder / "documents.parquet", [pa.table(columns, schema=DOCUMENTS)], DOCUMENTS)
    return Artefact.of_folder(folder)


def write_index(folder: Path, shards: Mapping[str, Artefact], part_tokens: int = PLENTY, workers: int = 1) -> Artefact:
    """An index over shards by crawl."""
    index_shards(shards, folder, TraceIndex(part_tokens=part_tokens), LocalEngine(workers))
    return Artefact.of_folder(folder)


def build_index(folder: Path, documents: Documents, shard_tokens: int = PLENTY, part_tokens: int = PLENTY, vocabulary: int = 300) -> Index:
    """Packs documents and indexes them."""
    shards = {"crawl": write_shards(folder / "shards", documents, shard_tokens, vocabulary)}
    return open_index(write_index(folder / "index", shards, part_tokens), shards)

"""How shards are cut into the parts of an index: at documents, so that a part knows all of each of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from llm_assets.errors import DataError
from llm_assets.formats.manifest import Artefact, put_text
from llm_assets.formats.shard import list_shards, read_header
from llm_assets.shards.locate import read_shard_documents

FILE = "parts.json"
ARRAYS = SUFFIXES, STARTS, DOCS = "suffixes.npy", "starts.npy", "docs.npy"
"""Of each part: its suffix array; the first token of each document in it (int64); the documents' keys (uint64)."""


@dataclass(frozen=True)
class Part:
    """Tokens ``begin`` to ``end`` of a shard, which are whole documents: ``documents`` of them from number ``first`` of the shard on.

    ``payload_sha256`` is of all of the shard's tokens, ``documents_sha256`` of where the part's documents begin and of their keys: parts
    that are equal have equal arrays.
    """

    crawl: str
    shard: str
    payload_sha256: str
    begin: int
    end: int
    first: int
    documents: int
    documents_sha256: str

    @property
    def folder(self) -> str:
        """Where its arrays lie, relative to the index."""
        return f"{self.crawl}/{Path(self.shard).stem}/{self.begin:012d}"


def cut_shards(crawl: str, shards: Artefact, splits: Sequence[str], part_tokens: int) -> Iterator[Part]:
    """The parts of one crawl's shards. DataError where the table of documents and a shard disagree."""
    for split in splits:
        for path in list_shards(shards, split):
            header = read_header(path)
            starts, docs = read_documents(shards, path)
            ends = np.append(starts[1:], header.tokens)
            first = 0
            while first < starts.size:
                begin = int(starts[first])
                last = max(int(np.searchsorted(ends, begin + part_tokens, side="right")), first + 1)
                digest = hashlib.sha256(starts[first:last].tobytes() + docs[first:last].tobytes()).hexdigest()
                yield Part(crawl, path.name, header.payload_sha256, begin, int(ends[last - 1]), first, last - first, digest)
                first = last


def read_documents(shards: Artefact, path: Path) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """First token and key of each document of a shard, in the order of the tokens."""
    split, _, number = path.stem.rpartition("-")
    rows = read_shard_documents(shards.table("documents"), split, int(number))
    starts, lengths = (rows[name].to_numpy().astype(np.int64) for name in ("start", "length"))
    if not np.array_equal(np.append(0, np.cumsum(lengths)), np.append(starts, read_header(path).tokens)):
        raise DataError("documents.parquet does not fit this shard: run token_shards again", path)
    return starts, rows["doc"].to_numpy()


def write_parts(folder: Path, parts: Sequence[Part]) -> None:
    """Writes ``parts.json``."""
    put_text(folder / FILE, json.dumps([asdict(part) for part in parts], indent=1) + "\n")


def read_parts(index: Artefact) -> list[Part]:
    """The parts of an index. DataError where their list is damaged."""
    path = index.path(FILE)
    try:
        rows: list[Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return [Part(**row) for row in rows]
    except (ValueError, TypeError) as error:
        raise DataError(f"the list of parts is damaged ({error}); run trace_index again", path) from error

"""An index as it is searched: arrays mapped from files, so that opening it costs nothing and memory is the system's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from llm_assets.errors import DataError
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.shard import Tokens, open_shard
from llm_assets.trace.parts import ARRAYS, Part, read_parts
from llm_assets.trace.suffixes import Suffixes


@dataclass(frozen=True)
class IndexedPart:
    """Tokens of whole documents, each ended by end-of-text, and their suffix array. ``starts`` is the first token of each document."""

    tokens: Tokens
    suffixes: Suffixes
    starts: npt.NDArray[np.int64]
    docs: npt.NDArray[np.uint64]

    def find_docs(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
        """The keys of the documents that hold these positions; each once for each time it was packed."""
        found = np.zeros(self.docs.size, np.bool_)
        found[np.searchsorted(self.starts, positions, side="right") - 1] = True
        return self.docs[found]


@dataclass(frozen=True)
class Index:
    """All parts. ``end_of_text`` ends every document; ``tokenizer`` is the sha256 (hex) of the ``tokenizer.json`` of the ids.

    Of an empty index they are -1 and empty.
    """

    parts: tuple[IndexedPart, ...]
    end_of_text: int = -1
    tokenizer: str = ""

    @property
    def tokens(self) -> int:
        """Tokens that are indexed."""
        return sum(part.tokens.size for part in self.parts)


def open_index(index: Artefact, shards: Mapping[str, Artefact]) -> Index:
    """An index over the shards it was made of, by crawl.

    DataError where a shard was packed anew since, or is missing, or a file of the index is damaged.
    """
    parts: list[IndexedPart] = []
    end_of_text, tokenizer = -1, ""
    for part in read_parts(index):
        if part.crawl not in shards:
            raise DataError(f"the index is of {part.crawl} too, which is not in the training set: run trace_index again", index.folder)
        header, tokens = open_shard(shards[part.crawl].path(part.shard), verify=False)
        if header.payload_sha256 != part.payload_sha256:
            raise DataError("the shard has changed since it was indexed: run trace_index again", shards[part.crawl].path(part.shard))
        suffixes, starts, docs = (_map_array(index.path(f"{part.folder}/{name}")) for name in ARRAYS)
        _check_sizes(part, index.folder, suffixes, starts, docs)
        parts.append(IndexedPart(np.asarray(tokens[part.begin : part.end]), suffixes, starts, docs))
        end_of_text, tokenizer = header.end_of_text, header.tokenizer
    return Index(tuple(parts), end_of_text, tokenizer)


def _map_array(path: Path) -> npt.NDArray[Any]:
    try:
        return np.asarray(np.load(path, mmap_mode="r"))
    except (OSError, ValueError) as error:
        raise DataError(f"the array cannot be read ({error}); run trace_index again", path) from error


def _check_sizes(part: Part, folder: Path, suffixes: Tokens, starts: Tokens, docs: Tokens) -> None:
    if suffixes.size != part.end - part.begin or not starts.size == docs.size == part.documents:
        raise DataError("the arrays are not of the size that parts.json tells; run trace_index again", folder / part.folder)

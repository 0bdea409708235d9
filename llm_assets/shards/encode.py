"""One part of the corpus as one flat array of ids in a file: the work item of packing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from llm_assets.formats.parquet import read_batches
from llm_assets.formats.shard import Tokens
from llm_assets.tokenizer.bpe import encode_text, end_of_text, load_tokenizer, thread_pool
from llm_assets.tokenizer.sample import Keys


@dataclass(frozen=True)
class EncodedPart:
    """Ids of a part's documents, one after the other in ``path`` as raw uint32, and how many each has."""

    path: Path
    docs: Keys
    lengths: npt.NDArray[np.int64]
    text_bytes: int

    def tokens(self) -> Tokens:
        """All ids, mapped from the file."""
        if not self.lengths.sum():
            return np.empty(0, np.uint32)
        return np.memmap(self.path, np.uint32, mode="r")


def encode_part(part: Path, tokenizer: Path, scratch: Path) -> EncodedPart:
    """Encodes the texts of a corpus part, each ended by end-of-text, into a file of the part's name in ``scratch``."""
    loaded = load_tokenizer(tokenizer)
    end = end_of_text(loaded)
    path = scratch / part.with_suffix(".ids").name
    docs, text_bytes = [np.empty(0, np.uint64)], 0
    lengths: list[int] = []
    with path.open("wb") as file, thread_pool(enabled=False):  # the engine has a process for each core
        for batch in read_batches(part, ["doc", "text"]):
            for text in batch["text"].to_pylist():
                ids = np.array([*encode_text(loaded, text), end], np.uint32)
                file.write(ids.data)
                lengths.append(ids.size)
            docs.append(batch["doc"].to_numpy())
            text_bytes += int(pc.binary_length(batch["text"]).to_numpy().sum())
    return EncodedPart(path, np.concatenate(docs), np.array(lengths, np.int64), text_bytes)

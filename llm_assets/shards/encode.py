"""One part of the corpus as one flat array of ids in a file: the work item of packing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from llm_assets.formats.parquet import read_batches
from llm_assets.formats.shard import Tokens
from llm_assets.report import Report
from llm_assets.tokenizer.encoder import choose_engine, load_encoder
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


def encoded_paths(folder: Path, part: Path) -> list[Path]:
    """Files of an encoded part: its ids as raw uint32, its documents, and how many ids each has."""
    return [folder / f"{part.stem}{ending}" for ending in (".ids", ".docs.npy", ".lengths.npy")]


def encode_part(part: Path, tokenizer: Path, engine: str, end: int, scratch: Path) -> Report:
    """Encodes the texts of a corpus part, each with the id ``end`` behind it, into :func:`encoded_paths` in ``scratch``."""
    encode = load_encoder(tokenizer, engine)
    ids, docs_path, lengths_path = encoded_paths(scratch, part)
    scratch.mkdir(parents=True, exist_ok=True)
    docs, lengths, text_bytes = [np.empty(0, np.uint64)], [np.empty(0, np.int64)], 0
    with ids.open("wb") as file:
        for batch in read_batches(part, ["doc", "text"]):
            encoded = encode(batch["text"].to_pylist()).ended_by(end)
            file.write(encoded.ids.data)
            docs.append(batch["doc"].to_numpy())
            lengths.append(encoded.lengths)
            text_bytes += int(pc.binary_length(batch["text"]).to_numpy().sum())
    np.save(docs_path, np.concatenate(docs))
    np.save(lengths_path, np.concatenate(lengths))
    documents = sum(map(len, docs))
    return Report("token_shards", documents, documents, figures={"text_bytes": text_bytes})


def open_part(folder: Path, part: Path, report: Report) -> EncodedPart:
    """What :func:`encode_part` wrote."""
    ids, docs, lengths = encoded_paths(folder, part)
    return EncodedPart(ids, np.load(docs), np.load(lengths), int(report.figures["text_bytes"]))


def choose_corpus_engine(parts: Sequence[Path], tokenizer: Path) -> tuple[str, tuple[str, ...]]:
    """The engine for a corpus, tried on its first documents, and warnings; see :func:`choose_engine`."""
    return choose_engine(
        tokenizer, (text for part in parts for batch in read_batches(part, ["text"]) for text in batch["text"].to_pylist())
    )

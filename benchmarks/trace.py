"""Indexing token shards, and tracing texts of 200 tokens in them.

With a ``--limit`` beyond the documents of the input, the others are made of pieces of their tokens in another order, and are as long: so
that phrases are as frequent, and no long text is there twice. Of the texts that are traced every other one is a stretch of the corpus
(few runs, and long ones), and the others are ten pieces from all over it (many runs). ``query_ms`` is the middle one of them by the wall
clock, from files that the system has in memory; for ``query_cold_ms`` it is told to forget them before each text.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.documents import read_documents
from benchmarks.encode import train_tokenizer
from benchmarks.measure import Work, cpu_seconds
from benchmarks.trial import Trial
from llm_assets.engine import LocalEngine
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.parquet import write_table
from llm_assets.formats.shard import ShardWriter, Tokens
from llm_assets.formats.tables import DOCUMENTS
from llm_assets.report import Figure
from llm_assets.shards.pack import SplitPacker
from llm_assets.tokenizer.bpe import end_of_text, load_tokenizer
from llm_assets.tokenizer.encoder import choose_engine, load_encoder
from llm_assets.trace.index import Index, open_index
from llm_assets.trace.stage import index_shards
from llm_assets.trace.text import Tracer

CRAWL, SHARD_TOKENS = "benchmark", 1 << 27
PIECE_TOKENS = 16
"""Tokens that stay together where documents are made."""
TEXTS, COLD_TEXTS, TEXT_TOKENS, TEXT_PIECES = 40, 6, 200, 10
REPEATS = 3
"""Times that a text is traced where the quickest counts: the first may wait for the disk."""
FEW_TOKENS = 2_000


def prepare(trial: Trial) -> Work[tuple[Artefact, float]]:
    """Shards of the documents, and of those made of them."""
    path = trial.tokenizer or train_tokenizer(trial)
    tokenizer = load_tokenizer(path)
    texts = [document.text for document in read_documents(trial.input, trial.limit)]
    encode = load_encoder(path, choose_engine(path, texts)[0])
    documents = [encode([text]).ids for text in texts]
    open_writer = partial(ShardWriter, vocabulary=tokenizer.get_vocab_size(), end_of_text=end_of_text(tokenizer), tokenizer=hash_file(path))
    pack = partial(_pack, end=end_of_text(tokenizer), open_writer=open_writer)
    count = max(trial.limit or 0, len(documents))
    shards = pack(trial.scratch / "shards", _lengthen(documents, count))
    few = pack(trial.scratch / "few", iter([documents[0][:FEW_TOKENS]]))

    def index(shards: Artefact, name: str) -> tuple[Artefact, float]:
        folder, before = trial.scratch / name, cpu_seconds()
        index_shards({CRAWL: shards}, folder, trial.recipe.trace_index, LocalEngine())
        return Artefact.of_folder(folder), cpu_seconds() - before

    def open_tracer(built: Artefact, shards: Artefact) -> Tracer:
        return Tracer(open_index(built, {CRAWL: shards}), tokenizer)

    def warm() -> None:
        open_tracer(index(few, "few-index")[0], few).trace(tokenizer.decode(documents[0][:TEXT_TOKENS].tolist()))

    def judge(result: tuple[Artefact, float]) -> Mapping[str, Figure | None]:
        built, seconds = result
        opened = open_index(built, {CRAWL: shards})
        tokens, parts = opened.tokens, len(opened.parts)
        asked = [tokenizer.decode(ids.tolist()) for ids in _draw_texts(opened)]
        del opened  # what is mapped is not forgotten
        cold = []
        for text in asked[:COLD_TEXTS]:
            _forget(built, shards)
            cold.append(_time(open_tracer(built, shards), text))
        tracer = open_tracer(built, shards)
        spent = [min(_time(tracer, text) for _ in range(REPEATS)) for text in asked]
        return {
            "tokens": tokens,
            "parts": parts,
            "build_cpu_s_per_million_tokens": round(seconds / tokens * 1e6, 4),
            "bytes_per_token": round(sum(entry.bytes for entry in built.files) / tokens, 3),
            "query_ms": round(1e3 * float(np.median(spent)), 1),
            "query_slowest_ms": round(1e3 * max(spent), 1),
            "query_cold_ms": round(1e3 * float(np.median(cold)), 1),
            "runs": sum(len(tracer.trace(text).runs) for text in asked),
        }

    stored = sum(entry.bytes for entry in shards.files)
    return Work(count, stored, warm, lambda: index(shards, "index"), judge)


def _lengthen(documents: Sequence[Tokens], count: int) -> Iterator[Tokens]:
    """The documents, and others of their pieces, ``count`` in all."""
    yield from documents
    random = np.random.default_rng(0)
    whole = np.concatenate(documents)
    left = count - len(documents)
    while left > 0:
        pieces = np.array_split(whole, max(whole.size // PIECE_TOKENS, 1))
        whole = np.concatenate([pieces[number] for number in random.permutation(len(pieces))])
        ends = np.cumsum([ids.size for ids in documents[:left]])
        yield from np.split(whole[: ends[-1]], ends[:-1])
        left -= len(documents)


def _pack(folder: Path, documents: Iterator[Tokens], end: int, open_writer: partial[ShardWriter]) -> Artefact:
    folder.mkdir()
    with SplitPacker(folder, "train", SHARD_TOKENS, open_writer) as packer:
        placed = [(packer.place(np.append(ids, end)), ids.size + 1) for ids in documents]
    columns = {
        "doc": np.arange(len(placed), dtype=np.uint64),
        "split": pa.array(["train"] * len(placed), pa.string()),
        "shard": pa.array([shard for (shard, _), _ in placed], pa.uint32()),
        "start": pa.array([start for (_, start), _ in placed], pa.uint64()),
        "length": pa.array([length for _, length in placed], pa.uint64()),
    }
    write_table(folder / "documents.parquet", [pa.table(columns, schema=DOCUMENTS)], DOCUMENTS)
    return Artefact.of_folder(folder)


def _draw_texts(index: Index) -> Iterator[Tokens]:
    random = np.random.default_rng(1)
    for number in range(TEXTS):
        pieces = 1 if number % 2 else TEXT_PIECES
        parts = [index.parts[random.integers(len(index.parts))].tokens for _ in range(pieces)]
        length = TEXT_TOKENS // pieces
        starts = [int(random.integers(max(part.size - length, 1))) for part in parts]
        yield np.concatenate([part[start : start + length] for part, start in zip(parts, starts, strict=True)])


def _forget(*outputs: Artefact) -> None:
    """Asks the system to keep no file of these in memory."""
    for output in outputs:
        for entry in output.files:
            with (output.folder / entry.path).open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _time(tracer: Tracer, text: str) -> float:
    before = time.perf_counter()
    tracer.trace(text)
    return time.perf_counter() - before

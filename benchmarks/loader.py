"""Reading shards in training's order, from a warm cache: 32 windows of 1,024 tokens a batch.

The pairs of bytes of the input are the tokens, repeated until there are enough for ``--limit`` windows (200,000 where none is
given); one epoch is read. A cold start is what lies before the first batch: the shards are opened, every byte of theirs is
hashed, the order is drawn. Rates are by the wall clock too, since one thread gathers while another takes the batches.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import numpy as np

from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.errors import DataError
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.shard import Tokens, shard_name, write_shard
from llm_assets.report import Figure
from llm_assets.training.batches import Batches, Windows, open_split

CONTEXT, SIZE, WINDOWS, SHARDS = 1_024, 32, 200_000, 4
TOKENIZER = "0" * 64


def prepare(trial: Trial) -> Work[float]:
    """Shards on disk, still in the memory of the system."""
    batches = max(1, (trial.limit or WINDOWS) // SIZE)
    shards = _write_shards(trial, batches * SIZE)
    began = time.perf_counter()
    opened = [tokens for _, tokens in open_split([shards], "train", TOKENIZER)]
    hashed = time.perf_counter()
    windows = Windows(opened, CONTEXT)
    next(iter(Batches(windows, SIZE, 1, seed=0)))
    ready = time.perf_counter()

    def read_epoch() -> float:
        start, seen = time.perf_counter(), 0
        for inputs, _ in Batches(windows, SIZE, batches, seed=0):
            seen += inputs.numel()
        return seen / (time.perf_counter() - start)

    def judge(tokens_per_second: float) -> Mapping[str, Figure | None]:
        return {
            "tokens_per_s": round(tokens_per_second),
            "hash_s": round(hashed - began, 3),
            "first_batch_s": round(ready - hashed, 3),
        }

    stored = sum(entry.bytes for entry in shards.files)
    return Work(batches * SIZE, stored, lambda: next(iter(Batches(windows, SIZE, 1, seed=0))), read_epoch, judge)


def _write_shards(trial: Trial, windows: int) -> Artefact:
    pairs = np.fromfile(trial.input, "<u2", trial.input.stat().st_size // 2)
    if not pairs.size:
        raise DataError("the file is empty; any other file will do", trial.input)
    folder = trial.scratch / "shards"
    for number in range(SHARDS):
        share = windows // SHARDS + (number < windows % SHARDS)
        arrays = _repeat(pairs, share * CONTEXT + 1)
        write_shard(folder / shard_name("train", number), arrays, split="train", vocabulary=1 << 16, end_of_text=0, tokenizer=TOKENIZER)
    return Artefact.of_folder(folder)


def _repeat(tokens: Tokens, count: int) -> Iterator[Tokens]:
    """The tokens, over and over, ``count`` in all."""
    for start in range(0, count, tokens.size):
        yield tokens[: count - start]

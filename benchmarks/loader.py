"""Reading shards in training's order, from a warm cache: 32 windows of 1,024 tokens a batch.

The pairs of bytes of the input are the tokens, repeated until there are enough for ``--limit`` windows (200,000 where none is
given); one epoch is read. A cold start is what lies before the first batch in a process that has imported nothing: torch and the
loader are imported, the shards opened, every byte of theirs hashed, the order drawn. Both are told by the wall clock, which counts
whatever else the core does meanwhile, and in CPU time.
"""

from __future__ import annotations

import json
import subprocess
import sys
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

_COLD = """
import time
start = time.perf_counter()
import json, sys
from pathlib import Path
from llm_assets.formats.manifest import Artefact, FileEntry
from llm_assets.training.batches import Batches, Windows, open_split
imported = time.perf_counter()
folder, tokenizer, context, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
files = tuple(FileEntry(path.name, 0, "") for path in sorted(folder.iterdir()))
opened = open_split([Artefact(folder, files)], "train", tokenizer)
hashed = time.perf_counter()
next(iter(Batches(Windows([tokens for _, tokens in opened], context), size, 1, seed=0)))
end = time.perf_counter()
figures = {"cold_start_s": end - start, "cold_start_cpu_s": time.process_time(), "import_s": imported - start, "hash_s": hashed - imported}
print(json.dumps({name: round(seconds, 3) for name, seconds in figures.items()}))
"""


def prepare(trial: Trial) -> Work[tuple[float, float]]:
    """Shards on disk, still in the memory of the system."""
    batches = max(1, (trial.limit or WINDOWS) // SIZE)
    shards = _write_shards(trial, batches * SIZE)
    cold = _start_cold(shards)
    windows = Windows([tokens for _, tokens in open_split([shards], "train", TOKENIZER)], CONTEXT)

    def read_epoch() -> tuple[float, float]:
        start, start_cpu, seen = time.perf_counter(), time.process_time(), 0
        for inputs, _ in Batches(windows, SIZE, batches, seed=0):
            seen += inputs.numel()
        return seen / (time.perf_counter() - start), seen / (time.process_time() - start_cpu)

    def judge(rates: tuple[float, float]) -> Mapping[str, Figure | None]:
        by_wall, by_cpu = map(round, rates)
        return {"tokens_per_s": by_wall, "tokens_per_cpu_s": by_cpu, **cold}

    stored = sum(entry.bytes for entry in shards.files)
    return Work(batches * SIZE, stored, lambda: next(iter(Batches(windows, SIZE, 1, seed=0))), read_epoch, judge)


def _start_cold(shards: Artefact) -> dict[str, Figure | None]:
    """What a fresh process takes to the first batch; the shards are in the memory of the system."""
    command = [sys.executable, "-c", _COLD, str(shards.folder), TOKENIZER, str(CONTEXT), str(SIZE)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Figure | None] = json.loads(done.stdout)
    return figures


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

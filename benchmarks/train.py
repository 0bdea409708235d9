"""Training a small model on the bytes of a text file, one thread: nanoGPT's run for a CPU, by its README.

Four layers of 128 channels and four heads, windows of 64 bytes, 12 a step; ``--limit`` says how many steps (2,000 there), with
its learning rate, warm-up and decay. A token is a byte, so a text in ASCII is read by characters as there. The last tenth of
the file is for validation. What is this project's: RoPE, RMSNorm, SwiGLU of 256 channels (three matrices where GPT-2 has two of
512, so that a step costs no more), each window once an epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Work
from benchmarks.train_size import prepare_size
from benchmarks.trial import Trial
from llm_assets.errors import DataError
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.shard import shard_name, write_shard
from llm_assets.model.config import Model
from llm_assets.report import Figure, Report
from llm_assets.tokenizer.bpe import encode_text, end_of_text, train_bpe
from llm_assets.tokenizer.config import BYTES, Tokenizer
from llm_assets.training.config import Training
from llm_assets.training.machine import Machine
from llm_assets.training.stage import train_model

MODEL = Model(layers=4, width=128, heads=4, hidden=256, context=64)
TRAINING = Training(
    windows=12, learning_rate=1e-3, warmup_fraction=0.05, floor_fraction=0.1, beta2=0.99, validate_every=250, checkpoint_every=1 << 30
)
STEPS = 2_000
WARM_STEPS = 2
VALIDATION_FRACTION = 0.1


def prepare(trial: Trial) -> Work[Any]:
    """The run above; with ``--size``, that of :mod:`benchmarks.train_size`."""
    return prepare_book(trial) if trial.size is None else prepare_size(trial, trial.size)


def prepare_book(trial: Trial) -> Work[Report]:
    """Shards and a tokenizer of bytes on disk; torch and Lightning imported and run for two steps."""
    tokenizer, shards = _write_shards(trial)
    steps = trial.limit or STEPS

    def train(budget: int) -> Report:
        training = TRAINING.model_copy(update={"steps": budget})
        return train_model([shards], tokenizer, trial.scratch / "model", training, MODEL, Machine(), trial.scratch / "checkpoints")

    def judge(report: Report) -> Mapping[str, Figure | None]:
        names = ("parameters", "steps", "tokens", "training_loss", "validation_loss", "bits_per_byte")
        return {name: report.figures.get(name) for name in names}

    windows = steps * TRAINING.windows
    return Work(windows, windows * MODEL.context, lambda: train(WARM_STEPS), lambda: train(steps), judge)


def _write_shards(trial: Trial) -> tuple[Artefact, Artefact]:
    try:
        text = trial.input.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError("this is no text file in UTF-8", trial.input, error.start) from error
    bytes_tokenizer = train_bpe([], Tokenizer(vocabulary=BYTES + 1))
    path = trial.scratch / "tokenizer" / "tokenizer.json"
    path.parent.mkdir()
    path.write_text(bytes_tokenizer.to_str(), encoding="utf-8")
    ids = np.array(encode_text(bytes_tokenizer, text), np.uint16)
    held = int(len(ids) * VALIDATION_FRACTION)
    if held <= MODEL.context:
        raise DataError(f"the text has {len(ids):,} bytes; a tenth of them must be more than a window of {MODEL.context}", trial.input)
    folder = trial.scratch / "shards"
    for split, part in (("train", ids[:-held]), ("validation", ids[-held:])):
        _write_split(folder, split, part, end_of_text(bytes_tokenizer), hash_file(path))
    return Artefact.of_folder(path.parent), Artefact.of_folder(folder)


def _write_split(folder: Path, split: str, ids: np.ndarray, end: int, tokenizer: str) -> None:
    write_shard(folder / shard_name(split, 0), [ids], split=split, vocabulary=BYTES + 1, end_of_text=end, tokenizer=tokenizer)

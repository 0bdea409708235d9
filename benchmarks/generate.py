"""Continuing texts with a model of random weights: tokens a second, and how near that is to reading the weights.

``--input`` is a text file whose lines are the prompts; ``--limit`` says how many are continued at once (1 by default). At
batch 1 a token costs at least the reading of every weight once: ``bandwidth_share`` is that least time over the time taken.
On a CPU, one thread, memory's speed is measured; on a GPU (``--size``), where weights are bf16, it is the vendor's figure.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import torch

from benchmarks.measure import Work
from benchmarks.sizes import find_size
from benchmarks.trial import Trial
from llm_assets.errors import DataError
from llm_assets.model.config import Model
from llm_assets.model.device import choose_device
from llm_assets.model.transformer import Transformer
from llm_assets.report import Figure
from llm_assets.sampling.config import Decoding
from llm_assets.sampling.continuation import Continuation, advance
from llm_assets.training.determinism import reproducible

MODEL = Model(layers=8, width=384, heads=6, key_value_heads=2, context=1024, tied_embeddings=True)
VOCABULARY = 32_768
TOKENS, WARM_TOKENS = 128, 4
NO_TOKEN = -1
"""An end that is never drawn."""


MEMORY_BANDWIDTH = {
    "B200": 8.0e12,
    "H200": 4.8e12,
    "H100 PCIe": 2.0e12,
    "H100": 3.35e12,
    "A100": 2.04e12,
    "L40S": 864e9,
    "L4": 300e9,
    "RTX 4090": 1008e9,
}
"""Bytes a second of a GPU's memory, from the vendor's data sheets; of the A100 the model of 80 GB. A device is the first whose
name holds the key."""


def prepare(trial: Trial) -> Work[int]:
    """A model in memory, of some 25 million weights where no ``--size`` is given; prompts as bytes, each a token."""
    lines = [line for line in trial.input.read_bytes().splitlines() if line.strip()]
    prompts = [list(line) for line in lines[: trial.limit or 1]]
    if not prompts:
        raise DataError("there is no line to go on from", trial.input)
    device = choose_device() if trial.size else "cpu"
    model = Transformer(find_size(trial.size).dimensions if trial.size else MODEL.dimensions(VOCABULARY)).to(device)
    if device != "cpu":
        model.bfloat16()

    def run(tokens: int) -> int:
        return _write(model, prompts, tokens)

    def judge(tokens: int) -> Mapping[str, Figure | None]:
        clock = time.process_time if device == "cpu" else time.perf_counter
        started = clock()
        run(TOKENS)
        seconds = (clock() - started) / TOKENS
        least = _read_seconds(model) if device == "cpu" else _datasheet_seconds(model)
        figures: dict[str, Figure | None] = {
            "device": device if device == "cpu" else torch.cuda.get_device_name(device),
            "parameters": model.dimensions.parameters,
            "tokens": tokens,
            "tokens_per_s": round(len(prompts) / seconds, 2),
            "bandwidth_share": None if least is None else round(least / seconds, 3),
        }
        return figures if device != "cpu" else {**figures, "tokens_per_cpu_s_uncached": round(_uncached_rate(model, prompts), 2)}

    written = len(prompts) * TOKENS
    return Work(written, written * 4, lambda: run(WARM_TOKENS), lambda: run(TOKENS), judge)


def _write(model: Transformer, prompts: Sequence[Sequence[int]], tokens: int) -> int:
    texts = [Continuation(prompt, Decoding(tokens=tokens, seed=seed)) for seed, prompt in enumerate(prompts)]
    with reproducible(1, model.cos.device.type):
        return sum(1 for _ in advance(model, texts, NO_TOKEN))


@torch.no_grad()
def _uncached_rate(model: Transformer, prompts: Sequence[Sequence[int]]) -> float:
    """Tokens a second when the whole text is computed for each token, at the middle of the text."""
    window = torch.zeros(len(prompts), max(map(len, prompts)) + TOKENS // 2, dtype=torch.int64)
    with reproducible(threads=1):
        started = time.process_time()
        model.head(model.hidden_states(window)[:, -1])
        return len(prompts) / (time.process_time() - started)


def _datasheet_seconds(model: Transformer) -> float | None:
    """Seconds of a GPU to read every weight once, by the vendor's figure; None where that is not known."""
    weights = list(model.parameters())
    name = torch.cuda.get_device_name(weights[0].device)
    speed = next((speed for key, speed in MEMORY_BANDWIDTH.items() if key in name), None)
    return None if speed is None else sum(weight.nbytes for weight in weights) / speed


def _read_seconds(model: Transformer) -> float:
    """Seconds of one thread to read every weight once: the best of several sums over as many bytes."""
    weights = torch.ones(model.dimensions.parameters)
    best = float("inf")
    with reproducible(threads=1):
        for _ in range(5):
            started = time.process_time()
            weights.sum()
            best = min(best, time.process_time() - started)
    return best

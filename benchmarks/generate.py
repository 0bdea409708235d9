"""Continuing texts with a model of random weights, one thread: tokens a second, and how near that is to reading the weights.

``--input`` is a text file whose lines are the prompts; ``--limit`` says how many are continued at once (1 by default). At
batch 1 a token costs at least the reading of every weight once: ``bandwidth_share`` is that least time, by a measured copy
of memory, over the time taken.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import torch

from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.errors import DataError
from llm_assets.model.config import Model
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


def prepare(trial: Trial) -> Work[int]:
    """A model of some 25 million weights in memory; prompts as bytes, each a token."""
    lines = [line for line in trial.input.read_bytes().splitlines() if line.strip()]
    prompts = [list(line) for line in lines[: trial.limit or 1]]
    if not prompts:
        raise DataError("there is no line to go on from", trial.input)
    model = Transformer(MODEL.dimensions(VOCABULARY))

    def run(tokens: int) -> int:
        return _write(model, prompts, tokens)

    def judge(tokens: int) -> Mapping[str, Figure | None]:
        started = time.process_time()
        run(TOKENS)
        seconds = (time.process_time() - started) / TOKENS
        return {
            "parameters": model.dimensions.parameters,
            "tokens": tokens,
            "tokens_per_cpu_s_uncached": round(_uncached_rate(model, prompts), 2),
            "bandwidth_share": round(_read_seconds(model) / seconds, 3),
        }

    written = len(prompts) * TOKENS
    return Work(written, written * 4, lambda: run(WARM_TOKENS), lambda: run(TOKENS), judge)


def _write(model: Transformer, prompts: Sequence[Sequence[int]], tokens: int) -> int:
    texts = [Continuation(prompt, Decoding(tokens=tokens, seed=seed)) for seed, prompt in enumerate(prompts)]
    with reproducible(threads=1):
        return sum(1 for _ in advance(model, texts, NO_TOKEN))


@torch.no_grad()
def _uncached_rate(model: Transformer, prompts: Sequence[Sequence[int]]) -> float:
    """Tokens a second when the whole text is computed for each token, at the middle of the text."""
    window = torch.zeros(len(prompts), max(map(len, prompts)) + TOKENS // 2, dtype=torch.int64)
    with reproducible(threads=1):
        started = time.process_time()
        model.head(model.hidden_states(window)[:, -1])
        return len(prompts) / (time.process_time() - started)


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

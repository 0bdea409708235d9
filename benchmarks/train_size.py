"""Training a model of a named size for some steps, on a GPU where there is one: tokens a second, and the share of its peak.

``mfu`` is 6N + 12·L·H·Q·T operations a token (embedding left out, head counted) over the device's dense bf16 peak: the
median of the points of the training curve, of which the first, where kernels are compiled, is left out. Seconds are by the
clock, as a GPU's are.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

import torch

from benchmarks.measure import Work
from benchmarks.sizes import Size, find_size, read_tokens
from benchmarks.trial import Trial
from llm_assets.model.device import choose_device
from llm_assets.model.transformer import Transformer
from llm_assets.report import Figure
from llm_assets.training.batches import Batches, Windows
from llm_assets.training.config import Training
from llm_assets.training.machine import Machine
from llm_assets.training.throughput import Progress

STEPS = 100
POINT = 10
"""Steps between points of the curve."""


def prepare_size(trial: Trial, name: str) -> Work[list[Progress]]:
    """Tokens in memory; nothing is warmed up, as the first point of the curve is left out."""
    size, steps = find_size(name), trial.limit or STEPS
    windows = Windows(read_tokens(trial.input, size.model.context), size.model.context)
    device = choose_device()

    def judge(points: list[Progress]) -> Mapping[str, Figure | None]:
        later = points[1:] or points
        shares = [point.mfu for point in later if point.mfu is not None]
        return {
            "size": name,
            "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else device,
            "parameters": size.dimensions.parameters,
            "steps": steps,
            "training_loss": points[-1].loss,
            "tokens_per_s": round(median(point.tokens_per_second for point in later)),
            "mfu": round(median(shares), 4) if shares else None,
        }

    tokens = steps * size.windows * size.model.context
    return Work(steps * size.windows, 2 * tokens, lambda: None, lambda: _train(trial, size, windows, steps, device), judge)


def _train(trial: Trial, size: Size, windows: Windows, steps: int, device: str) -> list[Progress]:
    from llm_assets.training.loop import fit

    on_gpu = device.startswith("cuda")
    config = Training(
        windows=size.windows,
        steps=steps,
        learning_rate=3e-4,
        precision="bf16" if on_gpu else "float32",
        compile=on_gpu,
        log_every=min(POINT, steps),
        checkpoint_every=1 << 30,
    )
    points: list[Progress] = []
    fit(
        Transformer(size.dimensions, config.seed),
        Batches(windows, config.windows, steps, config.seed),
        Windows([], size.model.context),
        (),
        config,
        machine=Machine(device),
        checkpoint=trial.scratch / "size.ckpt",
        logger=False,
        on_step=points.append,
    )
    return points

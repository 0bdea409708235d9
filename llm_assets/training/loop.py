"""The training loop: Lightning steps the model, a callback measures, validates and saves.

Importing this costs some ten seconds of Lightning; a stage does so when it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import distributed
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

from llm_assets.model.score import Score, sum_windows
from llm_assets.model.transformer import Transformer
from llm_assets.training.batches import Batches, Windows, in_batches
from llm_assets.training.config import Training
from llm_assets.training.determinism import quiet, reproducible
from llm_assets.training.language_model import LanguageModel
from llm_assets.training.machine import Machine
from llm_assets.training.recorder import Curve, Recorder
from llm_assets.training.throughput import Progress

PRECISIONS: dict[str, Any] = {"float32": "32-true", "bf16": "bf16-mixed"}


@dataclass(frozen=True)
class Trained:
    """What a run leaves. ``transformer`` is the model, whole and on the CPU; None in all processes but the first."""

    transformer: Transformer | None
    curve: Curve
    tokens_per_second: float


def fit(
    model: Transformer,
    batches: Batches,
    validation: Windows,
    token_lengths: Sequence[int],
    config: Training,
    *,
    machine: Machine,
    checkpoint: Path,
    logger: Any,
    on_step: Callable[[Progress], None] | None = None,
) -> Trained:
    """Trains ``model`` over all of ``batches``; from ``checkpoint`` on where there is one.

    ``logger`` is a Lightning logger. ConfigError where training diverges: the checkpoint stays, of the last step that was sound.
    """
    machine.check(config)
    steps = len(batches) // config.accumulate
    module = LanguageModel(model, config, steps)
    with reproducible(config.threads, machine.device), quiet("pytorch_lightning"), quiet("lightning_fabric"):
        recorder = Recorder(lambda: _score(module, validation, token_lengths), checkpoint, on_step)
        trainer = lightning.Trainer(
            **machine.trainer_settings(),
            precision=PRECISIONS[config.precision],
            max_steps=steps,
            accumulate_grad_batches=config.accumulate,
            logger=logger,
            log_every_n_steps=min(config.log_every, len(batches)),
            callbacks=[recorder],
            deterministic=torch.are_deterministic_algorithms_enabled(),
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        batches.share(trainer.global_rank, trainer.world_size)
        try:
            # A checkpoint may have come from another machine: tensors and plain values are read, whatever the environment says.
            trainer.fit(module, batches, ckpt_path=checkpoint if checkpoint.exists() else None, weights_only=True)
            return Trained(_gather(module), recorder.curve, recorder.tokens_per_second)
        finally:
            if distributed.is_initialized():
                distributed.destroy_process_group()


def _score(module: LanguageModel, validation: Windows, token_lengths: Sequence[int]) -> Score | None:
    """Scores the validation split, each process an even share of its windows. None where there are too few."""
    process, processes = module.trainer.global_rank, module.trainer.world_size
    numbers = validation.spread(module.config.validation_windows)
    share = numbers[: len(numbers) // processes * processes][process::processes]
    if not share:
        return None
    sums = sum_windows(module.transformer, in_batches(validation, share, module.config.windows // processes), token_lengths)
    return Score.of(module.trainer.strategy.reduce(sums.to(module.device), reduce_op="sum"))


def _gather(module: LanguageModel) -> Transformer | None:
    """The whole model on the CPU, in the first process."""
    first, model = module.trainer.is_global_zero, module.transformer
    if module.device_mesh is None:
        return model.cpu() if first else None
    weights = get_model_state_dict(model, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
    if not first:
        return None
    whole = Transformer(model.dimensions, seed=None)
    whole.load_state_dict(weights)
    return whole

"""How a model is trained: the recipe's section."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, model_validator

from llm_assets.section import Section

CHINCHILLA_TOKENS_PER_PARAMETER = 20.0
"""Hoffmann et al. 2022: about what makes the best model of a given compute."""


class Training(Section):
    """AdamW, or Muon, over windows drawn without replacement, for a budget in steps, tokens, or tokens a parameter.

    At most one budget may be given; where none is, the model gets 20 tokens a parameter.
    """

    windows: int = Field(default=32, ge=1)
    """Windows a forward pass; the context of the model is their length."""

    packing: Literal["stream", "best_fit"] = "stream"
    """How documents fill windows: one after the other, cut wherever a window ends; or so that none is cut that fits in one (Ding et al.
    2024), at the cost of some padding. Here and not in ``shards``, since windows are as long as the model's context."""

    document_masking: bool = False
    """Whether attention stays within a document. Positions count through the window: RoPE turns by distance alone."""

    accumulate: int = Field(default=1, ge=1)
    """Forward passes a step, whose gradients are averaged: a batch is ``windows × accumulate`` windows."""

    steps: int | None = Field(default=None, ge=1)
    """Budget: steps of the optimizer."""

    tokens: int | None = Field(default=None, ge=1)
    """Budget: tokens seen, repeats included; rounded up to whole steps."""

    tokens_per_parameter: float | None = Field(default=None, gt=0)
    """Budget: tokens seen for each parameter of the model."""

    optimizer: Literal["adamw", "muon"] = "adamw"
    """AdamW for all weights (Loshchilov and Hutter 2019), or Muon for the matrices of the blocks and AdamW for the others: the
    embedding, the head, the gains of norms (Jordan et al. 2024)."""

    learning_rate: float = Field(default=1e-3, gt=0)
    """Highest learning rate of AdamW."""

    muon_learning_rate: float = Field(default=0.02, gt=0)
    """Highest learning rate of Muon. It rises and falls with AdamW's."""

    muon_momentum: float = Field(default=0.95, ge=0, lt=1)
    """Memory of Muon's mean gradient, before it is orthogonalised."""

    schedule: Literal["cosine", "wsd"] = "cosine"
    """After the warm-up, a cosine down to the floor, or warm-up-stable-decay: constant, then straight down (Hu et al. 2024)."""

    warmup_fraction: float = Field(default=0.02, ge=0, le=1)
    """Share of the steps in which the learning rate rises from 0."""

    decay_fraction: float = Field(default=0.2, ge=0, le=1)
    """Share of the steps in which warm-up-stable-decay goes down."""

    floor_fraction: float = Field(default=0.1, ge=0, le=1)
    """Learning rate of the end, as a share of the highest."""

    weight_decay: float = Field(default=0.1, ge=0)
    """Of matrices; gains of norms do not decay."""

    beta1: float = Field(default=0.9, ge=0, lt=1)
    """Memory of AdamW's mean gradient."""

    beta2: float = Field(default=0.95, ge=0, lt=1)
    """Memory of AdamW's mean squared gradient."""

    gradient_clip: float = Field(default=1.0, gt=0)
    """Longest gradient; a longer one is scaled down to it."""

    precision: Literal["float32", "bf16"] = "float32"
    """Of the arithmetic; weights and optimizer stay in float32. On a GPU, bf16 is several times faster."""

    compile: bool = False
    """Whether torch compiles the forward and backward pass: faster steps after a minute's start."""

    seed: int = Field(default=0, ge=0)
    """Draws the first weights and the order of the windows."""

    threads: int = Field(default=1, ge=1)
    """Threads of the arithmetic on a CPU. Identity, unlike other counts of workers: sums depend on it."""

    log_every: int = Field(default=10, ge=1)
    """Steps between points of the training curve."""

    validate_every: int = Field(default=200, ge=1)
    """Steps between measurements on the validation split; the end is always measured."""

    validation_windows: int = Field(default=256, ge=1)
    """Most windows of the validation split that are measured, evenly spaced over it."""

    checkpoint_every: int = Field(default=200, ge=1)
    """Steps between checkpoints, from which a run that died goes on."""

    @model_validator(mode="after")
    def _check_one_budget(self) -> Training:
        given = [name for name in ("steps", "tokens", "tokens_per_parameter") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are both budgets; give one of them (`--set training.NAME=default` takes one out)")
        return self

    def count_steps(self, context: int, parameters: int) -> int:
        """Steps of the budget, for windows of ``context`` tokens and a model of so many parameters."""
        if self.steps is not None:
            return self.steps
        tokens = self.tokens or (self.tokens_per_parameter or CHINCHILLA_TOKENS_PER_PARAMETER) * parameters
        return math.ceil(tokens / (self.windows * self.accumulate * context))

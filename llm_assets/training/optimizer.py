"""AdamW with its two groups of parameters (Loshchilov and Hutter 2019)."""

from __future__ import annotations

import torch
from torch import nn

from llm_assets.training.config import Training


def make_optimizer(model: nn.Module, config: Training) -> torch.optim.AdamW:
    """AdamW over all parameters: matrices decay, vectors (the gains of norms) do not. Fused, so a step is one pass over memory."""
    parameters = list(model.parameters())
    groups = [
        {"params": [weight for weight in parameters if weight.dim() > 1], "weight_decay": config.weight_decay},
        {"params": [weight for weight in parameters if weight.dim() == 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(config.beta1, config.beta2), fused=True)


def set_learning_rate(optimizer: torch.optim.Optimizer, value: float) -> None:
    """Gives every group the learning rate of the next step."""
    for group in optimizer.param_groups:
        group["lr"] = value

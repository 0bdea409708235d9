"""AdamW with its two groups of parameters (Loshchilov and Hutter 2019), alone or beside Muon (Jordan et al. 2024)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import torch
from torch import nn

from llm_assets.training.config import Training

SHARE = "learning_rate_share"
"""Key of a group whose learning rate is this multiple of the schedule's."""


class Together(torch.optim.Optimizer):
    """Several optimizers, each of parameters of its own, as one that is stepped, saved and restored."""

    def __init__(self, optimizers: Sequence[torch.optim.Optimizer]) -> None:
        super().__init__([dict(group) for optimizer in optimizers for group in optimizer.param_groups], {})
        self.optimizers = list(optimizers)
        self._gather()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Steps them all; what the closure gives, where there is one, which computes the gradients first."""
        loss = None if closure is None else closure()
        for optimizer in self.optimizers:
            optimizer.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """States of all, in their order."""
        return {"optimizers": [optimizer.state_dict() for optimizer in self.optimizers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Inverse of :meth:`state_dict`."""
        for optimizer, state in zip(self.optimizers, state_dict["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self._gather()

    def _gather(self) -> None:
        """Shows the groups and states of the optimizers themselves, which loading a state replaces."""
        self.param_groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]
        self.state.clear()
        self.state.update(chain.from_iterable(optimizer.state.items() for optimizer in self.optimizers))


def make_optimizer(model: nn.Module, config: Training) -> torch.optim.Optimizer:
    """The optimizer over all parameters: matrices decay, vectors (the gains of norms) do not.

    AdamW is fused, so that its step is one pass over memory. With ``muon``, it keeps what is no matrix inside a block.
    """
    hidden = [weight for name, weight in model.named_parameters() if weight.dim() > 1 and name.startswith("layers.")]
    by_muon = {id(weight) for weight in hidden} if config.optimizer == "muon" else set()
    rest = [weight for weight in model.parameters() if id(weight) not in by_muon]
    groups = [
        {"params": [weight for weight in rest if weight.dim() > 1], "weight_decay": config.weight_decay},
        {"params": [weight for weight in rest if weight.dim() == 1], "weight_decay": 0.0},
    ]
    adamw = torch.optim.AdamW(groups, lr=config.learning_rate, betas=(config.beta1, config.beta2), fused=True)
    if not by_muon:
        return adamw
    group = {"params": hidden, SHARE: config.muon_learning_rate / config.learning_rate}
    muon = torch.optim.Muon([group], lr=config.muon_learning_rate, weight_decay=config.weight_decay, momentum=config.muon_momentum)
    return Together([muon, adamw])


def set_learning_rate(optimizer: torch.optim.Optimizer, value: float) -> None:
    """Gives every group the learning rate of the next step; ``value`` is AdamW's."""
    for group in optimizer.param_groups:
        group["lr"] = value * group.get(SHARE, 1.0)

"""On what a model is trained: settings of the machine, never of the recipe.

None of them is identity: whatever the devices, a run starts from the same weights and each step sees the same windows. What
differs is the rounding of sums, so that

- on one CPU, with the recipe's number of threads, the same inputs give the same bytes, also where a run was killed;
- on several processes of a CPU the same number of them does, by either strategy;
- between one device and another, one number of them and another, weights agree to rounding, which training magnifies.

A checkpoint holds the whole state: a run killed on two devices may go on on one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from llm_assets.errors import ConfigError
from llm_assets.training.config import Training

Strategy = Literal["ddp", "fsdp2"]


@dataclass(frozen=True)
class Machine:
    """``devices`` of ``nodes`` machines each train one process, together.

    ``ddp``: each holds the whole model and averages gradients (Li et al. 2020). ``fsdp2``: each holds a share of weights,
    gradients and optimizer, and gathers a block's weights when it needs them (Zhao et al. 2023), for models that fill a device.
    """

    device: str = "cpu"
    """cpu, cuda or cuda:N, as :func:`llm_assets.model.device.choose_device` gives it."""

    devices: int = 1
    strategy: Strategy = "ddp"
    nodes: int = 1

    @property
    def processes(self) -> int:
        """How many train together."""
        return self.devices * self.nodes

    def check(self, config: Training) -> None:
        """ConfigError where this machine cannot train so."""
        if self.devices < 1 or self.nodes < 1:
            raise ConfigError(f"devices and nodes are {self.devices} and {self.nodes}; each must be at least 1")
        if self.strategy not in get_args(Strategy):
            raise ConfigError(f"strategy is {self.strategy!r}; it could be {' or '.join(get_args(Strategy))}")
        if self.processes == 1:
            return
        if ":" in self.device:
            raise ConfigError(f"device is {self.device}, one of them, and devices is {self.devices}; leave out its number")
        if config.windows % self.processes:
            raise ConfigError(f"training.windows is {config.windows}, which {self.processes} devices cannot share in even parts")
        if self.strategy == "fsdp2" and config.optimizer == "muon":
            raise ConfigError("training.optimizer is muon, which needs whole matrices, and fsdp2 splits them; use ddp, or adamw")

    def trainer_settings(self) -> dict[str, Any]:
        """Arguments of Lightning's Trainer."""
        kind, _, index = self.device.partition(":")
        settings: dict[str, Any] = {"accelerator": "gpu" if kind == "cuda" else kind, "num_nodes": self.nodes}
        if self.processes == 1:
            return {**settings, "devices": [int(index or 0)] if kind == "cuda" else 1}
        return {**settings, "devices": self.devices, "strategy": self._make_strategy()}

    def _make_strategy(self) -> Any:
        from pytorch_lightning.strategies import DDPStrategy, ModelParallelStrategy

        if self.strategy == "ddp":
            return DDPStrategy(gradient_as_bucket_view=True)
        return ModelParallelStrategy(data_parallel_size=self.processes, tensor_parallel_size=1, save_distributed_checkpoint=False)


def is_first_process() -> bool:
    """Whether this process is the one that writes and reports, where several train together."""
    from pytorch_lightning.utilities import rank_zero_only

    return getattr(rank_zero_only, "rank", 0) == 0  # an attribute that Lightning hangs on the function

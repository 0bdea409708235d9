"""What Lightning steps: a model, its loss, its optimizer."""

from __future__ import annotations

import math
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor, distributed
from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor

from llm_assets.errors import ConfigError
from llm_assets.model.score import next_token_loss
from llm_assets.model.transformer import Transformer
from llm_assets.training.batches import Batch
from llm_assets.training.config import Training
from llm_assets.training.optimizer import make_optimizer, set_learning_rate
from llm_assets.training.schedule import learning_rate


class LanguageModel(lightning.LightningModule):
    """What Lightning steps: the loss, the optimizer, the clipped gradient."""

    def __init__(self, model: Transformer, config: Training, steps: int) -> None:
        super().__init__()
        self.transformer, self.config, self.steps = model, config, steps
        # The function is compiled, not the module, so that the weights keep their names.
        self.compute_loss = torch.compile(next_token_loss) if config.compile else next_token_loss
        self.loss_sum = torch.zeros(())
        self.loss_count = 0
        self.gradient_norm = torch.zeros(())

    def configure_model(self) -> None:
        """With fsdp2, splits the weights of each block, and those outside the blocks, over the devices; else does nothing."""
        if self.device_mesh is None:
            return
        mesh = self.device_mesh["data_parallel"]
        for block in self.transformer.layers:
            fully_shard(block, mesh=mesh)
        # The head reads the embedding after hidden_states, so that what is outside the blocks stays gathered until the backward pass.
        fully_shard(self.transformer, mesh=mesh, reshard_after_forward=False)
        register_fsdp_forward_method(self.transformer, "hidden_states")

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        """Mean loss of a batch. Kept on the device: reading it every step would make a GPU wait."""
        loss = self.compute_loss(self.transformer, *batch)
        self.loss_sum = self.loss_sum.to(loss.device) + loss.detach()
        self.loss_count += 1
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """What the section names."""
        return make_optimizer(self.transformer, self.config)

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Sets the learning rate of this step."""
        set_learning_rate(optimizer, learning_rate(self.global_step, self.steps, self.config))

    def configure_gradient_clipping(self, *_: Any, **__: Any) -> None:
        """Clips the gradient as the section says, and keeps its norm."""
        norm = torch.nn.utils.clip_grad_norm_(self.transformer.parameters(), self.config.gradient_clip)
        self.gradient_norm = norm.full_tensor() if isinstance(norm, DTensor) else norm

    def mean_loss(self) -> float:
        """Mean loss of all devices since the last point. ConfigError where it, or the last gradient, is no finite number."""
        mean = self.trainer.strategy.reduce(self.loss_sum, reduce_op="mean").item() / max(self.loss_count, 1)
        if not (math.isfinite(mean) and math.isfinite(self.gradient_norm.item())):
            raise ConfigError(
                f"training diverged at step {self.global_step}: loss {mean}, gradient norm {self.gradient_norm.item()}; "
                f"lower training.learning_rate ({self.config.learning_rate}) or raise training.warmup_fraction"
            )
        return mean

    def start_mean(self) -> None:
        """Begins the mean of the next point."""
        self.loss_sum, self.loss_count = torch.zeros_like(self.loss_sum), 0

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """A checkpoint between two points keeps the losses of the steps since the last, of each process."""
        checkpoint["losses"] = (_gather(self.loss_sum.item()), self.loss_count)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """See :meth:`on_save_checkpoint`."""
        totals, self.loss_count = checkpoint["losses"]
        same = len(totals) == self.trainer.world_size
        self.loss_sum = torch.tensor(totals[self.trainer.global_rank] if same else sum(totals) / len(totals))


def _gather(value: float) -> list[float]:
    """The values of all processes, in their order."""
    if not distributed.is_initialized():
        return [value]
    values = [0.0] * distributed.get_world_size()
    distributed.all_gather_object(values, value)
    return values

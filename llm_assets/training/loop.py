"""The training loop: Lightning steps the model, a callback measures, validates and saves.

Importing this costs some ten seconds of Lightning; a stage does so when it runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor

from llm_assets.errors import ConfigError
from llm_assets.model.score import Score, next_token_loss, score_windows
from llm_assets.model.transformer import Transformer
from llm_assets.training.batches import Batch, Batches, Windows, in_batches
from llm_assets.training.config import Training
from llm_assets.training.determinism import quiet, reproducible
from llm_assets.training.optimizer import make_optimizer, set_learning_rate
from llm_assets.training.schedule import learning_rate
from llm_assets.training.throughput import Progress, Stopwatch, peak_flops

PRECISIONS: dict[str, Any] = {"float32": "32-true", "bf16": "bf16-mixed"}


@dataclass
class Curve:
    """Losses on the way, in nats a token; a training loss is the mean since the point before."""

    training: list[tuple[int, float]] = field(default_factory=list)
    """Step, loss."""

    validation: list[tuple[int, float, float]] = field(default_factory=list)
    """Step, loss, bits per byte."""


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
        self.gradient_norm = torch.nn.utils.clip_grad_norm_(self.transformer.parameters(), self.config.gradient_clip)

    def mean_loss(self) -> float:
        """Mean loss since the last point. ConfigError where it, or the last gradient, is no finite number."""
        mean = self.loss_sum.item() / max(self.loss_count, 1)
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
        """A checkpoint between two points keeps the losses of the steps since the last."""
        checkpoint["losses"] = (self.loss_sum.item(), self.loss_count)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """See :meth:`on_save_checkpoint`."""
        total, self.loss_count = checkpoint["losses"]
        self.loss_sum = torch.tensor(total)


class Recorder(lightning.Callback):
    """After each step does what is due: a point of the curve, the validation split, a checkpoint, word to the caller."""

    def __init__(self, validate: Callable[[], Score | None], checkpoint: Path, on_step: Callable[[Progress], None] | None) -> None:
        self.validate, self.checkpoint, self.on_step = validate, checkpoint, on_step
        self.curve = Curve()
        self.watch = Stopwatch()
        self.tokens_per_second = 0.0
        self._first = self._last = self._point = 0
        self._point_seconds = 0.0

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:  # noqa: ARG002 - Lightning's signature
        """Starts the watch."""
        self._first = self._last = self._point = trainer.global_step
        self.watch.resume()

    def on_train_batch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *_: Any, **__: Any) -> None:
        """Runs after every batch, and does nothing between two steps of the optimizer."""
        assert isinstance(pl_module, LanguageModel)
        step, config, end = trainer.global_step, pl_module.config, trainer.global_step == pl_module.steps
        if step == self._last:
            return
        self._last = step
        point, validation, checkpoint = (step % every == 0 for every in (config.log_every, config.validate_every, config.checkpoint_every))
        if not (point or validation or checkpoint or end):
            return
        loss = pl_module.mean_loss()
        self.watch.pause()
        progress = self._measure(trainer, pl_module, loss) if point or end else None
        if validation or end:
            self._validate(trainer)
        if checkpoint and not end:
            save_checkpoint(trainer, self.checkpoint)
        if progress is not None and self.on_step is not None:
            self.on_step(progress)
        self.watch.resume()

    def _measure(self, trainer: lightning.Trainer, module: LanguageModel, loss: float) -> Progress:
        step, config, dimensions = trainer.global_step, module.config, module.transformer.dimensions
        tokens = config.windows * config.accumulate * dimensions.context
        rate = (step - self._point) * tokens / (self.watch.seconds - self._point_seconds)
        peak = peak_flops(module.device)
        self.tokens_per_second = (step - self._first) * tokens / self.watch.seconds
        self._point, self._point_seconds = step, self.watch.seconds
        progress = Progress(
            step=step,
            steps=module.steps,
            loss=loss,
            gradient_norm=module.gradient_norm.item(),
            learning_rate=learning_rate(step - 1, module.steps, config),
            tokens_per_second=rate,
            mfu=None if peak is None else rate * dimensions.flops_per_token / peak,
            seconds_left=(module.steps - step) * tokens / self.tokens_per_second,
        )
        self.curve.training.append((step, loss))
        module.start_mean()
        _log(trainer, progress.metrics())
        return progress

    def _validate(self, trainer: lightning.Trainer) -> None:
        score = self.validate()
        if score is not None:
            self.curve.validation.append((trainer.global_step, score.loss, score.bits_per_byte))
            _log(trainer, {"validation/loss": score.loss, "validation/bits_per_byte": score.bits_per_byte})

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"training": self.curve.training, "validation": self.curve.validation}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on with the curve of the checkpoint."""
        self.curve = Curve(list(state_dict["training"]), list(state_dict["validation"]))


def save_checkpoint(trainer: lightning.Trainer, path: Path) -> None:
    """Writes the state of the run beside ``path``, then puts it there: a run that dies meanwhile leaves the older one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_suffix(".part")
    trainer.save_checkpoint(waiting)
    waiting.replace(path)


@dataclass(frozen=True)
class Trained:
    """What a run leaves."""

    curve: Curve
    tokens_per_second: float


def fit(
    model: Transformer,
    batches: Batches,
    validation: Windows,
    token_lengths: Sequence[int],
    config: Training,
    *,
    device: str,
    checkpoint: Path,
    logger: Any,
    on_step: Callable[[Progress], None] | None = None,
) -> Trained:
    """Trains ``model`` in place over all of ``batches``; from ``checkpoint`` on where there is one.

    ``logger`` is a Lightning logger. ConfigError where training diverges: the checkpoint stays, of the last step that was sound.
    """
    steps = len(batches) // config.accumulate
    place = torch.device(device)
    numbers = validation.spread(config.validation_windows)

    def validate() -> Score | None:
        return score_windows(model, in_batches(validation, numbers, config.windows), token_lengths) if numbers else None

    recorder = Recorder(validate, checkpoint, on_step)
    with reproducible(config.threads), quiet("pytorch_lightning"):
        trainer = lightning.Trainer(
            accelerator="gpu" if place.type == "cuda" else place.type,
            devices=[place.index or 0] if place.type == "cuda" else 1,
            precision=PRECISIONS[config.precision],
            max_steps=steps,
            accumulate_grad_batches=config.accumulate,
            logger=logger,
            log_every_n_steps=min(config.log_every, len(batches)),
            callbacks=[recorder],
            deterministic=True,
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(LanguageModel(model, config, steps), batches, ckpt_path=checkpoint if checkpoint.exists() else None)
    model.cpu()
    return Trained(recorder.curve, recorder.tokens_per_second)


def _log(trainer: lightning.Trainer, metrics: dict[str, float]) -> None:
    for logger in trainer.loggers:
        logger.log_metrics(metrics, step=trainer.global_step)

"""After each step, what is due: a point of the curve, a measurement, a checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import torch

from llm_assets.model.score import Score
from llm_assets.training.language_model import LanguageModel
from llm_assets.training.schedule import learning_rate
from llm_assets.training.throughput import Progress, Stopwatch, peak_flops


@dataclass
class Curve:
    """Losses on the way, in nats a token; a training loss is the mean since the point before."""

    training: list[tuple[int, float]] = field(default_factory=list)
    """Step, loss."""

    validation: list[tuple[int, float, float]] = field(default_factory=list)
    """Step, loss, bits per byte."""


class Recorder(lightning.Callback):
    """After each step does what is due: a point of the curve, the validation split, a checkpoint, word to the caller."""

    def __init__(self, validate: Callable[[], Score | None], checkpoint: Path, on_step: Callable[[Progress], None] | None) -> None:
        self.validate, self.checkpoint, self.on_step = validate, checkpoint, on_step
        self.curve = Curve()
        self.watch = Stopwatch()
        self.tokens_per_second = 0.0
        self._first = self._last = self._point = 0
        self._point_seconds = 0.0

    def setup(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, stage: str) -> None:  # noqa: ARG002 - Lightning's signature
        """Sets the threads of the arithmetic, which Lightning has changed where it started processes."""
        assert isinstance(pl_module, LanguageModel)
        torch.set_num_threads(pl_module.config.threads)

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
        if progress is not None and self.on_step is not None and trainer.is_global_zero:
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
            mfu=None if peak is None else rate * dimensions.flops_per_token / (peak * trainer.world_size),
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
    if trainer.is_global_zero:
        waiting.replace(path)


def _log(trainer: lightning.Trainer, metrics: dict[str, float]) -> None:
    for logger in trainer.loggers:
        logger.log_metrics(metrics, step=trainer.global_step)

"""What a step does: accumulation, clipping, and what is logged of it where there is no MLflow."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from llm_assets.model.config import Model
from llm_assets.training.config import Training
from llm_assets.training.machine import Machine
from llm_assets.training.stage import train_model
from llm_assets.training.throughput import Progress

pytestmark = pytest.mark.filterwarnings(
    # Lightning imports what torch and Python have deprecated; nothing here calls it.
    "ignore::DeprecationWarning:pytorch_lightning",
    "ignore::DeprecationWarning:lightning_fabric",
    "ignore::FutureWarning:lightning_fabric",
)

MODEL = Model(layers=1, width=32, heads=2, context=16)
CONFIG = Training(windows=8, steps=6, learning_rate=1e-2, log_every=2, validate_every=3, seed=7)


def train(corpus: Any, folder: Path, **changes: Any) -> list[Progress]:
    points: list[Progress] = []
    config = CONFIG.model_copy(update=changes)
    train_model(
        [corpus.shards], corpus.tokenizer, folder / "model", config, MODEL, Machine(), folder / "checkpoints", on_step=points.append
    )
    return points


def weights(folder: Path) -> dict[str, torch.Tensor]:
    loaded: dict[str, torch.Tensor] = load_file(folder / "model" / "model.safetensors")
    return loaded


def test_accumulated_passes_are_one_larger_one(corpus: Any, tmp_path: Path) -> None:
    one = train(corpus, tmp_path / "one")
    four = train(corpus, tmp_path / "four", windows=2, accumulate=4)
    assert [point.loss for point in four] == pytest.approx([point.loss for point in one], abs=1e-4)
    theirs = weights(tmp_path / "four")
    for name, weight in weights(tmp_path / "one").items():
        torch.testing.assert_close(weight, theirs[name], atol=1e-4, rtol=0)


def test_a_clipped_gradient_is_told_by_its_own_norm_and_moves_less(corpus: Any, tmp_path: Path) -> None:
    # AdamW's epsilon is what a gradient of 1e-9 cannot move far against.
    free, clipped = (train(corpus, tmp_path / name, gradient_clip=most) for name, most in (("free", 1e9), ("clipped", 1e-9)))
    assert free[0].gradient_norm > 0.1
    assert clipped[0].gradient_norm > 0.1
    assert clipped[-1].loss > free[-1].loss + 0.1


def test_without_mlflow_the_curve_is_a_csv_file(corpus: Any, tmp_path: Path) -> None:
    points = train(corpus, tmp_path)
    (path,) = (tmp_path / "checkpoints").rglob("metrics.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    told = {int(row["step"]): row for row in rows if row["train/loss"]}
    assert sorted(told) == [point.step for point in points] == [2, 4, 6]
    for point in points:
        row = told[point.step]
        assert float(row["train/loss"]) == pytest.approx(point.loss)
        assert float(row["train/gradient_norm"]) == pytest.approx(point.gradient_norm)
        assert float(row["train/learning_rate"]) == pytest.approx(point.learning_rate)
        assert float(row["speed/tokens_per_second"]) > 0
        assert float(row["speed/seconds_left"]) >= 0
    assert float(told[6]["speed/seconds_left"]) == 0
    assert [int(row["step"]) for row in rows if row["validation/bits_per_byte"]] == [3, 6]

"""A whole run, and a run that died: the same weights, bit for bit."""

from __future__ import annotations

import hashlib
import json
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.shard import write_shard
from llm_assets.model.config import Model
from llm_assets.model.export import load_model
from llm_assets.report import Report
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

MODEL = Model(layers=2, width=32, heads=2, context=16)
CONFIG = Training(windows=4, accumulate=2, steps=12, learning_rate=1e-2, log_every=5, validate_every=4, checkpoint_every=3, seed=7)


class StoppedError(Exception):
    """Stands for whatever ends a run in the middle."""


def run(corpus: Any, folder: Path, config: Training = CONFIG, on_step: Callable[[Progress], None] | None = None) -> Report:
    return train_model([corpus.shards], corpus.tokenizer, folder / "model", config, MODEL, Machine(), folder / "checkpoints", None, on_step)


def digest(folder: Path, name: str = "model.safetensors") -> str:
    return hashlib.sha256((folder / "model" / name).read_bytes()).hexdigest()


def checkpoints(folder: Path) -> list[Path]:
    return list((folder / "checkpoints").glob("*.ckpt"))


@pytest.fixture(scope="module")
def undisturbed(corpus: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    folder = tmp_path_factory.mktemp("undisturbed")
    return folder, run(corpus, folder)


def test_a_run_writes_a_folder_that_loads(undisturbed: tuple[Path, Report]) -> None:
    folder, report = undisturbed
    assert {path.name for path in (folder / "model").iterdir()} == {
        "README.md", "config.json", "curve.json", "generation_config.json", "model.safetensors", "tokenizer.json",
    }  # fmt: skip
    assert load_model(folder / "model").dimensions.parameters == report.figures["parameters"]


def test_the_loss_falls(undisturbed: tuple[Path, Report]) -> None:
    folder, report = undisturbed
    curve = json.loads((folder / "model" / "curve.json").read_text())
    assert curve["training"]["step"] == [5, 10, 12]
    assert curve["validation"]["step"] == [4, 8, 12]
    assert curve["training"]["loss"][-1] == report.figures["training_loss"] < curve["training"]["loss"][0] < math.log(300) * 1.02
    assert curve["validation"]["loss"][-1] == report.figures["validation_loss"] < curve["validation"]["loss"][0]


def test_windows_past_the_budget_are_counted(undisturbed: tuple[Path, Report]) -> None:
    _, report = undisturbed
    assert report.kept == 12 * 2 * 4
    assert report.rejected == {"past_the_budget": report.read - report.kept}


def test_a_finished_run_leaves_no_checkpoint(undisturbed: tuple[Path, Report]) -> None:
    folder, _ = undisturbed
    assert checkpoints(folder) == []


def test_the_settings_of_torch_are_as_they_were(corpus: Any, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        state = torch.get_rng_state()
        run(corpus, tmp_path, CONFIG.model_copy(update={"steps": 1}))
        assert torch.get_num_threads() == 2
        assert not torch.are_deterministic_algorithms_enabled()
        assert torch.equal(torch.get_rng_state(), state)
    finally:
        torch.set_num_threads(before)


def test_two_runs_give_the_same_bytes(corpus: Any, undisturbed: tuple[Path, Report], tmp_path: Path) -> None:
    run(corpus, tmp_path)
    for name in ("model.safetensors", "curve.json", "README.md", "config.json"):
        assert digest(tmp_path, name) == digest(undisturbed[0], name)


@pytest.mark.parametrize("last", [4, 6, 11])
def test_a_resumed_run_ends_as_an_undisturbed_one(corpus: Any, undisturbed: tuple[Path, Report], tmp_path: Path, last: int) -> None:
    config = CONFIG.model_copy(update={"log_every": 1})

    def stop(progress: Progress) -> None:
        if progress.step == last:
            raise StoppedError

    with pytest.raises(StoppedError):
        run(corpus, tmp_path, config, stop)
    assert len(checkpoints(tmp_path)) == 1
    steps: list[int] = []
    run(corpus, tmp_path, config, lambda progress: steps.append(progress.step))
    assert steps == list(range(last // 3 * 3 + 1, 13))
    assert digest(tmp_path) == digest(undisturbed[0])
    assert json.loads((tmp_path / "model" / "curve.json").read_text())["training"]["step"] == list(range(1, 13))
    assert checkpoints(tmp_path) == []


class Planted:
    """What runs when a pickle that holds it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_a_checkpoint_that_holds_more_than_tensors_is_refused_unrun(corpus: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(progress: Progress) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        run(corpus, tmp_path, on_step=stop)
    (path,) = checkpoints(tmp_path)
    torch.save(Planted(tmp_path / "ran"), path)
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")  # what would undo the default of torch
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        run(corpus, tmp_path)
    assert not (tmp_path / "ran").exists()


def test_another_configuration_does_not_go_on_with_a_checkpoint(corpus: Any, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        run(corpus, tmp_path, on_step=stop)
    steps: list[int] = []
    run(corpus, tmp_path, CONFIG.model_copy(update={"seed": 8}), lambda progress: steps.append(progress.step))
    assert steps == [5, 10, 12]


def test_a_run_that_diverges_stops_and_keeps_its_last_sound_checkpoint(corpus: Any, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"learning_rate": 1e25, "warmup_fraction": 0.75, "log_every": 1, "checkpoint_every": 1})
    with pytest.raises(ConfigError, match=r"diverged at step \d+: loss .*gradient norm nan; lower training\.learning_rate"):
        run(corpus, tmp_path, config)
    assert not (tmp_path / "model").exists()
    (path,) = checkpoints(tmp_path)
    weights = torch.load(path, weights_only=False)["state_dict"]
    assert all(torch.isfinite(weight).all() for weight in weights.values())


def test_without_a_validation_split_there_is_a_warning(corpus: Any, tmp_path: Path) -> None:
    shards = Artefact(corpus.shards.folder, tuple(entry for entry in corpus.shards.files if entry.path.startswith("train")))
    report = train_model([shards], corpus.tokenizer, tmp_path / "model", CONFIG, MODEL, Machine(), tmp_path / "checkpoints")
    assert len(report.warnings) == 1
    assert "validation_loss" not in report.figures


def test_bf16_trains_and_leaves_float32(corpus: Any, tmp_path: Path) -> None:
    report = run(corpus, tmp_path, CONFIG.model_copy(update={"precision": "bf16"}))
    assert report.figures["training_loss"] < math.log(300)
    assert {weight.dtype for weight in load_model(tmp_path / "model").state_dict().values()} == {torch.float32}


def test_shards_of_another_tokenizer_are_refused(corpus: Any, tmp_path: Path) -> None:
    write_shard(
        tmp_path / "shards" / "train-00000.tokens", [np.arange(99)], split="train", vocabulary=300, end_of_text=0, tokenizer="0" * 64
    )
    shards = Artefact.of_folder(tmp_path / "shards")
    with pytest.raises(DataError, match="the shard is of tokenizer 000000000000"):
        train_model([shards], corpus.tokenizer, tmp_path / "model", CONFIG, MODEL, Machine(), tmp_path / "checkpoints")


def test_a_context_longer_than_any_shard_is_refused_by_name(corpus: Any, tmp_path: Path) -> None:
    model = MODEL.model_copy(update={"context": 100_000})
    with pytest.raises(ConfigError, match=r"model\.context is 100000"):
        train_model([corpus.shards], corpus.tokenizer, tmp_path / "model", CONFIG, model, Machine(), tmp_path / "checkpoints")


def test_muon_learns_and_resumes_to_the_weights_of_an_undisturbed_run(corpus: Any, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"optimizer": "muon", "log_every": 1})

    def stop(progress: Progress) -> None:
        if progress.step == 7:
            raise StoppedError

    with pytest.raises(StoppedError):
        run(corpus, tmp_path / "killed", config, stop)
    run(corpus, tmp_path / "killed", config)
    report = run(corpus, tmp_path / "whole", config)
    assert report.figures["training_loss"] < 0.8 * math.log(300)
    assert digest(tmp_path / "killed") == digest(tmp_path / "whole")

"""Two processes that train together, really: over gloo, by DDP and by FSDP2, against one that trains alone."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from training_processes import CONFIG, train, train_apart

from llm_assets.errors import ConfigError
from llm_assets.formats.manifest import hash_file
from llm_assets.training.batches import Batches, Windows
from llm_assets.training.config import Training
from llm_assets.training.machine import Machine

pytestmark = pytest.mark.filterwarnings(
    # Lightning imports what torch and Python have deprecated; nothing here calls it.
    "ignore::DeprecationWarning:pytorch_lightning",
    "ignore::DeprecationWarning:lightning_fabric",
    "ignore::FutureWarning:lightning_fabric",
)

STRATEGIES = ["ddp", "fsdp2"]


def two(strategy: Any) -> Machine:
    return Machine(devices=2, strategy=strategy)


def assert_close(one: Path, other: Path) -> None:
    ours, theirs = (load_file(folder / "model" / "model.safetensors") for folder in (one, other))
    assert ours.keys() == theirs.keys()
    for name, weight in ours.items():
        torch.testing.assert_close(weight, theirs[name], atol=1e-4, rtol=0)


@pytest.fixture(scope="module")
def data(corpus: Any) -> Path:
    folder: Path = corpus.shards.folder.parent
    return folder


@pytest.fixture(scope="module")
def alone(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone")
    train(data, folder)
    return folder


@pytest.fixture(scope="module", params=STRATEGIES)
def together(request: pytest.FixtureRequest, data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp(request.param)
    assert train_apart(data, folder, two(request.param)) == [0, 0]
    return request.param, folder


def test_two_processes_train_the_model_of_one(together: tuple[str, Path], alone: Path) -> None:
    _, folder = together
    assert_close(folder, alone)
    ours, theirs = (json.loads((each / "model" / "curve.json").read_text()) for each in (folder, alone))
    assert ours["training"]["step"] == theirs["training"]["step"]
    np.testing.assert_allclose(ours["training"]["loss"], theirs["training"]["loss"], atol=1e-4)
    np.testing.assert_allclose(ours["validation"]["loss"], theirs["validation"]["loss"], atol=5e-3)  # of one window less


def test_they_write_one_folder_with_the_files_of_one_and_leave_no_checkpoint(together: tuple[str, Path], alone: Path) -> None:
    _, folder = together
    names = [{path.name for path in (each / "model").iterdir()} for each in (folder, alone)]
    assert names[0] == names[1]
    assert list((folder / "checkpoints").glob("*.ckpt")) == []


@pytest.fixture(scope="module")
def killed(together: tuple[str, Path], data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed")
    first, second = train_apart(data, folder, two(together[0]), last=7)
    assert first == -signal.SIGKILL
    assert second != 0
    return folder


def test_killed_together_they_leave_one_checkpoint_and_no_model(killed: Path) -> None:
    assert [path.suffix for path in (killed / "checkpoints").glob("*.*")] == [".ckpt"]
    assert not (killed / "model").exists()


def test_killed_together_they_resume_to_the_weights_of_an_undisturbed_run(
    killed: Path, together: tuple[str, Path], data: Path, tmp_path: Path
) -> None:
    strategy, undisturbed = together
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    assert train_apart(data, tmp_path, two(strategy)) == [0, 0]
    for name in ("model.safetensors", "curve.json"):
        assert hash_file(tmp_path / "model" / name) == hash_file(undisturbed / "model" / name)


def test_what_two_began_one_may_end(killed: Path, data: Path, alone: Path, tmp_path: Path) -> None:
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    steps: list[int] = []
    train(data, tmp_path, on_step=lambda progress: steps.append(progress.step))
    assert steps == [7, 8, 9, 10]
    assert_close(tmp_path, alone)


def test_processes_share_each_batch_without_overlap() -> None:
    windows = Windows([np.arange(1000, dtype=np.uint16)], 8)
    whole, *shares = (Batches(windows, 6, 30, seed=3) for _ in range(4))
    for process, share in enumerate(shares):
        share.share(process, 3)
    for batch, *parts in zip(whole, *shares, strict=True):
        assert {len(inputs) for inputs, _ in parts} == {2}
        firsts = torch.cat([inputs[:, 0] for inputs, _ in parts])
        assert sorted(firsts.tolist()) == sorted(batch[0][:, 0].tolist())


@pytest.mark.parametrize(
    ("machine", "config", "message"),
    [
        (Machine(devices=0), CONFIG, "devices and nodes are 0 and 1"),
        (Machine(devices=3), CONFIG, "training.windows is 4, which 3 devices cannot share"),
        (Machine("cuda:1", devices=2), CONFIG, "leave out its number"),
        (Machine(devices=2, strategy="deepspeed"), CONFIG, "it could be ddp or fsdp2"),  # type: ignore[arg-type]
        (Machine(nodes=2, strategy="fsdp2"), CONFIG.model_copy(update={"optimizer": "muon"}), "use ddp, or adamw"),
    ],
)
def test_a_machine_that_cannot_train_so_is_refused(machine: Machine, config: Training, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        machine.check(config)

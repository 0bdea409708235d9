"""Processes that train and may be killed at a step: forks of one that has imported what takes long."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from llm_assets.formats.manifest import Artefact
from llm_assets.model.config import Model
from llm_assets.training.config import Training
from llm_assets.training.machine import Machine
from llm_assets.training.stage import train_model
from llm_assets.training.throughput import Progress

MODEL = Model(layers=2, width=32, heads=2, context=16)
CONFIG = Training(windows=4, accumulate=2, steps=10, learning_rate=1e-2, log_every=1, validate_every=5, checkpoint_every=3, seed=7)
ALONE = Machine()


def train(data: Path, folder: Path, machine: Machine = ALONE, on_step: Callable[[Progress], None] | None = None) -> None:
    shards, tokenizer = Artefact.of_folder(data / "shards"), Artefact.of_folder(data / "tokenizer")
    train_model([shards], tokenizer, folder / "model", CONFIG, MODEL, machine, folder / "checkpoints", None, on_step)


def die_at(last: int, progress: Progress) -> None:
    if progress.step == last:
        os.kill(os.getpid(), signal.SIGKILL)


def train_as(rank: int, port: int, data: Path, folder: Path, machine: Machine, last: int | None) -> None:
    """One of the processes; of several, started from outside as torchrun would."""
    if machine.processes > 1:
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        os.environ.update(address, NODE_RANK="0", LOCAL_RANK=str(rank), WORLD_SIZE=str(machine.devices))
    train(data, folder, machine, None if last is None else partial(die_at, last))


def train_apart(data: Path, folder: Path, machine: Machine = ALONE, last: int | None = None) -> list[int | None]:
    """Exit statuses of as many processes as the machine has devices; ``last`` is the step after which the first is killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["llm_assets.training.loop"])
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    processes: list[Any] = [
        context.Process(target=train_as, args=(rank, port, data, folder, machine, last)) for rank in range(machine.devices)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    return [process.exitcode for process in processes]

"""A run that is killed wherever it happens to be, again and again."""

from __future__ import annotations

import random
import signal
from pathlib import Path
from typing import Any

import pytest
from training_processes import CONFIG, train_apart

from llm_assets.formats.manifest import hash_file

DEATHS = 3


@pytest.fixture(scope="module")
def data(corpus: Any) -> Path:
    folder: Path = corpus.shards.folder.parent
    return folder


def test_killed_at_any_steps_it_ends_with_the_weights_of_an_undisturbed_run(data: Path, tmp_path: Path) -> None:
    assert CONFIG.steps is not None
    steps = sorted(random.sample(range(1, CONFIG.steps), DEATHS))
    for step in steps:
        assert train_apart(data, tmp_path / "killed", last=step) == [-signal.SIGKILL], f"killed at {steps}"
    assert train_apart(data, tmp_path / "killed") == [0]
    assert train_apart(data, tmp_path / "whole") == [0]
    for name in ("model.safetensors", "curve.json"):
        assert hash_file(tmp_path / "killed" / "model" / name) == hash_file(tmp_path / "whole" / "model" / name), f"killed at {steps}"

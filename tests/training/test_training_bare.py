"""A machine that only trains: little is installed, and the process is killed in the middle."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llm_assets.formats.manifest import hash_file
from llm_assets.training.__main__ import main

pytestmark = pytest.mark.filterwarnings(
    # Lightning imports what torch and Python have deprecated; nothing here calls it.
    "ignore::DeprecationWarning:pytorch_lightning",
    "ignore::DeprecationWarning:lightning_fabric",
    "ignore::FutureWarning:lightning_fabric",
)

ABSENT = ("polars", "pyarrow", "duckdb", "dagster", "mlflow", "transformers", "numba", "typer", "rich", "datasketch", "trafilatura")

SCRIPT = """
import importlib.metadata, os, signal, sys
absent = {absent!r}
for name in absent:
    sys.modules[name] = None
find = importlib.metadata.Distribution.from_name
def hide(name):  # torchmetrics imports what the metadata say is installed
    if name in absent:
        raise importlib.metadata.PackageNotFoundError(name)
    return find(name)
importlib.metadata.Distribution.from_name = hide
import llm_assets.model.export, llm_assets.sampling.stage, llm_assets.sampling.score
from llm_assets.training import stage
from llm_assets.training.__main__ import main
train_model = stage.train_model
def kill(progress):
    if progress.step == 7:
        os.kill(os.getpid(), signal.SIGKILL)
stage.train_model = lambda *arguments, on_step, **named: train_model(*arguments, **named, on_step=kill)
main(sys.argv[1:])
"""


def arguments(corpus: Any, out: Path, config: Path) -> list[str]:
    return ["--shards", str(corpus.shards.folder), "--tokenizer", str(corpus.tokenizer.folder), "--out", str(out), "--config", str(config)]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "train.toml"
    path.write_text(
        "[model]\nlayers = 1\nwidth = 32\ncontext = 16\n"
        "[training]\nwindows = 4\nsteps = 12\nlog_every = 1\ncheckpoint_every = 5\nlearning_rate = 0.01\n"
    )
    return path


@pytest.fixture(scope="module")
def killed(corpus: Any, config: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    out = tmp_path_factory.mktemp("killed") / "model"
    script = SCRIPT.format(absent=ABSENT)
    done = subprocess.run([sys.executable, "-c", script, *arguments(corpus, out, config)], capture_output=True, text=True, check=False)
    return out, done


def test_training_runs_with_little_installed(killed: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    _, done = killed
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_a_killed_process_leaves_no_model_and_one_checkpoint(killed: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    out, _ = killed
    assert not out.exists()
    assert len(list(out.with_name("model.checkpoints").glob("*.ckpt"))) == 1


def test_a_killed_process_is_resumed_to_the_weights_of_an_undisturbed_one(
    killed: tuple[Path, subprocess.CompletedProcess[str]], corpus: Any, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = killed
    assert main(arguments(corpus, out, config)) == 0
    resumed = capsys.readouterr().out
    assert main(arguments(corpus, tmp_path / "model", config)) == 0
    assert [line.split()[1] for line in resumed.splitlines() if line.startswith("step ")] == [f"{step}/12" for step in range(6, 13)]
    for name in ("model.safetensors", "curve.json"):
        assert hash_file(out / name) == hash_file(tmp_path / "model" / name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"training": {"stepz": 3}}', "training.stepz"),
        ('{"trainings": {}}', "trainings"),
        ('{"training": {"steps": 0}}', "training.steps"),
        ("{", "no JSON"),
    ],
)
def test_a_wrong_configuration_is_named(corpus: Any, tmp_path: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "train.json"
    path.write_text(text)
    assert main(arguments(corpus, tmp_path / "model", path)) == 1
    assert message in capsys.readouterr().err


def test_json_serves_as_well_as_toml(corpus: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "train.json"
    path.write_text(json.dumps({"training": {"windows": 2, "steps": 2}, "model": {"layers": 1, "width": 32, "context": 16}}))
    assert main(arguments(corpus, tmp_path / "model", path)) == 0
    assert "windows" in capsys.readouterr().out

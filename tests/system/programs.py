"""The command line as programs of their own, as a person starts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from llm_assets.root import DataRoot

LLM_ASSETS = Path(sys.executable).with_name("llm-assets")
OURS = ("LLM_ASSETS_", "DAGSTER_", "MLFLOW_")
"""Variables with these beginnings would lead a program to another root than the test's."""


def command(root: DataRoot, *words: object) -> list[str]:
    """The words of a call on a root."""
    return [str(LLM_ASSETS), "--home", root.address, "--state", str(root.state), *map(str, words)]


def variables() -> dict[str, str]:
    """The environment without what belongs to another root, but with the tests' database; little of the machine is left to a test."""
    ours = {name for name in os.environ if name.startswith(OURS)} - {"LLM_ASSETS_DATABASE"}
    return {name: value for name, value in os.environ.items() if name not in ours} | {"LLM_ASSETS_WORKERS": "1"}


def call(root: DataRoot, *words: object, seconds: float = 1800) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; what it says, on both channels, is in ``stdout``."""
    return subprocess.run(
        command(root, *words),
        env=variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )


def start(root: DataRoot, log: Path, *words: object) -> subprocess.Popen[bytes]:
    """Starts a command in a process group of its own; what it says goes to ``log``."""
    with log.open("wb") as file:
        return subprocess.Popen(command(root, *words), env=variables(), stdout=file, stderr=file, start_new_session=True)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """``kill -9`` for a command and all it has started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(condition: Callable[[], object], seconds: float, what: str, pause: float = 0.2) -> None:
    """Returns as soon as a condition holds. TimeoutError says what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(pause)

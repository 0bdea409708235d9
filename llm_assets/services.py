"""The programs beside this one: Dagster's run of a plan, and the servers of both user interfaces.

They get all they need by environment variables, bind to loopback, and end together.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from llm_assets.errors import ConfigError
from llm_assets.instance import LOOPBACK, environment
from llm_assets.root import DataRoot

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a supervisor, a terminal that is closed."""

QUIET_SERVERS = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "PYTHONWARNINGS": "ignore:Function `dev_command` is superseded,ignore:starlette.middleware.wsgi is deprecated",
}
"""No second pool of MLflow's processes for jobs that nobody starts here, and no warnings that only the servers' authors can heed."""

WORKSPACE = Path(__file__).parents[1] / "workspace.yaml"


def run_plan(root: DataRoot, arguments: Sequence[str], module: str = "dagster_project", stdout: IO[str] | None = None) -> int:
    """Materializes through Dagster what the planner says, in a process of its own; returns its exit status.

    ``module`` is what is run: another of the graph's own programs takes the same arguments and ends the same way. ``stdout`` is
    where it prints, by default where this process does.

    That process is interrupted where this one ends, even by ``kill -9``.
    """
    ours, theirs = os.pipe()  # whoever reads the one learns when the other is closed, which the system does too
    command = [sys.executable, "-m", module, "--ends-with", str(ours), *arguments]
    try:
        with subprocess.Popen(command, env=environment(root), pass_fds=[ours], stdout=stdout) as process:
            try:
                return process.wait()
            except KeyboardInterrupt:  # it was interrupted as well, and leaves things in order
                return process.wait()
    finally:
        os.close(ours)
        os.close(theirs)


def end_with(descriptor: int) -> None:
    """Interrupts this process, as Ctrl-C does, when the pipe behind a file descriptor is closed at its other end."""

    def wait_for_end() -> None:
        os.read(descriptor, 1)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=wait_for_end, daemon=True).start()


def serve_interfaces(root: DataRoot, dagster_port: int, mlflow_port: int, on_ready: Callable[[], None]) -> int:
    """Runs Dagster's and MLflow's servers until one ends or the user interrupts; ends both, with all their children.

    ``on_ready`` is called once, when all of them answer.
    """
    variables = environment(root, mlflow_port, dagster_port) | QUIET_SERVERS
    bin_folder = Path(sys.executable).parent
    dagster: list[str | Path] = [bin_folder / "dagster", "dev", "-w", WORKSPACE, "-h", LOOPBACK, "-p", str(dagster_port)]
    dagster += ["--log-level", "warning"]
    store = variables["MLFLOW_TRACKING_URI"]
    variables["MLFLOW_BACKEND_STORE_URI"] = store  # among the arguments other users of the machine would see its password
    mlflow = [sys.executable, "-m", "mlflow", "server", "--host", LOOPBACK, "--port", str(mlflow_port)]
    mlflow += [
        "--artifacts-destination",
        (root.state / "mlflow_artifacts").as_uri(),
        "--workers",
        "1",
        "--uvicorn-opts",
        "--log-level=warning",
    ]
    servers: dict[int, Sequence[str | Path]] = {dagster_port: dagster} | ({} if store.startswith("http") else {mlflow_port: mlflow})
    _require_workspace()
    for port in servers:
        if is_listening(port):
            raise ConfigError(f"port {port} is taken by another program: choose others with --port and --mlflow-port")
    return _run_together(list(servers.values()), variables, set(servers), on_ready)


def serve_daemon(root: DataRoot) -> int:
    """Runs Dagster's daemon, which runs what is turned on, until the user interrupts; ends it with all its children, runs too."""
    _require_workspace()
    command: list[str | Path] = [Path(sys.executable).parent / "dagster-daemon", "run", "-w", WORKSPACE, "--log-level", "info"]
    return _run_together([command], environment(root) | QUIET_SERVERS, set(), lambda: None)


def ask_dagster(root: DataRoot, module: str, words: Sequence[str]) -> str:
    """What one of the graph's own programs prints, in a process of its own. ConfigError with what it says where it does not end well."""
    _require_workspace()
    done = subprocess.run(
        [sys.executable, "-m", module, *words], env=environment(root) | QUIET_SERVERS, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ConfigError((done.stderr.strip().splitlines() or [f"{module} ended with status {done.returncode}"])[-1])
    return done.stdout


def _require_workspace() -> None:
    if not WORKSPACE.is_file():
        raise ConfigError(f"{WORKSPACE} is missing: Dagster runs from a checkout of the project")


def _run_together(
    commands: Sequence[Sequence[str | Path]], variables: dict[str, str], silent: set[int], on_ready: Callable[[], None]
) -> int:
    """Runs programs until one ends or the user interrupts, and ends all; ``on_ready`` is called when all ``silent`` ports answer."""
    for number in ENDINGS:
        signal.signal(number, _interrupt)
    processes = [subprocess.Popen(command, env=variables, start_new_session=True) for command in commands]
    try:
        while all(process.poll() is None for process in processes):
            if silent:
                silent = {port for port in silent if not is_listening(port)}
                if not silent:
                    on_ready()
            time.sleep(0.2)
    except KeyboardInterrupt:
        return 0
    finally:
        _end_groups(processes)
    return next((process.returncode for process in processes if process.returncode), 0)


def is_listening(port: int) -> bool:
    """Whether something answers at a port of loopback."""
    with socket.socket() as connection:
        return connection.connect_ex((LOOPBACK, port)) == 0


def _interrupt(number: int, frame: object) -> None:  # noqa: ARG001  # the signature of a signal handler
    raise KeyboardInterrupt


def _end_groups(processes: Sequence[subprocess.Popen[bytes]], patience_seconds: float = 8.0) -> None:
    """Ends servers with all their children, more firmly each time: SIGTERM alone does not stop ``dagster dev``.

    At first only the servers are told, who end their own children in good order. An impatient second Ctrl-C changes nothing:
    it would leave behind whatever has not ended yet.
    """
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)
    waiting = list(processes)
    for number, send in ((signal.SIGINT, os.kill), (signal.SIGTERM, os.killpg), (signal.SIGKILL, os.killpg)):
        for process in waiting:
            with contextlib.suppress(ProcessLookupError):
                send(process.pid, number)
        deadline = time.monotonic() + patience_seconds
        while waiting and time.monotonic() < deadline:
            waiting = [process for process in waiting if _is_group_alive(process)]
            time.sleep(0.1)


def _is_group_alive(process: subprocess.Popen[bytes]) -> bool:
    process.poll()  # reaps the leader, which would keep its group alive as a zombie
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True

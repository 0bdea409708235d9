"""Whether whoever began a pipeline run still lives: it holds a lock, which the system takes back however its process ends."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from dagster_project.tracking.experiment import Experiment
from llm_assets.root import DataRoot


def hold_alive(root: DataRoot, run_id: str) -> FileLock:
    """The lock of this process on a pipeline run. Released, it must be removed with :func:`let_go`."""
    folder = _folder(root)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{run_id}.{socket.gethostname()}-{os.getpid()}.lock", timeout=0)
    lock.acquire()
    return lock


def let_go(lock: FileLock) -> None:
    """Ends the hold, and leaves no file of it."""
    Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()


def is_last(root: DataRoot, run_id: str, lock: FileLock | None) -> bool:
    """Whether no other living process holds a pipeline run, as far as this machine sees their locks."""
    own = Path(lock.lock_file) if lock is not None else None
    for path in _folder(root).glob(f"{run_id}.*.lock"):
        if path != own:
            try:
                with FileLock(path, timeout=0):
                    continue
            except Timeout:
                return False
    return True


def end_dead(experiment: Experiment, root: DataRoot) -> None:
    """Marks as killed the pipeline runs of a root that still seem to run, though the process that held them is gone."""
    from mlflow.exceptions import MlflowException

    for path in _folder(root).glob("*.lock"):
        try:
            with FileLock(path, timeout=0):
                run_id = path.name.partition(".")[0]
                with suppress(MlflowException):  # of another store, or deleted by hand
                    if experiment.client.get_run(run_id).info.status == "RUNNING":
                        experiment.client.set_terminated(run_id, "KILLED")
                path.unlink(missing_ok=True)
        except Timeout:
            continue  # it lives


def _folder(root: DataRoot) -> Path:
    return root.state / "pipelines"

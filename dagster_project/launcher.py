"""Dagster's launcher of runs on this machine, which can also say whether the process of a run is still there.

Dagster's own cannot: only the code server that started a run sees it die. Where that was killed too, the run would count as started for
ever, and nobody would ask for its assets again. The daemon's monitoring asks :meth:`check_run_worker_health` of every started run, marks
it failed where its process is gone, and Dagster's retries start it again.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any, Self

import dagster as dg
import psutil
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher
from dagster._serdes.config_class import ConfigurableClassData

HOST_TAG = "llm_assets/host"
"""Tag of a run: the machine its process is on. Where a database is shared, a run of another machine is for that one to judge."""

CLOCKS_APART_SECONDS = 2.0
"""The time a process says it began and the time of an event in it, which came later, may seem the other way round by so much."""


class MonitoredRunLauncher(DefaultRunLauncher):
    """The default launcher, for a daemon and runs of one machine."""

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> Self:  # noqa: ARG003  # it has no settings
        """Dagster's way to make one from dagster.yaml."""
        return cls(inst_data=inst_data)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Yes: that is what it is for."""
        return True

    def launch_run(self, context: LaunchRunContext) -> None:
        """Starts a run, which keeps on which machine."""
        self._instance.add_run_tags(context.dagster_run.run_id, host_tag())
        super().launch_run(context)

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the process that executes the run is there."""
        return judge_process(self._instance, run)


def judge_process(instance: dg.DagsterInstance, run: dg.DagsterRun) -> CheckRunHealthResult:
    """Whether the process of this machine that executes a run is there. One that has not said yet which it is is waited for."""
    started = _find_process(instance, run.run_id) if host_tag().items() <= run.tags.items() else None
    if started is None:
        return CheckRunHealthResult(WorkerStatus.RUNNING)
    number, when = started
    if is_process_of(number, when):
        return CheckRunHealthResult(WorkerStatus.RUNNING)
    return CheckRunHealthResult(WorkerStatus.FAILED, f"process {number} of the run is gone: it was killed, or its machine was")


def _find_process(instance: dg.DagsterInstance, run_id: str) -> tuple[int, float] | None:
    """Number of the run's process, which is the first to tell its own, and when it did."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        event = entry.dagster_event
        pid = event.engine_event_data.metadata.get("pid") if event is not None else None
        if pid is not None:
            return int(str(pid.value)), entry.timestamp
    return None


def host_tag() -> dict[str, str]:
    """The tag of a run on this machine."""
    return {HOST_TAG: socket.gethostname()}


def is_process_of(number: int, when: float) -> bool:
    """Whether a process of that number is alive which was there at a time (seconds of the epoch): numbers are used again."""
    try:
        process = psutil.Process(number)
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= when + CLOCKS_APART_SECONDS
    except psutil.NoSuchProcess:
        return False

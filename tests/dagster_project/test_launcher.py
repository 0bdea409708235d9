"""A run whose process is gone is seen to be, and no other is taken for it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster._core.launcher.base import WorkerStatus
from dagster._core.test_utils import create_run_for_test

from dagster_project.launcher import HOST_TAG, MonitoredRunLauncher, host_tag, is_process_of
from llm_assets.instance import environment
from llm_assets.root import DataRoot


@pytest.fixture
def instance(root: DataRoot, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    for name, value in environment(root).items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.get() as made:
        yield made


@pytest.fixture
def ended() -> int:
    """Number of a process that was."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def judge(instance: dg.DagsterInstance, process: int | None, tags: dict[str, str]) -> WorkerStatus:
    run = create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED, tags=tags)
    if process is not None:
        instance.report_engine_event("Started process for run", run, EngineEventData.in_process(process))
    return instance.run_launcher.check_run_worker_health(run).status


def test_a_root_watches_its_runs_and_tries_again_only_those_that_broke_down(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.run_launcher, MonitoredRunLauncher)
    assert instance.run_monitoring_enabled
    assert instance.run_retries_enabled
    assert not instance.run_retries_retry_on_asset_or_op_failure


def test_a_run_whose_process_is_there_runs_and_one_whose_process_is_gone_has_failed(instance: dg.DagsterInstance, ended: int) -> None:
    assert judge(instance, os.getpid(), host_tag()) == WorkerStatus.RUNNING
    assert judge(instance, ended, host_tag()) == WorkerStatus.FAILED


def test_a_run_that_has_not_told_its_process_yet_is_waited_for(instance: dg.DagsterInstance) -> None:
    assert judge(instance, None, host_tag()) == WorkerStatus.RUNNING


def test_a_run_of_another_machine_is_not_judged(instance: dg.DagsterInstance, ended: int) -> None:
    assert judge(instance, ended, {HOST_TAG: "another"}) == WorkerStatus.RUNNING
    assert judge(instance, ended, {}) == WorkerStatus.RUNNING


def test_a_later_process_of_the_same_number_is_not_the_runs() -> None:
    assert is_process_of(os.getpid(), time.time())
    assert not is_process_of(os.getpid(), time.time() - 10_000_000)


def test_a_process_that_ended_and_that_nobody_asked_after_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read()
        deadline = time.monotonic() + 10
        while is_process_of(process.pid, time.time()) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not is_process_of(process.pid, time.time())


def test_a_daemon_whose_runs_are_jobs_of_a_cluster_judges_a_run_of_this_machine_by_its_process(
    root: DataRoot, ended: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("dagster_ray", reason="wants the extra ray")
    monkeypatch.delenv("LLM_ASSETS_DATABASE", raising=False)  # with --postgres it holds a password, which no job is told
    for name, value in {"LLM_ASSETS_LAUNCHER": "ray", "LLM_ASSETS_RAY_ADDRESS": "127.0.0.1:1"}.items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.from_config(environment(root)["DAGSTER_HOME"]) as instance:
        assert judge(instance, os.getpid(), host_tag()) == WorkerStatus.RUNNING
        assert judge(instance, ended, host_tag()) == WorkerStatus.FAILED

"""A run of the whole graph on a small crawl, made once for all tests of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from llm_assets.instance import environment, tracking_uri
from llm_assets.root import DataRoot

if TYPE_CHECKING:
    from mlflow import MlflowClient


@pytest.fixture(autouse=True)
def environment_as_it_was() -> Iterator[None]:
    """What a test, or a run in its process, sets of its root's variables is no other test's."""
    with patch.dict(os.environ):
        yield


@pytest.fixture
def mlflow_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[DataRoot], MlflowClient]:
    """A client of the store where a root's runs are recorded."""
    import mlflow

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return lambda root: mlflow.MlflowClient(tracking_uri(root))


@pytest.fixture
def run_job(in_process: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bool]:
    """Runs a job, or some of its assets, of one crawl as Dagster's launchpad does; True where all went well."""
    import dagster as dg

    from dagster_project.definitions import defs

    def start(root: DataRoot, job: str, crawl: str, assets: Sequence[str] = (), settings: Sequence[str] = ()) -> bool:
        for name, value in environment(root).items():
            monkeypatch.setenv(name, value)
        pipeline = {"home": str(root.home), "state": str(root.state), "workers": 1, "device": "cpu", "set": list(settings)}
        config = {"resources": {"pipeline": {"config": pipeline}}, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        chosen = defs.resolve_job_def(job)
        if assets:
            chosen = chosen.get_subset(asset_selection={dg.AssetKey(asset) for asset in assets})
        with dg.DagsterInstance.get() as instance:
            instance.add_dynamic_partitions("crawls", [crawl])
            return chosen.execute_in_process(instance=instance, partition_key=crawl, run_config=config, raise_on_error=False).success

    return start


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory, make_root: Callable[..., DataRoot], run_root: Callable[..., tuple[bool, str]]
) -> DataRoot:
    """A root whose whole graph was run with one worker. Tests only look at it."""
    root = make_root(tmp_path_factory.mktemp("finished"))
    well, said = run_root(root)
    assert well, said
    return root

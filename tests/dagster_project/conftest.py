"""A run of the whole graph on a small crawl, made once for all tests of it."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Sequence

import pytest
from rich.console import Console

from llm_assets.root import DataRoot
from llm_assets.services import environment


@pytest.fixture(scope="session")
def in_process() -> Iterator[None]:
    """Dagster and MLflow of this process write into whatever root is at hand, and the variables go back afterwards."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def run_root(in_process: None) -> Callable[..., tuple[bool, str]]:
    """Runs the plan of a root in this process, as ``llm-assets run`` does in one of its own; says how it went."""
    from dagster_project.resources import Pipeline
    from dagster_project.run import run

    def start(root: DataRoot, workers: int = 1, settings: list[str] | None = None) -> tuple[bool, str]:
        os.environ.pop("MLFLOW_TRACKING_URI", None)
        os.environ.update(environment(root))
        console = Console(file=io.StringIO(), width=200)
        pipeline = Pipeline(home=str(root.home), state=str(root.state), workers=workers, device="cpu", set=settings or [])
        return run(root, pipeline, console), console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO

    return start


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

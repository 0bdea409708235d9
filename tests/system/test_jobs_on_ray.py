"""Dagster's executor and its launcher on a real cluster of Ray: steps are jobs, a run is a job, and the bytes are those of one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import mlflow
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_graphql.cli import execute_query
from dagster_page import LAUNCH, REPOSITORY
from programs import wait_until

from benchmarks.cluster import start_cluster
from dagster_project.nodes import add_partitions
from llm_assets.catalog import open_catalog, query_rows
from llm_assets.instance import environment, tracking_uri
from llm_assets.plan import ASSETS
from llm_assets.ray_jobs import EXECUTOR, LAUNCHER, SOFTWARE, TOLD
from llm_assets.root import DataRoot
from llm_assets.services import WORKSPACE
from llm_assets.verify import compare_roots

pytestmark = pytest.mark.system
pytest.importorskip("dagster_ray", reason="wants the extra ray")

STEPS = ("extracted_text", "quality_signals", "minhash_signatures")
REST = tuple(name for name in ASSETS if name not in ("raw_crawl", *STEPS))
"""What the executor makes, two of them at the same time, and what the launcher's run makes after it: the graph but for the crawl itself."""


@dataclass(frozen=True)
class Made:
    """A root, the Dagster runs that made it, and what Ray knows of its jobs."""

    root: DataRoot
    runs: dict[str, dg.DagsterRun]
    jobs: Sequence[Any]
    shown: set[str]
    """Assets that the catalog showed as current after the executor's run."""

    def jobs_of(self, setting: str) -> list[Any]:
        return [job for job in self.jobs if (job.metadata or {}).get("dagster/run-id") == self.runs[setting].run_id]


@pytest.fixture(scope="module")
def made(crawled: Callable[..., DataRoot], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """The crawl of the undisturbed root; its first stages by the executor, then all that follows by the launcher."""
    folder = tmp_path_factory.mktemp("ray")
    root = crawled(folder / "Ada's home")
    with start_cluster(folder / "caches", 2, jobs=True) as cluster:
        from ray.job_submission import JobSubmissionClient

        address = f"127.0.0.1:{cluster.address.rpartition(':')[2]}"  # a cluster of this machine, whose records may be SQLite
        steps = run(root, address, EXECUTOR, STEPS)
        shown = list_current(root)
        whole = run(root, address, LAUNCHER, REST)
        client = JobSubmissionClient(address)
        wait_until(lambda: all(job.status.is_terminal() for job in client.list_jobs()), 30, "the end of all jobs")
        yield Made(root, {EXECUTOR: steps, LAUNCHER: whole}, client.list_jobs(), shown)


def list_current(root: DataRoot) -> set[str]:
    """Assets that are current, by the catalog."""
    with open_catalog(root.catalog) as connection:
        return {row["asset"] for row in query_rows(connection, "select asset from freshness where state = 'current'")}


def run(root: DataRoot, address: str, setting: str, assets: Sequence[str]) -> dg.DagsterRun:
    """Launches some assets as Dagster's pages and its daemon do, with Ray as one of the two, and waits for the end."""
    with pytest.MonkeyPatch.context() as variables:
        told = {setting: "ray", "LLM_ASSETS_RAY_ADDRESS": address, "LLM_ASSETS_WORKERS": "1", "LLM_ASSETS_DEVICE": "cpu"}
        for name in ("LLM_ASSETS_DATABASE", "MLFLOW_TRACKING_URI"):
            variables.delenv(name, raising=False)
        for _ in range(2):  # what the root adds depends on what is chosen
            for name, value in told.items():
                variables.setenv(name, value)
            told = environment(root)
        selector = {**REPOSITORY, "pipelineName": "everything", "assetSelection": [{"path": [name]} for name in assets]}
        tags = [{"key": "dagster/partition", "value": "demo"}]
        asked = {"selector": selector, "mode": "default", "runConfigData": {}, "executionMetadata": {"tags": tags}}
        with (
            dg.DagsterInstance.from_config(told["DAGSTER_HOME"]) as instance,
            WorkspaceProcessContext(instance, WorkspaceFileTarget([str(WORKSPACE)])) as workspace,
        ):
            add_partitions(instance, ["demo"])
            launched = execute_query(workspace, LAUNCH, {"run": asked})["data"]["launchPipelineExecution"]
            assert launched["__typename"] == "LaunchRunSuccess", launched
            run_id = launched["run"]["runId"]
            instance.launch_run(run_id, workspace.create_request_context())  # as the daemon does with what is queued
            wait_until(lambda: instance.get_run_by_id(run_id).is_finished, 300, f"the run with {setting}")
            assert instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.SUCCESS, list(instance.all_logs(run_id))
            return instance.get_run_by_id(run_id)


def test_every_step_of_the_executor_was_a_job_and_the_nodes_shared_them(made: Made) -> None:
    jobs = made.jobs_of(EXECUTOR)
    assert {job.metadata["dagster/op"] for job in jobs} == {name for step in STEPS for name in (step, f"{step}_checks")}
    assert {job.status for job in jobs} == {"SUCCEEDED"}
    assert len({job.driver_node_id for job in jobs}) == 2


def test_the_run_of_the_launcher_was_one_job(made: Made) -> None:
    (job,) = made.jobs_of(LAUNCHER)
    assert (job.submission_id, job.status) == (f"dagster-run-{made.runs[LAUNCHER].run_id}", "SUCCEEDED")


def test_a_job_is_told_what_is_listed_and_nothing_else_of_the_environment(made: Made) -> None:
    told = {name for job in made.jobs_of(EXECUTOR) + made.jobs_of(LAUNCHER) for name in job.runtime_env["env_vars"]}
    assert {SOFTWARE, "LLM_ASSETS_HOME", "LLM_ASSETS_STATE", "MLFLOW_TRACKING_URI", "DO_NOT_TRACK"} <= told
    assert {name for name in told - set(TOLD) if not name.startswith("DAGSTER_")} == set()


def test_what_the_cluster_made_is_what_one_process_makes(made: Made, undisturbed: DataRoot) -> None:
    compared = list(compare_roots(made.root, undisturbed))
    assert [each for each in compared if not each.equal] == []
    assert {each.output.split("[")[0] for each in compared} >= set(ASSETS) - {"evaluation_samples"}


@pytest.mark.parametrize(("setting", "assets"), [(EXECUTOR, STEPS), (LAUNCHER, REST)])
def test_a_run_is_one_pipeline_run_in_mlflow_wherever_its_steps_are(made: Made, setting: str, assets: Sequence[str]) -> None:
    client = mlflow.MlflowClient(tracking_uri(made.root))
    manifests = [made.root.manifest(name, "demo" if ASSETS[name].per_crawl else None) for name in assets]
    links = [manifest.report["links"] for manifest in manifests if manifest is not None]
    assert {each["dagster_run_id"] for each in links} == {made.runs[setting].run_id}
    (above,) = {client.get_run(each["mlflow_run_id"]).data.tags["llm_assets.pipeline"] for each in links}
    pipeline = client.get_run(above)
    assert (pipeline.info.status, pipeline.data.metrics["outputs"]) == ("FINISHED", len(assets))
    assert pipeline.data.metrics["seconds"] == pytest.approx(sum(manifest.seconds for manifest in manifests if manifest is not None))


def test_the_catalog_shows_what_steps_made_and_what_their_checks_said(made: Made) -> None:
    assert made.shown >= set(STEPS)
    assert list_current(made.root) == set(ASSETS)

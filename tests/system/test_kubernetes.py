"""The values for Kubernetes: a code server as the chart starts it, a run that its launcher asks the cluster for, and that job's command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from cluster import VALUES, code_location, container_context, instance_settings, open_cluster
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._grpc.client import DagsterGrpcClient
from dagster_graphql.cli import execute_query
from dagster_page import LAUNCH, REPOSITORY
from planted_pages import write_planted_pages
from postgres_server import PASSWORD, open_postgres
from programs import variables, wait_until
from sqlalchemy import make_url
from test_user_interface import free_port, is_listening

from llm_assets.plan import ASSETS
from llm_assets.root import DataRoot

pytestmark = pytest.mark.system
PROGRAMS = Path(sys.executable).parent
SECRETS = {("llm-assets-postgresql", "postgresql-password"): PASSWORD}
"""What ``kubectl create secret`` puts into the cluster, beside the store's keys, which the environment has."""


@dataclass(frozen=True)
class Deployed:
    """A code server that answers, and the job that a launched run asked the cluster for."""

    root: DataRoot
    location: dict[str, Any]
    assets: set[str]
    job: dict[str, Any]

    @property
    def container(self) -> dict[str, Any]:
        (container,) = self.job["spec"]["template"]["spec"]["containers"]
        return dict(container)


@pytest.fixture(scope="module")
def deployed(object_store: Any, tmp_path_factory: pytest.TempPathFactory, make_root: Any) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("cluster")
    values = yaml.safe_load(VALUES.read_text(encoding="utf-8"))
    location = code_location(values)
    told = {each["name"]: each for each in location["env"]}
    told["LLM_ASSETS_STATE"]["value"], told["MLFLOW_TRACKING_URI"]["value"] = str(folder / "pod"), f"sqlite:///{folder}/mlflow.db"
    home = told["LLM_ASSETS_HOME"]["value"]
    object_store.create_bucket(Bucket=home.removeprefix("s3://").partition("/")[0])
    write_planted_pages(folder / "warc/pages.warc")
    root = DataRoot.at(home, folder / "here")
    make_root(home, state=folder / "here").set_enabled("demo", False)
    root.add_crawl("pages", "warc_files", {"path": str(folder / "warc")})
    with open_cluster() as cluster, open_postgres() as address, pytest.MonkeyPatch.context() as environment:
        environment.setenv("DAGSTER_PG_PASSWORD", PASSWORD)
        server = make_url(address)
        values["postgresql"] |= {"postgresqlHost": server.host, "postgresqlUsername": server.username, "service": {"port": server.port}}
        values["postgresql"]["postgresqlDatabase"] = server.database
        settings = instance_settings(values, folder, cluster.write_kubeconfig(folder / "kubeconfig"))
        (folder / "dagster.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        with code_server(location, folder) as port:
            workspace = {"load_from": [{"grpc_server": {"host": "127.0.0.1", "port": port, "location_name": "llm_assets"}}]}
            (folder / "workspace.yaml").write_text(yaml.safe_dump(workspace), encoding="utf-8")
            assets = launch(folder)
        (job,) = cluster.jobs
        yield Deployed(root, location, assets, job)


@contextmanager
def code_server(location: dict[str, Any], folder: Path) -> Iterator[int]:
    """The command of the chart's code server, and its environment; gives the port when its health is good."""
    port = free_port()
    image = f"{location['image']['repository']}:{location['image']['tag']}"
    context = {"DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT": json.dumps(container_context(location)), "DAGSTER_CURRENT_IMAGE": image}
    pod = variables() | context | {each["name"]: each["value"] for each in location["env"]}
    words = [PROGRAMS / "dagster", "api", "grpc", "-h", "127.0.0.1", "-p", str(port), *location["dagsterApiGrpcArgs"]]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, env=pod, stdout=log, stderr=log)
    try:
        client = DagsterGrpcClient(host="127.0.0.1", port=port)
        wait_until(lambda: process.poll() is not None or is_listening(port), 120, "the code server")
        assert process.poll() is None, (folder / "log").read_text()
        assert client.health_check_query() == "SERVING"
        yield port
    finally:
        process.kill()  # it does not always heed a SIGTERM
        process.wait()


def launch(home: Path) -> set[str]:
    """Asks Dagster for a run of ``raw_crawl``, as its pages do; returns the assets that it knows from the code server."""
    selector = {**REPOSITORY, "pipelineName": "crawl_to_corpus", "assetSelection": [{"path": ["raw_crawl"]}]}
    tags = [{"key": "dagster/partition", "value": "pages"}]
    run = {"selector": selector, "mode": "default", "runConfigData": {}, "executionMetadata": {"tags": tags}}
    with (
        dg.DagsterInstance.from_config(str(home)) as instance,
        WorkspaceProcessContext(instance, WorkspaceFileTarget([str(home / "workspace.yaml")])) as workspace,
    ):
        instance.add_dynamic_partitions("crawls", ["pages"])
        nodes = execute_query(workspace, "{ assetNodes { assetKey { path } } }")["data"]["assetNodes"]
        launched = execute_query(workspace, LAUNCH, {"run": run})["data"]["launchPipelineExecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        instance.launch_run(launched["run"]["runId"], workspace.create_request_context())  # as the daemon does with what is queued
    return {node["assetKey"]["path"][-1] for node in nodes}


def test_the_code_server_tells_dagster_of_every_asset(deployed: Deployed) -> None:
    assert set(ASSETS) <= deployed.assets


def test_a_run_becomes_a_job_with_the_code_servers_image_environment_and_the_runs_own_resources(deployed: Deployed) -> None:
    container, pod = deployed.container, deployed.job["spec"]["template"]["spec"]
    image = deployed.location["image"]
    assert container["image"] == f"{image['repository']}:{image['tag']}"
    assert container["resources"]["limits"] == {"memory": "24Gi"}
    assert {each["secretRef"]["name"] for each in container["envFrom"] if "secretRef" in each} == {"llm-assets-store"}
    assert pod["volumes"] == [{"name": "state", "emptyDir": {}}]
    assert container["volumeMounts"] == [{"name": "state", "mountPath": "/state"}]
    assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 1000)
    assert PASSWORD not in json.dumps(deployed.job)


def test_the_jobs_command_makes_the_output_in_the_store(deployed: Deployed) -> None:
    command = deployed.container["args"]
    assert command[:3] == ["dagster", "api", "execute_run"]
    done = subprocess.run(
        [PROGRAMS / command[0], *command[1:]], env=pod_environment(deployed.container), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = DataRoot.at(deployed.root.address, deployed.root.state).manifest("raw_crawl", "pages")
    assert manifest is not None, done.stdout + done.stderr
    assert manifest.report["kept"] == 1


def pod_environment(container: dict[str, Any]) -> dict[str, str]:
    """What the job's container would find; the store's keys are this machine's."""
    found = {}
    for each in container["env"]:
        secret = each.get("valueFrom", {}).get("secretKeyRef")
        found[each["name"]] = SECRETS[secret["name"], secret["key"]] if secret else each["value"]
    return variables() | found

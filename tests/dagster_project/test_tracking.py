"""An MLflow run says how its work ended, also where nothing was left to say so."""

from __future__ import annotations

from pathlib import Path

import mlflow
import pytest

from dagster_project.tracking import TrackedRun, end_abandoned, open_experiment, track
from llm_assets.instance import environment, tracking_uri
from llm_assets.root import DataRoot


@pytest.fixture
def client(root: DataRoot, monkeypatch: pytest.MonkeyPatch) -> mlflow.MlflowClient:
    """Of a store of the test's own, with a root's experiment."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", environment(root)["MLFLOW_TRACKING_URI"])
    return mlflow.MlflowClient(tracking_uri(root))


def leave_running(client: mlflow.MlflowClient, root: DataRoot, asset: str, crawl: str) -> str:
    """A run as a killed process leaves it."""
    experiment = open_experiment(client.tracking_uri, root)
    tags = {"dagster.asset_key": asset, "dagster.partition": crawl, "llm_assets.home": str(root.home)}
    return str(client.create_run(experiment, tags=tags).info.run_id)


def test_the_next_run_of_an_output_marks_what_was_killed_and_nothing_else(
    client: mlflow.MlflowClient, root: DataRoot, tmp_path: Path
) -> None:
    other = DataRoot.at(tmp_path / "other")
    left = {
        "KILLED": leave_running(client, root, "extracted_text", "a"),
        "another crawl": leave_running(client, root, "extracted_text", "b"),
        "another asset": leave_running(client, root, "raw_crawl", "a"),
        "another root": leave_running(client, other, "extracted_text", "a"),
    }
    with track(root, "extracted_text", "a", "1") as run:
        end_abandoned(run)
        assert client.get_run(run.run_id).info.status == "RUNNING"
    statuses = {name: client.get_run(run_id).info.status for name, run_id in left.items()}
    assert statuses == {"KILLED": "KILLED", "another crawl": "RUNNING", "another asset": "RUNNING", "another root": "RUNNING"}
    assert client.get_run(run.run_id).info.status == "FINISHED"


def test_the_link_to_a_run_holds_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLM_ASSETS_MLFLOW_UI", raising=False)
    run = TrackedRun("https://ada:secret@mlflow.example:8443/team", "r1", "7")
    assert run.url == "https://mlflow.example:8443/team/#/experiments/7/runs/r1?workflowType=machine_learning"
    monkeypatch.setenv("LLM_ASSETS_MLFLOW_UI", "https://ada:secret@pages.example/")
    assert run.url.startswith("https://pages.example/#/experiments/7")

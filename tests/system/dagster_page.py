"""What a person does on Dagster's pages, by their buttons; and what its server knows, over the GraphQL those use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import requests
from playwright.sync_api import Browser, Locator, Page, expect
from programs import wait_until

REPOSITORY = {"repositoryLocationName": "llm_assets", "repositoryName": "__repository__"}

LOCATIONS = """
{ workspaceOrError { ... on Workspace { locationEntries {
    name loadStatus locationOrLoadError { __typename ... on PythonError { message } } } } } }
"""
PARTITIONS = """
query ($asset: AssetKeyInput!) { assetNodeOrError(assetKey: $asset) { ... on AssetNode { partitionKeys } } }
"""
LAUNCH = """
mutation ($run: ExecutionParams!) { launchPipelineExecution(executionParams: $run) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on PythonError { message } } }
"""
STATUS = "query ($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"
EVENTS = """
query ($run: ID!) { logsForRun(runId: $run, limit: 1000) { ... on EventConnection { events {
    __typename
    ... on MessageEvent { message level stepKey }
    ... on ExecutionStepFailureEvent { error { message } }
    ... on AssetCheckEvaluationEvent { evaluation { checkName success } } } } } }
"""


@dataclass(frozen=True)
class DagsterPage:
    """Dagster's web server at an address."""

    address: str

    def ask(self, query: str, **parameters: Any) -> Any:
        """Answer to a query. Raises where the server finds fault with it."""
        answer = requests.post(f"{self.address}/graphql", json={"query": query, "variables": parameters}, timeout=60)
        answer.raise_for_status()
        content = answer.json()
        assert "errors" not in content, content["errors"]
        return content["data"]

    def locations(self) -> list[dict[str, Any]]:
        """Code locations and how they loaded."""
        return self.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]

    def partitions(self, asset: str) -> list[str]:
        """Partitions that can be chosen for an asset."""
        return self.ask(PARTITIONS, asset={"path": [asset]})["assetNodeOrError"]["partitionKeys"]

    def materialize(self, browser: Browser, job: str) -> str:
        """Presses the buttons that materialize every partition of a job, and waits on the run's page for its end. Returns the run's id."""
        page = browser.new_page()
        page.goto(f"{self.address}/locations/llm_assets/jobs/{job}")
        page.get_by_role("button", name="Materialize all").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="All", exact=True).click()
        dialog.get_by_role("button", name="Launch 1 run").click()
        page.locator("a[href*='/runs/']").first.click()
        expect(page.get_by_text("Success", exact=True).first).to_be_visible(timeout=300_000)
        run_id = page.url.rpartition("/runs/")[2].partition("?")[0]
        page.close()
        return run_id

    def launch(self, job: str, partition: str, config: dict[str, Any] | None = None, assets: list[str] | None = None) -> str:
        """Launches a job, or some assets of it, and waits for its end. Returns the run's id."""
        selector = {**REPOSITORY, "pipelineName": job} | ({"assetSelection": [{"path": [name]} for name in assets]} if assets else {})
        tags = [{"key": "dagster/partition", "value": partition}]
        run = {"selector": selector, "mode": "default", "runConfigData": config or {}, "executionMetadata": {"tags": tags}}
        launched = self.ask(LAUNCH, run=run)["launchPipelineExecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        run_id = str(launched["run"]["runId"])
        wait_until(lambda: self.status(run_id) in ("SUCCESS", "FAILURE", "CANCELED"), 300, f"{job} to end", pause=1)
        return run_id

    def status(self, run_id: str) -> str:
        """How a run stands."""
        return str(self.ask(STATUS, run=run_id)["runOrError"]["status"])

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """The run's log."""
        return self.ask(EVENTS, run=run_id)["logsForRun"]["events"]


def metadata_row(page: Page, name: str) -> Locator:
    """The row of an entry in a partition's table of metadata."""
    return page.get_by_role("row", name=re.compile(rf"^{name}\b")).first  # a table in an entry has rows too

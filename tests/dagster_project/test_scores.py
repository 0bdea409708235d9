"""The scores of a run: beside the samples in Dagster and MLflow, and the same on the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import dagster as dg
import mlflow
import pytest

from llm_assets.cli import main
from llm_assets.instance import environment, tracking_uri
from llm_assets.root import DataRoot


@pytest.fixture
def call(finished: DataRoot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """``llm-assets --home ROOT score`` with these words; what it printed on either page."""

    def invoke(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["llm-assets", "--home", str(finished.home), "score", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return invoke


def test_bits_per_byte_by_domain_and_language_stand_in_dagster_and_mlflow(finished: DataRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = json.loads(finished.artefact("evaluation_samples").path("scores_by_source.json").read_text())
    domains = {row["name"] for row in scores["domains"]}
    assert "labelled.python-docs.invalid" in domains
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)  # another test's
    for name, value in environment(finished).items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("evaluation_samples"))
    told = event.asset_materialization.metadata["bits per byte by domain"].value
    assert all(name.replace(".", "&#46;") in told or name in told for name in domains)
    client = mlflow.MlflowClient(tracking_uri(finished))
    run_id = finished.manifest("evaluation_samples").report["links"]["mlflow_run_id"]  # type: ignore[union-attr]  # it was materialized
    assert "scores_by_source.json" in {artifact.path for artifact in client.list_artifacts(run_id)}


def test_the_command_prints_the_figures_of_the_run(finished: DataRoot, call) -> None:
    run = json.loads(finished.artefact("evaluation_samples").path("scores.json").read_text())
    status, out, _ = call("--json", "--device", "cpu")
    printed = json.loads(out)
    assert status == 0
    assert (printed["tokens"], printed["loss"]) == (run["tokens_scored"], pytest.approx(run["validation_loss"], rel=1e-6))
    assert sum(row["bytes"] for row in printed["domains"]) == printed["bytes"]


def test_a_task_is_scored_from_a_file(finished: DataRoot, call, tmp_path: Path) -> None:
    path = tmp_path / "quiz.jsonl"
    rows = [{"query": f"Question: is {n} even?", "choices": ["yes", "no"], "gold": n % 2} for n in range(6)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    status, out, _ = call("--tasks", str(path), "--limit", "4", "--items", str(tmp_path / "items.jsonl"), "--json")
    printed = json.loads(out)
    assert status == 0
    assert [(row["task"], row["metric"], row["items"]) for row in printed] == [("quiz", "acc", 4), ("quiz", "acc_norm", 4)]
    items = [json.loads(line) for line in (tmp_path / "items.jsonl").read_text().splitlines()]
    assert sum(item["acc"] for item in items) / 4 == printed[0]["value"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tasks", "nowhere.jsonl"), "there is no such file, and no such evaluation set; there are: none"),
        (("--limit", "3"), "are about tasks: give some by --tasks"),
    ],
)
def test_what_cannot_be_scored_is_told(call, words: tuple[str, ...], said: str) -> None:
    status, out, err = call(*words)
    assert (status, out) == (1, "")
    assert said in " ".join(err.split())

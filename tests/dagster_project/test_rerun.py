"""A run that failed is gone on with by Dagster's own re-execution: from the step that failed, and within it file by file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import mlflow
import pytest
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.storage.tags import PARTITION_NAME_TAG

from llm_assets.catalog import open_catalog, query_rows
from llm_assets.checks import CHECKS as QUESTIONS
from llm_assets.formats.manifest import CHECKS, put_manifest, read_checks
from llm_assets.instance import environment, tracking_uri
from llm_assets.plan import Snapshot
from llm_assets.recipe import put_recipe, read_recipe
from llm_assets.root import DataRoot

RECIPE = "[filters.gopher_quality]\nmin_words = 5\n"
TEXT = "the houses and gardens of that town are the best of all"


@pytest.fixture
def instance(tmp_path: Path, in_process: None) -> Iterator[dg.DagsterInstance]:
    root = DataRoot.at(tmp_path / "home")
    put_recipe(root.recipe, RECIPE)
    for crawl in ("other", "two_files"):
        (tmp_path / crawl).mkdir()
        for name in ("a", "b"):
            rows = [{"text": f"{TEXT} {crawl} {name} {number}", "url": f"https://{name}.invalid/{number}"} for number in range(20)]
            (tmp_path / crawl / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        root.add_crawl(crawl, "jsonl", {"path": str(tmp_path / crawl)})
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # another test's
    os.environ.update(environment(root))
    with dg.DagsterInstance.get() as made:
        made.add_dynamic_partitions("crawls", ["other", "two_files"])
        yield made


def execute(
    instance: dg.DagsterInstance, crawl: str, again: str | None = None, check: dg.AssetCheckKey | None = None
) -> dg.JobExecutionResult:
    """Runs the beginning of the crawl's job, or goes on with a run of it from where that failed, or runs a check alone."""
    job = ReconstructableRepository.for_module("dagster_project.definitions", "defs", None).get_reconstructable_job("crawl_to_corpus")
    assets = () if check else ("raw_crawl", "extracted_text", "quality_signals")
    job = job.get_subset(asset_selection=frozenset(map(dg.AssetKey, assets)), asset_check_selection={check} if check else None)
    pipeline = {"home": os.environ["LLM_ASSETS_HOME"], "state": os.environ["LLM_ASSETS_STATE"], "workers": 1}
    options = dg.ReexecutionOptions.from_failure(again, instance) if again else None
    return dg.execute_job(
        job,
        instance,
        run_config={"resources": {"pipeline": {"config": pipeline}}, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        tags={PARTITION_NAME_TAG: crawl},
        reexecution_options=options,
    )


def test_a_failed_crawl_alone_is_gone_on_with_from_the_file_that_failed(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    root = DataRoot.at(tmp_path / "home")
    damaged = tmp_path / "two_files/b.jsonl"
    whole = damaged.read_text()
    assert execute(instance, "other").success
    untouched = {path: path.stat().st_mtime_ns for path in root.home.glob("*/other/**/*") if path.is_file()}

    damaged.write_text(whole[:-40] + "\n")
    with execute(instance, "two_files") as failed:
        assert not failed.success
        assert [event.step_key for event in failed.all_events if event.is_step_failure] == ["extracted_text"]
    (part,) = root.place("extracted_text", "two_files").glob(".partial-*/output/texts/*.parquet")
    done = (part.name, part.stat().st_ino)

    damaged.write_text(whole)
    with execute(instance, "two_files", failed.run_id) as again:
        assert again.success
        ran = [event.step_key for event in again.all_events if event.is_step_start]
    assert "raw_crawl" not in ran
    assert ran[0] == "extracted_text"
    assert ran[-1] == "quality_signals_checks"
    parts = {path.name: path.stat().st_ino for path in root.artefact("extracted_text", "two_files").table("texts")}
    assert done in parts.items()
    assert len(parts) == 2
    assert {path: path.stat().st_mtime_ns for path in untouched} == untouched


def test_an_output_that_lacks_its_checks_alone_is_checked_and_not_made_again(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    root = DataRoot.at(tmp_path / "home")
    assert execute(instance, "other").success
    place, before = root.place("extracted_text", "other"), root.manifest("extracted_text", "other")
    assert before is not None
    (place / CHECKS).unlink()  # a process that was killed before they ran
    with execute(instance, "other") as again:
        assert again.success
        (told,) = again.asset_materializations_for_node("extracted_text")
    assert root.manifest("extracted_text", "other") == before
    assert told.metadata["read"].value == before.report["read"]
    assert all(read_checks(place, before.folder).values())
    assert Snapshot(root, read_recipe(root.recipe)).standing("extracted_text", "other").state == "current"

    (place / CHECKS).unlink()
    put_manifest(place, replace(before, report={**before.report, "links": {**before.report["links"], "mlflow_run_id": "0" * 32}}))
    with execute(instance, "other") as unrecorded:  # MLflow's records were lost
        assert unrecorded.success
    assert all(read_checks(place, before.folder).values())

    with execute(instance, "other") as asked_for:  # what is current is made again where a person asks for it
        assert asked_for.success
    assert root.manifest("extracted_text", "other") != before


def test_a_check_that_fails_as_a_step_of_its_own_is_in_the_catalog_and_fails_the_pipeline_run(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = DataRoot.at(tmp_path / "home")
    assert execute(instance, "other").success
    monkeypatch.setitem(QUESTIONS, "nothing_lost", lambda snapshot, asset, crawl: [{"doc": 1}])
    with execute(instance, "other", check=dg.AssetCheckKey(dg.AssetKey("quality_signals"), "nothing_lost")) as checked:
        assert not checked.success
    client = mlflow.MlflowClient(tracking_uri(root))
    (known,) = [each for each in client.search_experiments() if each.name == root.home.name]
    (run,) = client.search_runs([known.experiment_id], f"tags.`llm_assets.pipeline_key` like '{checked.run_id}%'")
    assert (run.info.status, run.data.tags["llm_assets.failed"]) == ("FAILED", "quality_signals[other]")
    with open_catalog(root.catalog) as connection:
        (row,) = query_rows(connection, "select state from freshness where asset = 'quality_signals' and crawl = 'other'")
    assert row["state"] == "failed"

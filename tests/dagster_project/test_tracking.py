"""An MLflow run says what it was made of and how its work ended, also where nothing was left to say so."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import pytest

from dagster_project.tracking.experiment import Experiment, name_experiment, open_experiment
from dagster_project.tracking.pipeline_run import DAGSTER_TAG, begin_pipeline, find_pipeline, list_settings, record_invocation
from dagster_project.tracking.runs import TrackedRun, create_run, end_abandoned, tags_of, track
from llm_assets.display import for_markdown
from llm_assets.extract.sample import Sample, parse_share
from llm_assets.instance import environment, tracking_uri
from llm_assets.plan import ASSETS
from llm_assets.recipe import Recipe, override, parse_recipe, put_recipe, read_recipe
from llm_assets.root import DataRoot


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One for all tests here, since a second goes by until it has its tables."""
    with pytest.MonkeyPatch.context() as variables:
        variables.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield environment(DataRoot.at(tmp_path_factory.mktemp("store")))["MLFLOW_TRACKING_URI"]


@pytest.fixture
def recipe(root: DataRoot) -> Recipe:
    return put_recipe(root.recipe, f'name = "{root.home.parent.name}"\n\n' + root.recipe.read_text(encoding="utf-8"))


@pytest.fixture
def experiment(root: DataRoot, recipe: Recipe, store: str, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """Of the test's own."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    return open_experiment(root, recipe)


def status(experiment: Experiment, run_id: str) -> str:
    return str(experiment.client.get_run(run_id).info.status)


def test_an_experiment_bears_the_recipes_name_and_keeps_it_when_a_threshold_changes(root: DataRoot, recipe: Recipe) -> None:
    changed = parse_recipe(override(root.recipe.read_text(), ["filters.gopher_quality.min_words=50"]))
    assert name_experiment(root, recipe) == name_experiment(root, changed) == recipe.name
    assert name_experiment(root, Recipe()) == root.home.name
    assert name_experiment(root.make_sample(Sample(parse_share("2.5%"))), recipe) == f"{recipe.name}, sample of 2.5%"


def test_the_recipes_name_is_part_of_no_version(recipe: Recipe) -> None:
    other = recipe.model_copy(update={"name": "other"})
    assert other.fingerprints() == recipe.fingerprints()


def test_the_settings_of_a_pipeline_run_are_those_of_the_recipe_and_a_filter_that_is_off_has_none(recipe: Recipe) -> None:
    settings = dict(list_settings(recipe))
    assert settings["filters.gopher_quality.min_words"] == "20"
    assert settings["training.learning_rate"] == str(recipe.training.learning_rate)
    assert not [name for name in settings if name.startswith("filters.c4")]


def test_the_next_run_of_an_output_marks_what_was_killed_and_nothing_else(experiment: Experiment, root: DataRoot, tmp_path: Path) -> None:
    other = DataRoot.at(tmp_path / "other")
    left = {
        "KILLED": create_run(experiment, "a", tags_of(root, "extracted_text", "a")),
        "another crawl": create_run(experiment, "b", tags_of(root, "extracted_text", "b")),
        "another asset": create_run(experiment, "c", tags_of(root, "raw_crawl", "a")),
        "another root": create_run(experiment, "d", tags_of(other, "extracted_text", "a")),
    }
    with track(experiment, root, "extracted_text", "a", "1", "2") as run:
        end_abandoned(run, root, "extracted_text", "a")
        assert status(experiment, run.run_id) == "RUNNING"
    statuses = {name: status(experiment, run_id) for name, run_id in left.items()}
    assert statuses == {"KILLED": "KILLED", "another crawl": "RUNNING", "another asset": "RUNNING", "another root": "RUNNING"}
    assert status(experiment, run.run_id) == "FINISHED"


@pytest.mark.parametrize(("error", "ending"), [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED")])
def test_a_stage_that_raises_has_failed_and_one_that_is_interrupted_was_killed(
    experiment: Experiment, root: DataRoot, error: type[BaseException], ending: str
) -> None:
    with pytest.raises(error), track(experiment, root, "extracted_text", "a", "1", "2") as run:
        raise error
    assert status(experiment, run.run_id) == ending


@pytest.mark.parametrize(("error", "ending"), [(None, "FINISHED"), (ValueError, "FAILED"), (KeyboardInterrupt, "KILLED")])
def test_an_invocation_ends_as_its_work_did_and_one_with_nothing_to_do_leaves_no_run(
    experiment: Experiment, root: DataRoot, recipe: Recipe, error: type[BaseException] | None, ending: str
) -> None:
    with record_invocation(root, recipe, "nothing to do"):
        pass
    assert experiment.client.search_runs([experiment.id]) == []
    runs = []
    try:
        with record_invocation(root, recipe, "work") as recording:
            runs.append(recording())
            assert recording() is runs[0]
            if error is not None:
                raise error
    except (ValueError, KeyboardInterrupt):
        pass
    assert status(experiment, runs[0].run_id) == ending


def test_a_pipeline_run_whose_process_was_killed_is_marked_by_the_next_and_a_living_one_is_left(
    experiment: Experiment, root: DataRoot, recipe: Recipe
) -> None:
    program = f"""
import os, signal
from dagster_project.tracking.pipeline_run import begin_pipeline
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot
root = DataRoot.at({str(root.home)!r})
print(begin_pipeline(root, read_recipe(root.recipe), "killed").run_id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stdout.strip()
    assert status(experiment, killed) == "RUNNING"
    alive = begin_pipeline(root, recipe, "alive")
    assert status(experiment, killed) == "KILLED"
    begin_pipeline(root, recipe, "another").conclude()
    assert status(experiment, alive.run_id) == "RUNNING"
    alive.conclude()
    assert status(experiment, alive.run_id) == "FINISHED"
    assert list((root.state / "pipelines").glob("*.lock")) == []


def test_processes_of_one_dagster_run_share_a_pipeline_run_which_ends_well_once_what_failed_was_done_again(
    experiment: Experiment, root: DataRoot, recipe: Recipe
) -> None:
    first = find_pipeline(root, recipe, "dagster-run", "materialize")
    first.outcomes["extracted_text", "a"] = None
    first.conclude()
    assert status(experiment, first.run_id) == "FAILED"
    again = find_pipeline(root, recipe, "dagster-run", "materialize")
    assert (again.run_id, status(experiment, first.run_id)) == (first.run_id, "RUNNING")
    again.outcomes["extracted_text", "a"] = 2.0
    again.conclude()
    assert status(experiment, first.run_id) == "FINISHED"
    changed = parse_recipe(override(root.recipe.read_text(), ["filters.gopher_quality.min_words=50"]))
    other = find_pipeline(root, changed, "dagster-run", "materialize")
    other.conclude()
    assert other.run_id != first.run_id


def test_processes_that_work_at_the_same_time_add_up_and_the_last_of_them_ends_the_pipeline_run(
    experiment: Experiment, root: DataRoot, recipe: Recipe
) -> None:
    program = f"""
from dagster_project.tracking.pipeline_run import find_pipeline
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot
root = DataRoot.at({str(root.home)!r})
run = find_pipeline(root, read_recipe(root.recipe), "dagster-run", "materialize")
run.outcomes = {{("quality_signals", "a"): 3.0, ("minhash_signatures", "a"): None}}
print(run.run_id, flush=True)
input()
run.conclude()
"""
    first = find_pipeline(root, recipe, "dagster-run", "materialize")
    first.outcomes["extracted_text", "a"] = 2.0
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == first.run_id
        first.conclude()
        assert status(experiment, first.run_id) == "RUNNING"
        other.communicate("\n")
    run = experiment.client.get_run(first.run_id)
    assert (run.info.status, run.data.tags["llm_assets.failed"]) == ("FAILED", "minhash_signatures[a]")
    assert (run.data.metrics["seconds"], run.data.metrics["outputs"]) == (5.0, 2)


def test_the_link_to_a_run_holds_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLM_ASSETS_MLFLOW_UI", raising=False)
    run = TrackedRun(Experiment("https://ada:secret@mlflow.example:8443/team", "7", "web"), "r1")
    assert run.url == "https://mlflow.example:8443/team/#/experiments/7/runs/r1?workflowType=machine_learning"
    monkeypatch.setenv("LLM_ASSETS_MLFLOW_UI", "https://ada:secret@pages.example/")
    assert run.url.startswith("https://pages.example/#/experiments/7")


def record_of(root: DataRoot) -> mlflow.MlflowClient:
    with pytest.MonkeyPatch.context() as variables:
        variables.delenv("MLFLOW_TRACKING_URI", raising=False)
        return mlflow.MlflowClient(tracking_uri(root))


def links(root: DataRoot, asset: str, crawl: str | None = None) -> dict[str, str]:
    manifest = root.manifest(asset, crawl)
    assert manifest is not None
    return dict(manifest.report["links"])


def test_stages_lie_below_their_pipeline_run_and_an_evaluation_below_the_training_of_its_model(finished: DataRoot) -> None:
    client = record_of(finished)
    runs = {
        name: client.get_run(links(finished, name, "demo" if node.per_crawl else None)["mlflow_run_id"]) for name, node in ASSETS.items()
    }
    (pipeline,) = {run.data.tags["llm_assets.pipeline"] for run in runs.values()}
    above = {name: run.data.tags["mlflow.parentRunId"] for name, run in runs.items()}
    assert above.pop("evaluation_samples") == runs["trained_model"].info.run_id
    assert set(above.values()) == {pipeline}


def test_a_pipeline_run_says_what_was_asked_and_what_came_of_it(finished: DataRoot) -> None:
    client = record_of(finished)
    stage = client.get_run(links(finished, "filtered_docs", "demo")["mlflow_run_id"])
    run = client.get_run(stage.data.tags["mlflow.parentRunId"])
    assert run.info.status == "FINISHED"
    assert run.data.params == {name: value[:500] for name, value in list_settings(read_recipe(finished.recipe))}
    extracted, corpus = finished.manifest("extracted_text", "demo"), finished.manifest("pii_scrubbed_corpus", "demo")
    evaluation = finished.manifest("evaluation_samples")
    assert extracted is not None
    assert corpus is not None
    assert evaluation is not None
    assert (run.data.metrics["documents.read"], run.data.metrics["documents.kept"]) == (extracted.report["read"], corpus.report["kept"])
    assert run.data.metrics["bits_per_byte"] == evaluation.report["figures"]["bits_per_byte"]
    funnel = json.loads(Path(client.download_artifacts(run.info.run_id, "funnel.json")).read_text())
    assert sum(fall["documents"] for fall in funnel) == extracted.report["read"]
    assert "| kept |" in run.data.tags["mlflow.note.content"]


def test_every_stage_names_what_it_read_by_digest_and_a_training_the_crawls_it_goes_back_to(finished: DataRoot) -> None:
    client = record_of(finished)
    for name, node in ASSETS.items():
        manifest = finished.manifest(name, "demo" if node.per_crawl else None)
        assert manifest is not None
        run = client.get_run(manifest.report["links"]["mlflow_run_id"])
        known = {each.dataset.name: each.dataset.digest for each in run.inputs.dataset_inputs}
        read = {key: version for key, version in manifest.inputs.items() if "/" not in key}
        assert {key: version[:36] for key, version in read.items()}.items() <= known.items()
    raw, training = finished.manifest("raw_crawl", "demo"), client.get_run(links(finished, "trained_model")["mlflow_run_id"])
    assert raw is not None
    inputs = {each.dataset.name: (each.dataset.digest, each.tags[0].value) for each in training.inputs.dataset_inputs}
    assert inputs["crawl demo"] == (raw.data_version[:36], "crawl")
    assert inputs["token_shards[demo]"][1] == "training"
    (shards,) = [each.dataset for each in training.inputs.dataset_inputs if each.dataset.name == "token_shards[demo]"]
    assert mlflow.data.get_source(shards).load() == str(finished.artefact("token_shards", "demo").folder)


def test_what_dagster_shows_of_a_stage_stands_below_its_run_too_and_its_description_leads_back(finished: DataRoot) -> None:
    client = record_of(finished)
    for asset, crawl, shown in (("filtered_docs", "demo", {"histograms.md", "samples.md"}), ("evaluation_samples", None, {"samples.md"})):
        told = links(finished, asset, crawl)
        assert shown <= {each.path for each in client.list_artifacts(told["mlflow_run_id"])}
        note = client.get_run(told["mlflow_run_id"]).data.tags["mlflow.note.content"]
        assert f"(http://127.0.0.1:3000/runs/{told['dagster_run_id']})" in note
    samples = Path(client.download_artifacts(links(finished, "evaluation_samples")["mlflow_run_id"], "samples.md")).read_text()
    said = json.loads(finished.artefact("evaluation_samples").path("samples.json").read_text())
    assert [for_markdown(each["prompt"]) for each in said if each["prompt"]] == [
        row.split(" | ")[0].removeprefix("| ") for row in samples.splitlines()[2:] if not row.startswith("|  |")
    ]


def test_a_run_that_dagster_starts_has_a_pipeline_run_of_its_own(
    finished: DataRoot, run_job: Callable[..., bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copytree(finished.home, tmp_path / "copy")
    root = DataRoot.at(tmp_path / "copy")
    before = links(root, "filtered_docs", "demo")
    assert run_job(root, "crawl_to_corpus", "demo", ["filtered_docs", "minhash_signatures"])
    client = record_of(root)
    stages = [client.get_run(links(root, name, "demo")["mlflow_run_id"]) for name in ("filtered_docs", "minhash_signatures")]
    assert len({stage.data.tags["mlflow.parentRunId"] for stage in stages}) == 1
    assert stages[0].info.run_id != before["mlflow_run_id"]
    above = client.get_run(stages[0].data.tags["mlflow.parentRunId"])
    assert (above.info.run_name, above.info.status, above.data.metrics["outputs"]) == ("crawl_to_corpus demo", "FINISHED", 2)
    assert DAGSTER_TAG not in above.data.tags

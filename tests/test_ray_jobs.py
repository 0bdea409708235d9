"""Runs and steps become jobs of a Ray cluster by settings, which are refused where they would not do."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.executor import choose_executor
from dagster_project.resources import Pipeline
from llm_assets.engine.software import describe_software
from llm_assets.errors import ConfigError
from llm_assets.instance import environment, instance_settings
from llm_assets.ray_jobs import EXECUTOR, LAUNCHER, SOFTWARE, TOLD, is_on_ray, job_settings
from llm_assets.root import DataRoot

HERE = {"LLM_ASSETS_RAY_ADDRESS": "127.0.0.1:6379"}
CLUSTER = {"LLM_ASSETS_RAY_ADDRESS": "head.example:6379", "LLM_ASSETS_DATABASE": "postgresql://corpus@db.example/records"}
wants_ray = pytest.mark.skipif("not __import__('importlib').util.find_spec('dagster_ray')", reason="wants the extra ray")


@pytest.mark.parametrize("setting", [EXECUTOR, LAUNCHER])
def test_without_a_setting_ray_has_no_part_in_it(setting: str) -> None:
    assert not is_on_ray({}, setting)
    assert is_on_ray({setting: "ray"}, setting)
    assert choose_executor({}) is dg.in_process_executor
    assert instance_settings({})["run_launcher"]["class"] == "MonitoredRunLauncher"


@pytest.mark.parametrize(("setting", "known"), [(EXECUTOR, "in_process and ray"), (LAUNCHER, "local and ray")])
def test_a_setting_that_says_what_there_is_not_is_told_what_there_is(setting: str, known: str) -> None:
    with pytest.raises(ConfigError, match=f"{setting}: there is no 'rey'; there are {known}"):
        is_on_ray({setting: "rey"}, setting)


def test_without_the_library_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_assets.ray_jobs.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"LLM_ASSETS_EXECUTOR=ray wants the extra of that name: pip install 'llm-assets\[ray\]'"):
        choose_executor({EXECUTOR: "ray", **HERE})


@wants_ray
def test_the_executor_is_the_librarys_with_the_clusters_address() -> None:
    chosen = choose_executor({EXECUTOR: "ray", **HERE})
    assert chosen.apply_config_mapping({"config": {}}).value["config"]["ray"]["address"] == HERE["LLM_ASSETS_RAY_ADDRESS"]


@wants_ray
def test_dagster_takes_the_settings_of_the_launcher(root: DataRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    from dagster_project.cluster_launcher import ClusterRunLauncher

    for name, value in {LAUNCHER: "ray", **HERE, "LLM_ASSETS_WORKERS": "3"}.items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.from_config(environment(root)["DAGSTER_HOME"]) as instance:
        launcher = instance.run_launcher
        assert isinstance(launcher, ClusterRunLauncher)
        assert (launcher.address, launcher.num_cpus, launcher.env_vars) == ("127.0.0.1:6379", 3, list(TOLD))


@wants_ray
@pytest.mark.parametrize(
    ("setting", "others", "cores"),
    [
        (LAUNCHER, {}, 1),
        (EXECUTOR, {"LLM_ASSETS_WORKERS": "4"}, 4),
        (LAUNCHER, {EXECUTOR: "ray"}, None),
        (LAUNCHER, {"LLM_ASSETS_ENGINE": "ray"}, None),
        (EXECUTOR, {"LLM_ASSETS_ENGINE": "ray", "LLM_ASSETS_WORKERS": "4"}, None),
    ],
)
def test_a_job_asks_for_the_cores_that_it_keeps_busy_itself(setting: str, others: dict[str, str], cores: int | None) -> None:
    assert job_settings({**HERE, **others}, setting).get("num_cpus") == cores


@wants_ray
def test_a_job_is_told_what_every_program_of_the_root_is_but_for_folders_of_this_machines_dagster(root: DataRoot) -> None:
    told = {name for name, value in environment(root).items() if os.environ.get(name) != value}
    assert told - {"DAGSTER_HOME"} <= set(TOLD)


@wants_ray
@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "LLM_ASSETS_RAY_ADDRESS: host:port of a cluster"),
        ({"LLM_ASSETS_RAY_ADDRESS": "local"}, "it says 'local'"),
        ({"LLM_ASSETS_RAY_ADDRESS": "head.example:6379"}, "LLM_ASSETS_DATABASE names PostgreSQL"),
        ({**CLUSTER, "LLM_ASSETS_DATABASE": "postgresql://corpus:secret@db.example/records"}, "LLM_ASSETS_DATABASE holds a password"),
        ({**HERE, "MLFLOW_TRACKING_URI": "https://ada:secret@mlflow.example"}, "MLFLOW_TRACKING_URI holds a password"),
        ({**CLUSTER, "LLM_ASSETS_HOME": "s3://bucket/corpus", "MLFLOW_TRACKING_URI": "sqlite:///x"}, "wants an MLflow server"),
    ],
    ids=["no cluster", "none that others find", "no database", "a password", "a password of MLflow's", "no server for artifacts"],
)
def test_what_would_not_do_on_another_machine_is_refused(variables: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        job_settings(variables, EXECUTOR)
    assert "secret" not in str(refused.value)


@wants_ray
@pytest.mark.parametrize(
    "more", [{}, {"LLM_ASSETS_HOME": "s3://bucket/corpus", "MLFLOW_TRACKING_URI": "http://mlflow:5000"}], ids=["a folder", "a store"]
)
def test_a_cluster_of_several_machines_is_taken_where_all_of_them_reach_the_records(more: dict[str, str]) -> None:
    assert job_settings({**CLUSTER, **more}, LAUNCHER)["address"] == "head.example:6379"


@wants_ray
def test_what_is_wrong_is_told_before_any_program_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(EXECUTOR, "ray")
    monkeypatch.delenv("LLM_ASSETS_RAY_ADDRESS", raising=False)
    with pytest.raises(ConfigError, match="LLM_ASSETS_EXECUTOR=ray wants LLM_ASSETS_RAY_ADDRESS"):
        environment(DataRoot.at(tmp_path / "home"))


def test_a_job_on_a_node_with_other_software_is_refused(root: DataRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(home=str(root.home))
    monkeypatch.setenv(SOFTWARE, describe_software())
    with pipeline.yield_for_execution(dg.build_init_resource_context()):
        pass
    monkeypatch.setenv(SOFTWARE, '{"pyarrow": "1.0"}')
    with pytest.raises(ConfigError, match=r"pyarrow \d+.* instead of 1\.0"), pipeline.yield_for_execution(dg.build_init_resource_context()):
        pass

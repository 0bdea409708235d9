"""What stands in deploy/: Dagster's chart and its Kubernetes package accept it, and it names nothing that there is not."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from dagster_k8s.container_context import K8sContainerContext

ROOT = Path(__file__).parents[1]
VALUES = ROOT / "deploy/kubernetes/values.yaml"
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")


@pytest.fixture
def values() -> dict[str, Any]:
    return dict(yaml.safe_load(VALUES.read_text(encoding="utf-8")))


@pytest.fixture
def location(values: dict[str, Any]) -> dict[str, Any]:
    return dict(values["dagster-user-deployments"]["deployments"][0])


@pytest.fixture
def mlflow() -> dict[str, Any]:
    deployment, _service = yaml.safe_load_all((ROOT / "deploy/kubernetes/mlflow.yaml").read_text(encoding="utf-8"))
    return dict(deployment["spec"]["template"]["spec"]["containers"][0])


def merge(defaults: Any, values: Any) -> Any:
    """As Helm lays values over a chart's own: mappings key by key, all else in place of what was there."""
    if not (isinstance(defaults, Mapping) and isinstance(values, Mapping)):
        return values
    return {**defaults, **{key: merge(defaults.get(key), value) for key, value in values.items()}}


@pytest.fixture
def chart() -> Path:
    """Dagster's chart, which is no part of this project."""
    if "DAGSTER_CHART" not in os.environ:
        pytest.skip("DAGSTER_CHART names no folder of Dagster's Helm chart")
    return Path(os.environ["DAGSTER_CHART"])


def test_the_charts_schema_accepts_the_values(chart: Path, values: dict[str, Any]) -> None:
    defaults = yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8"))
    schema = json.loads((chart / "values.schema.json").read_text(encoding="utf-8"))
    unknown = set(values) - set(defaults)
    assert not unknown
    jsonschema.validate(merge(defaults, values), schema)
    values["dagster-user-deployments"]["deployments"][0]["port"] = "a word"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(merge(defaults, values), schema)


def test_dagsters_kubernetes_package_accepts_what_a_run_is_given(location: dict[str, Any], values: dict[str, Any]) -> None:
    launcher = values["runLauncher"]["config"]["k8sRunLauncher"]
    given = {
        "env": location["env"],
        "env_secrets": [secret["name"] for secret in location["envSecrets"]],
        "volumes": location["volumes"],
        "volume_mounts": location["volumeMounts"],
        "resources": launcher["resources"],
        "run_k8s_config": {"pod_spec_config": launcher["runK8sConfig"]["podSpecConfig"]},
    }
    context = K8sContainerContext.create_from_config({"k8s": given})
    assert context.run_k8s_config.pod_spec_config["volumes"] == [{"name": "state", "empty_dir": {}}]
    with pytest.raises(Exception, match="volumes"):
        K8sContainerContext.create_from_config({"k8s": {**given, "volumes": [{"nme": "state"}]}})


def test_every_setting_of_the_program_is_told_among_those_of_the_machine(location: dict[str, Any]) -> None:
    told = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    names = [each["name"] for each in location["env"]]
    assert "LLM_ASSETS_HOME" in names
    assert not [name for name in names if f"`{name}`" not in told]


def test_no_password_stands_in_the_values() -> None:
    for path in (VALUES, ROOT / "deploy/kubernetes/mlflow.yaml"):
        lines = [line.partition("#")[0] for line in path.read_text(encoding="utf-8").splitlines()]
        assert not [line for line in lines if re.search(r"://[^/\s]*:[^/\s]*@|[Pp]assword:", line)]


def test_mlflow_runs_from_the_same_image_with_the_same_store(location: dict[str, Any], mlflow: dict[str, Any]) -> None:
    assert mlflow["image"] == f"{location['image']['repository']}:{location['image']['tag']}"
    secrets = {each["secretRef"]["name"] for each in mlflow["envFrom"]}
    assert {each["name"] for each in location["envSecrets"]} < secrets
    uri = next(each["value"] for each in location["env"] if each["name"] == "MLFLOW_TRACKING_URI")
    hosts = next(each["value"] for each in mlflow["env"] if each["name"] == "MLFLOW_SERVER_ALLOWED_HOSTS")
    assert uri.removeprefix("http://") in hosts.split(",")


def test_the_image_is_built_from_files_and_extras_that_there_are() -> None:
    extras = re.search(r"'\.\[(.*)\]'", DOCKERFILE)
    assert extras is not None
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(extras[1].split(",")) <= set(project["project"]["optional-dependencies"])
    taken = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert not [name for name in taken if not (ROOT / name).exists()]
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*packages["packages"], *packages["force-include"], "constraints.txt", project["project"]["readme"]} <= set(taken)


def test_the_images_python_is_one_that_the_project_supports() -> None:
    version = re.search(r"FROM python:(\d+)\.(\d+)", DOCKERFILE)
    assert version is not None
    assert (int(version[1]), int(version[2])) >= (3, 11)

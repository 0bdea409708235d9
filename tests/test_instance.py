"""Dagster's settings of a root: ours are kept up to date, a person's are never touched."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from llm_assets.errors import ConfigError
from llm_assets.instance import environment, instance_settings, write_settings
from llm_assets.root import DataRoot


def read(home: Path) -> dict[str, object]:
    return dict(yaml.safe_load((home / "dagster.yaml").read_text()))


@pytest.fixture(autouse=True)
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment says nothing of MLflow."""
    for name in ("MLFLOW_TRACKING_URI", "LLM_ASSETS_MLFLOW_UI"):
        monkeypatch.delenv(name, raising=False)


def test_links_lead_to_where_dagsters_pages_are(root: DataRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLM_ASSETS_DAGSTER_UI", raising=False)
    assert environment(root, dagster_port=3001)["LLM_ASSETS_DAGSTER_UI"] == "http://127.0.0.1:3001"
    monkeypatch.setenv("LLM_ASSETS_DAGSTER_UI", "https://pages.example")
    assert environment(root)["LLM_ASSETS_DAGSTER_UI"] == "https://pages.example"


@pytest.mark.parametrize(
    ("told", "pages"),
    [
        ({}, "http://127.0.0.1:5001"),
        ({"MLFLOW_TRACKING_URI": "https://mlflow.example"}, "https://mlflow.example"),
        ({"MLFLOW_TRACKING_URI": "http://mlflow:5000", "LLM_ASSETS_MLFLOW_UI": "https://pages.example"}, "https://pages.example"),
    ],
    ids=["ours", "a server", "a server that browsers find elsewhere"],
)
def test_links_lead_to_where_mlflows_pages_are(root: DataRoot, monkeypatch: pytest.MonkeyPatch, told: dict[str, str], pages: str) -> None:
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert environment(root, mlflow_port=5001)["LLM_ASSETS_MLFLOW_UI"] == pages


def test_a_child_gets_the_root_and_reports_to_nobody(root: DataRoot) -> None:
    variables = environment(root)
    assert variables["LLM_ASSETS_HOME"] == str(root.home)
    assert variables["DAGSTER_HOME"].startswith(str(root.state))
    assert variables["DO_NOT_TRACK"] == "1"
    assert read(root.state / "dagster")["telemetry"] == {"enabled": False}


def test_dagster_accepts_the_settings(root: DataRoot) -> None:
    from dagster._core.instance.config import dagster_instance_config

    settings, _ = dagster_instance_config(environment(root)["DAGSTER_HOME"])
    assert settings["nux"] == {"enabled": False}


def test_settings_that_changed_are_written_anew(tmp_path: Path) -> None:
    write_settings(tmp_path, {"run_retries": {"enabled": False}, "nux": {"enabled": False}})
    write_settings(tmp_path, {"run_retries": {"enabled": True}})
    assert read(tmp_path) == {"run_retries": {"enabled": True}}


def test_settings_that_did_not_change_are_not_written(tmp_path: Path) -> None:
    write_settings(tmp_path, {"nux": {"enabled": False}})
    before = (tmp_path / "dagster.yaml").stat().st_ino
    write_settings(tmp_path, {"nux": {"enabled": False}})
    assert (tmp_path / "dagster.yaml").stat().st_ino == before


def test_what_an_older_version_wrote_is_brought_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\nnux:\n  enabled: false\n")
    write_settings(tmp_path, {"run_retries": {"enabled": True}})
    assert read(tmp_path) == {"run_retries": {"enabled": True}}


def test_a_persons_override_takes_the_place_of_our_setting_and_its_file_is_left_alone(tmp_path: Path) -> None:
    own = "# mine\nnux: {enabled: true}\nsensors: {use_threads: true}\n"
    (tmp_path / "overrides.yaml").write_text(own)
    write_settings(tmp_path, {"telemetry": {"enabled": False}, "nux": {"enabled": False}})
    assert read(tmp_path) == {"telemetry": {"enabled": False}, "nux": {"enabled": True}, "sensors": {"use_threads": True}}
    assert (tmp_path / "overrides.yaml").read_text() == own


@pytest.mark.parametrize("written", [True, False], ids=["by us, then by hand", "by hand alone"])
def test_a_file_changed_by_hand_is_never_overwritten(tmp_path: Path, written: bool) -> None:
    path = tmp_path / "dagster.yaml"
    if written:
        write_settings(tmp_path, {"nux": {"enabled": False}})
    with path.open("a") as file:
        file.write("sensors: {use_threads: true}\n")
    before = path.read_text()
    with pytest.raises(ConfigError, match=r"changed by hand: move the changes to .*overrides.yaml"):
        write_settings(tmp_path, {"nux": {"enabled": True}})
    assert path.read_text() == before


@pytest.mark.parametrize(("text", "said"), [("a: [", "is no YAML"), ("- a\n", "settings by name")])
def test_overrides_that_cannot_be_read_are_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "overrides.yaml").write_text(text)
    with pytest.raises(ConfigError, match=f"overrides.yaml.*{said}"):
        write_settings(tmp_path, instance_settings({}))

"""Dagster's instance of a data root: its settings, and the variables of every program that works on the root.

``STATE/dagster/dagster.yaml`` is this program's: written anew whenever the settings below say something else. What a person wants
otherwise stands in ``overrides.yaml`` beside it, which is only read: a key there takes the place of the program's own of that name.
A ``dagster.yaml`` that was changed by hand is never overwritten: an error says where the change belongs.

A setting is added in :func:`instance_settings`, and holds at the next start of any program on any root.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from llm_assets.errors import ConfigError
from llm_assets.formats.manifest import put_text
from llm_assets.root import DataRoot

LOOPBACK = "127.0.0.1"

OVERRIDES = "overrides.yaml"
"""A person's own settings of Dagster, beside ``dagster.yaml``."""

_FIRST_WRITTEN = "telemetry:\n  enabled: false\nnux:\n  enabled: false\n"
"""All that roots made before version 0.2 have in ``dagster.yaml``."""


def instance_settings(variables: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG001  # for settings that depend on the machine
    """What ``dagster.yaml`` says, but for a person's overrides. ``variables`` is the environment.

    https://docs.dagster.io/deployment/oss/dagster-yaml tells the keys. A secret stands there as ``{"env": "NAME"}``.
    """
    return {
        "telemetry": {"enabled": False},  # no usage reports
        "nux": {"enabled": False},  # no first-run pop-up
    }


def environment(root: DataRoot, mlflow_port: int = 5000) -> dict[str, str]:
    """Variables of a child process that works on a root; Dagster's own folder is made, and its settings brought up to date."""
    home = root.state / "dagster"
    write_settings(home, instance_settings(os.environ))
    return {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "LLM_ASSETS_HOME": str(root.home),
        "LLM_ASSETS_STATE": str(root.state),
        "MLFLOW_TRACKING_URI": tracking_uri(root),
        "LLM_ASSETS_MLFLOW_UI": f"http://{LOOPBACK}:{mlflow_port}",
        "MLFLOW_LOGGING_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",  # progress is seen as it is made, also through a pipe
        # a file in the folder one happens to stand in is nobody's module
        "PYTHONSAFEPATH": "1",
        # no usage reports of any library
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
    }


def tracking_uri(root: DataRoot) -> str:
    """Where MLflow keeps its records: ``MLFLOW_TRACKING_URI``, else SQLite in the root's state."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{root.state / 'mlflow.db'}"


def write_settings(home: Path, settings: Mapping[str, Any]) -> None:
    """Brings ``dagster.yaml`` of a Dagster home up to date. ConfigError where it was changed by hand, or the overrides are no mapping."""
    path = home / "dagster.yaml"
    text = _sign(yaml.safe_dump({**settings, **_read_overrides(home / OVERRIDES)}, sort_keys=False, allow_unicode=True))
    try:
        found = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        found = _FIRST_WRITTEN
    if found == text:
        return
    if found != _FIRST_WRITTEN and found != _sign(found.partition("\n")[2]):
        raise ConfigError(f"{path} was changed by hand: move the changes to {path.with_name(OVERRIDES)}, and delete {path.name}")
    put_text(path, text)


def _sign(body: str) -> str:
    """The text of a file that tells whether it was changed since: its first line holds the digest of the others."""
    digest = hashlib.sha256(body.encode()).hexdigest()[:16]
    return f"# Written by llm-assets ({digest}). Settings of your own belong into {OVERRIDES} beside this file.\n{body}"


def _read_overrides(path: Path) -> dict[str, Any]:
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is no YAML: {error}") from error
    if said is not None and not isinstance(said, dict):
        raise ConfigError(f"{path}: settings by name are wanted, as in dagster.yaml")
    return said or {}

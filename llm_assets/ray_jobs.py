"""Dagster's runs and steps as jobs of a Ray cluster: who chooses them, what a job is told, what must hold before there is one.

``LLM_ASSETS_LAUNCHER=ray`` makes a job of each run, ``LLM_ASSETS_EXECUTOR=ray`` one of each of its steps. The library dagster-ray does
both; here are its settings.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from llm_assets import database
from llm_assets.errors import ConfigError

LAUNCHER, EXECUTOR, ENGINE = "LLM_ASSETS_LAUNCHER", "LLM_ASSETS_EXECUTOR", "LLM_ASSETS_ENGINE"
ADDRESS, WORKERS = "LLM_ASSETS_RAY_ADDRESS", "LLM_ASSETS_WORKERS"
ELSEWHERE = {LAUNCHER: "local", EXECUTOR: "in_process"}
"""What each setting says where Ray has no part in it."""

SOFTWARE = "LLM_ASSETS_SOFTWARE"
"""Variable that says what a job must be done with, since two that are to write the same bytes work with the same."""

TOLD = (
    SOFTWARE,
    "LLM_ASSETS_HOME",
    "LLM_ASSETS_STATE",
    EXECUTOR,
    ENGINE,
    ADDRESS,
    WORKERS,
    "LLM_ASSETS_MEMORY",
    "LLM_ASSETS_DEVICE",
    "LLM_ASSETS_DRIFT_BAND",
    database.VARIABLE,
    "LLM_ASSETS_DAGSTER_DATABASE",
    "MLFLOW_TRACKING_URI",
    "LLM_ASSETS_MLFLOW_UI",
    "LLM_ASSETS_DAGSTER_UI",
    "MLFLOW_LOGGING_LEVEL",
    "MLFLOW_DISABLE_TELEMETRY",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR",
    "DO_NOT_TRACK",
    "PYTHONUNBUFFERED",
    "PYTHONSAFEPATH",
)
"""Variables that a job is given by whoever asks for it. What is secret (a store's keys) is set where ``ray start`` is called."""

_INSTEAD = "let every node have it otherwise: in ~/.pgpass, or for MLflow's server as MLFLOW_TRACKING_PASSWORD"


def is_on_ray(variables: Mapping[str, str], setting: str) -> bool:
    """Whether :data:`LAUNCHER` or :data:`EXECUTOR` says so. ConfigError where it says what there is not."""
    other = ELSEWHERE[setting]
    said = variables.get(setting) or other
    if said not in (other, "ray"):
        raise ConfigError(f"{setting}: there is no {said!r}; there are {other} and ray")
    return said == "ray"


def job_settings(variables: Mapping[str, str], setting: str) -> dict[str, Any]:
    """Settings of dagster-ray for a launcher or an executor. ``variables`` is the environment of the programs of a root.

    A job asks for the cores that its stages keep busy. It asks for none, and so runs on the head, where others do the work: the nodes,
    with engine ray, or the jobs of its steps.

    Raises:
        ConfigError: dagster-ray is not installed, no cluster is named, or what a job is told would not do on another machine.
    """
    if find_spec("dagster_ray") is None:
        raise ConfigError(f"{setting}=ray wants the extra of that name: pip install 'llm-assets[ray]'")
    address = variables.get(ADDRESS, "")
    named = re.fullmatch(r"\[?([^/\]]+)\]?:\d+", address)
    if named is None:
        raise ConfigError(f"{setting}=ray wants {ADDRESS}: host:port of a cluster, as `ray start --head` tells it; it says {address!r}")
    for name in TOLD:
        if urlsplit(variables.get(name, "")).password:
            raise ConfigError(f"{name} holds a password, which Ray would keep and show: leave it out, and {_INSTEAD}")
    if not _is_loopback(named[1]):
        _require_servers(variables, setting)
    idle = variables.get(ENGINE) == "ray" or (setting == LAUNCHER and is_on_ray(variables, EXECUTOR))
    cores = {} if idle else {"num_cpus": float(variables.get(WORKERS) or 1)}
    return {"address": address, "env_vars": list(TOLD), **cores}


def _is_loopback(host: str) -> bool:
    """Whether only this machine can be behind a name."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _require_servers(variables: Mapping[str, str], setting: str) -> None:
    """ConfigError where runs of several machines would each keep records of their own."""
    if not variables.get(database.VARIABLE):
        raise ConfigError(f"{setting}=ray wants Dagster's records where every node reaches them: {database.VARIABLE} names PostgreSQL")
    stored, served = "://" in variables.get("LLM_ASSETS_HOME", ""), variables.get("MLFLOW_TRACKING_URI", "").startswith("http")
    if stored and not served:
        raise ConfigError(f"{setting}=ray wants an MLflow server where the root is in a store: MLFLOW_TRACKING_URI names it")

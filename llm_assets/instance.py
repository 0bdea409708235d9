"""Dagster's instance of a data root: its settings, and the variables of every program that works on the root.

``STATE/dagster/dagster.yaml`` is this program's: written anew whenever the settings below say something else. What a person wants
otherwise stands in ``overrides.yaml`` beside it, which is only read: a key there takes the place of the program's own of that name.
A ``dagster.yaml`` that was changed by hand is never overwritten: an error says where the change belongs.

A setting is added in :func:`instance_settings`, and holds at the next start of any program on any root.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock

from llm_assets import database
from llm_assets.database import Database, name_schema
from llm_assets.engine.software import describe_software
from llm_assets.errors import ConfigError
from llm_assets.formats.manifest import put_text
from llm_assets.ray_jobs import EXECUTOR, LAUNCHER, SOFTWARE, is_on_ray, job_settings
from llm_assets.root import DataRoot

LOOPBACK = "127.0.0.1"

OVERRIDES = "overrides.yaml"
"""A person's own settings of Dagster, beside ``dagster.yaml``."""

DAGSTER_DATABASE = "LLM_ASSETS_DAGSTER_DATABASE"
"""Variable with the address of Dagster's own tables, which ``dagster.yaml`` names instead of it: a password stands in no file."""

MLFLOW_PAGES, DAGSTER_PAGES = "LLM_ASSETS_MLFLOW_UI", "LLM_ASSETS_DAGSTER_UI"
"""Variables with the addresses of MLflow's and of Dagster's pages, for links to them."""

_FIRST_WRITTEN = "telemetry:\n  enabled: false\nnux:\n  enabled: false\n"
"""All that roots made before version 0.2 have in ``dagster.yaml``."""


def instance_settings(variables: Mapping[str, str]) -> dict[str, Any]:
    """What ``dagster.yaml`` says, but for a person's overrides. ``variables`` is the environment of the root's programs.

    https://docs.dagster.io/deployment/oss/dagster-yaml tells the keys. A secret stands there as ``{"env": "NAME"}``.
    """
    patience = 1000 if is_on_ray(variables, LAUNCHER) else 180  # Ray gives up a job that has waited for cores for 15 minutes
    settings: dict[str, Any] = {
        "telemetry": {"enabled": False},  # no usage reports
        "nux": {"enabled": False},  # no first-run pop-up
        # a run uses the cores it is given; two at once keep them busy while one of them starts or writes
        "run_queue": {"max_concurrent_runs": int(variables.get("LLM_ASSETS_RUNS") or 2), "dequeue_interval_seconds": 1},
        "run_launcher": _choose_launcher(variables),
        # A run whose process is gone is failed, and tried again. One that failed by an error is not: it would fail the same way.
        "run_monitoring": {"enabled": True, "poll_interval_seconds": 15, "start_timeout_seconds": patience, "cancel_timeout_seconds": 180},
        "run_retries": {"enabled": True, "max_retries": 2, "retry_on_asset_or_op_failure": False},
    }
    if variables.get(database.VARIABLE):
        settings["storage"] = {"postgres": {"postgres_url": {"env": DAGSTER_DATABASE}}}
    return settings


def _choose_launcher(variables: Mapping[str, str]) -> dict[str, Any]:
    """Runs as processes of this machine, or as jobs of a Ray cluster."""
    if is_on_ray(variables, LAUNCHER):
        settings = {"ray": job_settings(variables, LAUNCHER)}
        return {"module": "dagster_project.cluster_launcher", "class": "ClusterRunLauncher", "config": settings}
    return {"module": "dagster_project.launcher", "class": "MonitoredRunLauncher"}


def environment(root: DataRoot, mlflow_port: int = 5000, dagster_port: int = 3000) -> dict[str, str]:
    """Variables of a child process that works on a root; Dagster's own folder is made, and its settings brought up to date."""
    home, store = root.state / "dagster", tracking_uri(root)
    in_postgres = _prepare_database(root)
    variables = {
        **os.environ,
        **in_postgres,
        "DAGSTER_HOME": str(home),
        "LLM_ASSETS_HOME": root.address,
        "LLM_ASSETS_STATE": str(root.state),
        "MLFLOW_TRACKING_URI": store,
        MLFLOW_PAGES: os.environ.get(MLFLOW_PAGES) or (store if store.startswith("http") else f"http://{LOOPBACK}:{mlflow_port}"),
        DAGSTER_PAGES: os.environ.get(DAGSTER_PAGES) or f"http://{LOOPBACK}:{dagster_port}",
        "MLFLOW_LOGGING_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",  # progress is seen as it is made, also through a pipe
        # a file in the folder one happens to stand in is nobody's module
        "PYTHONSAFEPATH": "1",
        # no usage reports of any library
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",  # no bars of files copied, in the middle of what a run tells
        "DO_NOT_TRACK": "1",
    }
    if is_on_ray(variables, LAUNCHER) or is_on_ray(variables, EXECUTOR):
        variables[SOFTWARE] = describe_software()
    if is_on_ray(variables, EXECUTOR):
        job_settings(variables, EXECUTOR)  # what is wrong of them is told here, before any program looks at them
    write_settings(home, instance_settings(variables))
    return variables


def tracking_uri(root: DataRoot) -> str:
    """Where MLflow keeps its records: ``MLFLOW_TRACKING_URI``, else PostgreSQL where that is asked for, else SQLite in the root's state.

    It may hold a password.
    """
    if given := os.environ.get("MLFLOW_TRACKING_URI"):
        return given
    asked = Database.named_by(os.environ)
    return asked.address(name_schema("mlflow", root.address)) if asked else f"sqlite:///{root.state / 'mlflow.db'}"


@contextmanager
def hold_records(root: DataRoot) -> Iterator[None]:
    """Held by one process at a time, so that two that come first do not both make MLflow's tables. With PostgreSQL on any machine."""
    asked = Database.named_by(os.environ)
    with asked.locked(name_schema("mlflow", root.address)) if asked else FileLock(root.state / "mlflow.lock"):
        yield


def explain_failure(root: DataRoot, error: BaseException | None) -> str | None:
    """What to do about an error that a database of Dagster or MLflow is the cause of; None where none is."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    while error is not None and not isinstance(error, SQLAlchemyError):
        error = error.__cause__
    if error is None:
        return None
    if asked := Database.named_by(os.environ):
        return asked.explain(str(error.orig if isinstance(error, DBAPIError) else error))
    cause = str(error).splitlines()[0]
    return f"a database in {root.state} failed: {cause}; {shutil.disk_usage(root.state).free:,} bytes are free on its disk"


def _prepare_database(root: DataRoot) -> dict[str, str]:
    """Variables that lead Dagster to the root's schema in PostgreSQL, which is made where it is missing; none without PostgreSQL."""
    asked = Database.named_by(os.environ)
    if asked is None:
        return {}
    schemas = [name_schema(program, root.address) for program in ("dagster", "mlflow")]
    asked.make_schemas(*schemas)
    return {DAGSTER_DATABASE: asked.address(schemas[0])}


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

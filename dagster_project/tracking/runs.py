"""One MLflow run a materialization, each naming the other.

The MLflow run is tagged with Dagster's run, asset and partition, and lies below its pipeline run; the materialization's metadata
holds the link back. All that a stage has to say goes in one request.
"""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dagster_project.tracking.experiment import HOME, NOTE, Experiment, link_to_dagster
from llm_assets.plan import ASSETS, label
from llm_assets.report import Report
from llm_assets.report_page.figures import falls_of
from llm_assets.report_page.markdown import write_waterfall
from llm_assets.root import DataRoot
from llm_assets.step import Step

if TYPE_CHECKING:
    from mlflow.entities import Metric, Param, RunTag

PARENT = "mlflow.parentRunId"
"""Tag that makes a run stand below another in MLflow's tables."""

PIPELINE = "llm_assets.pipeline"
"""Tag of a stage's run: the pipeline run it was made in, also where it stands below another."""

SOURCE = {"mlflow.source.name": "llm-assets", "mlflow.source.type": "LOCAL"}

MOST_LETTERS = 500
"""Of a parameter's value."""

AT_ONCE = 100
"""Parameters and tags that MLflow takes in one request."""


@dataclass(frozen=True)
class TrackedRun:
    """A run of an experiment."""

    experiment: Experiment
    run_id: str

    @property
    def url(self) -> str:
        """Its page in MLflow's interface."""
        return self.experiment.page_of(self.run_id)


@contextmanager
def track(
    experiment: Experiment, root: DataRoot, asset: str, crawl: str | None, dagster_run: str, pipeline: str, *, system_metrics: bool = False
) -> Iterator[TrackedRun]:
    """A stage's run that is open while the body runs: failed where the body raises, killed where it is interrupted.

    ``pipeline`` is the id of the pipeline run; the evaluation of a model stands below its training.
    """
    from mlflow.exceptions import MlflowException

    tags = {**tags_of(root, asset, crawl), "dagster.run_id": dagster_run, PIPELINE: pipeline}
    above = _training_of(experiment, root) if asset == "evaluation_samples" else None
    run_id = create_run(experiment, label(asset, crawl), {**tags, PARENT: above or pipeline})
    client = experiment.client
    try:
        with _measure_machine(experiment, run_id) if system_metrics else nullcontext():
            yield TrackedRun(experiment, run_id)
    except Exception:
        client.set_terminated(run_id, "FAILED")
        raise
    except BaseException:
        with suppress(MlflowException):  # a read that was interrupted may hold the database; the next run of this output marks it
            client.set_terminated(run_id, "KILLED")
        raise
    client.set_terminated(run_id)


def tags_of(root: DataRoot, asset: str, crawl: str | None) -> dict[str, str]:
    """Tags that say which output a run is about."""
    return {"dagster.asset_key": asset, "dagster.partition": crawl or "", HOME: root.address}


def create_run(experiment: Experiment, name: str, tags: Mapping[str, str]) -> str:
    """Id of a new run."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container may know its user by number alone
        user = "unknown"
    run = experiment.client.create_run(experiment.id, tags={**SOURCE, "mlflow.user": user, **tags}, run_name=name)
    return str(run.info.run_id)


def end_abandoned(run: TrackedRun, root: DataRoot, asset: str, crawl: str | None) -> None:
    """Marks as killed whatever still seems to run of the output that an open run is about. The caller holds that output's lock."""
    about = tags_of(root, asset, crawl)
    client = run.experiment.client
    wanted = f"attributes.status = 'RUNNING' and tags.`dagster.asset_key` = '{asset}' and tags.`dagster.partition` = '{crawl or ''}'"
    for other in client.search_runs([run.experiment.id], wanted):
        if other.info.run_id != run.run_id and about.items() <= other.data.tags.items():
            client.set_terminated(other.info.run_id, "KILLED")


def record_report(run: TrackedRun, step: Step, report: Report) -> None:
    """Counts and figures of a stage, the versions of its recipe sections, and for a person what became of its documents, and where."""
    metrics: dict[str, float] = {"read": report.read, "kept": report.kept}
    metrics |= {f"rejected.{rule}": count for rule, count in report.rejected.items()}
    metrics |= {name: figure for name, figure in report.figures.items() if not isinstance(figure, str)}
    sections = {name: step.recipe.fingerprint(name)[:12] for name in ASSETS[step.asset].sections}
    parts = link_to_dagster(step.links["dagster_run_id"]), write_waterfall(falls_of(report, step.recipe.filters), report.unit)
    write_batch(run, metrics=metrics, parameters=sections, tags={NOTE: "\n\n".join(filter(None, parts))})


def write_batch(
    run: TrackedRun,
    metrics: Mapping[str, float] | None = None,
    parameters: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Writes all of it in as few requests as MLflow allows."""
    from mlflow.entities import Metric, Param, RunTag

    now = time.time_ns() // 1_000_000
    numbers: list[Metric] = [Metric(_plain(name), float(value), now, 0) for name, value in (metrics or {}).items()]
    settings: list[Param] = [Param(_plain(name), str(value)[:MOST_LETTERS]) for name, value in (parameters or {}).items()]
    labels: list[RunTag] = [RunTag(name, value) for name, value in (tags or {}).items()]
    client = run.experiment.client
    client.log_batch(run.run_id, numbers, settings[: AT_ONCE - len(labels)], labels)
    for start in range(AT_ONCE - len(labels), len(settings), AT_ONCE):
        client.log_batch(run.run_id, params=settings[start : start + AT_ONCE])


def _plain(name: str) -> str:
    """MLflow takes letters, digits, ``_-. /`` in a name."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-. /") else "_" for letter in name)


def _training_of(experiment: Experiment, root: DataRoot) -> str | None:
    """The run that trained the root's current model; None where this store has none."""
    from mlflow.exceptions import MlflowException

    manifest = root.manifest("trained_model")
    run_id = manifest.report.get("links", {}).get("mlflow_run_id") if manifest else None
    try:
        return str(experiment.client.get_run(run_id).info.run_id) if run_id else None
    except MlflowException:
        return None


@contextmanager
def _measure_machine(experiment: Experiment, run_id: str) -> Iterator[None]:
    """Processor, memory and network into the run, while the body runs."""
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

    monitor = SystemMetricsMonitor(run_id, tracking_uri=experiment.tracking_uri)  # type: ignore[no-untyped-call]  # MLflow's
    monitor.start()  # type: ignore[no-untyped-call]  # MLflow's
    try:
        yield
    finally:
        monitor.finish()  # type: ignore[no-untyped-call]  # MLflow's

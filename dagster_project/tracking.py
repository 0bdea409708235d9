"""MLflow beside Dagster: one MLflow run a materialization, each naming the other.

The MLflow run is tagged with Dagster's run, asset and partition; the materialization's metadata holds the link back.
Default store: a database, SQLite in the root's state or PostgreSQL; ``MLFLOW_TRACKING_URI`` and ``LLM_ASSETS_MLFLOW_UI`` (where its
pages are) are respected.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from llm_assets.formats.manifest import Artefact
from llm_assets.instance import hold_records, tracking_uri
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.sampling.config import BY_SOURCE
from llm_assets.step import Step

EXPERIMENT = "llm-assets"
HOME = "llm_assets.home"
"""Tag: the data root, since several may share a store."""

DIGEST_LETTERS = 36
"""As many as MLflow takes of a dataset's digest."""


@dataclass(frozen=True)
class TrackedRun:
    """An open MLflow run."""

    tracking_uri: str
    run_id: str
    experiment_id: str

    @property
    def url(self) -> str:
        """Its page in MLflow's UI, as that shows a training run rather than an evaluation of prompts."""
        ui = os.environ.get("LLM_ASSETS_MLFLOW_UI") or (
            self.tracking_uri if self.tracking_uri.startswith("http") else "http://127.0.0.1:5000"
        )
        return f"{_hide_password(ui).rstrip('/')}/#/experiments/{self.experiment_id}/runs/{self.run_id}?workflowType=machine_learning"


def _hide_password(url: str) -> str:
    """The URL without user name and password: a link is shown, kept in manifests and in Dagster's database.

    >>> _hide_password("https://ada:secret@mlflow.example:8443/team")
    'https://mlflow.example:8443/team'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def open_experiment(uri: str, root: DataRoot) -> str:
    """Id of the experiment, made where it is not there yet. A database keeps its artifacts in the root's state."""
    import mlflow

    mlflow.set_tracking_uri(uri)
    with hold_records(root):
        known = mlflow.get_experiment_by_name(EXPERIMENT)
        if known is not None:
            return str(known.experiment_id)
        artifacts = (root.state / "mlflow_artifacts").as_uri() if _is_database(uri) else None
        return str(mlflow.create_experiment(EXPERIMENT, artifacts))


def _is_database(uri: str) -> bool:
    from mlflow.store.db.db_types import DATABASE_ENGINES

    return urlsplit(uri).scheme.partition("+")[0] in DATABASE_ENGINES


@contextmanager
def track(root: DataRoot, asset: str, crawl: str | None, dagster_run: str, *, system_metrics: bool = False) -> Iterator[TrackedRun]:
    """An MLflow run that is open while the body runs, and failed where the body raises."""
    import mlflow

    uri = tracking_uri(root)
    experiment_id = open_experiment(uri, root)
    tags = {"dagster.run_id": dagster_run, "dagster.asset_key": asset, "dagster.partition": crawl or "", HOME: root.address}
    name = asset if crawl is None else f"{asset}[{crawl}]"
    with mlflow.start_run(experiment_id=experiment_id, run_name=name, tags=tags, log_system_metrics=system_metrics) as run:
        yield TrackedRun(uri, run.info.run_id, experiment_id)


def end_abandoned(run: TrackedRun) -> None:
    """Marks as killed whatever still seems to run of the output that an open run is about. The caller holds that output's lock."""
    import mlflow

    client = mlflow.MlflowClient(run.tracking_uri)
    own = client.get_run(run.run_id).data.tags
    same = {name: own[name] for name in ("dagster.asset_key", "dagster.partition", HOME)}
    for other in client.search_runs([run.experiment_id], "attributes.status = 'RUNNING'"):
        if other.info.run_id != run.run_id and same.items() <= other.data.tags.items():
            client.set_terminated(other.info.run_id, "KILLED")


def record_report(report: Report, parameters: dict[str, Any]) -> None:
    """Counts and figures of a stage into the open run."""
    import mlflow

    metrics: dict[str, float] = {"read": report.read, "kept": report.kept}
    metrics |= {f"rejected.{rule}": count for rule, count in report.rejected.items()}
    metrics |= {name: figure for name, figure in report.figures.items() if not isinstance(figure, str)}
    mlflow.log_metrics({_plain(name): float(value) for name, value in metrics.items()})
    mlflow.log_params({name: str(value)[:500] for name, value in parameters.items()})


def record_scores(folder: Path) -> None:
    """Bits per byte by domain and language into the open run."""
    import mlflow

    mlflow.log_artifact(str(folder / BY_SOURCE))


def _plain(name: str) -> str:
    """MLflow takes letters, digits, ``_-. /`` in a metric's name."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-. /") else "_" for letter in name)


def describe_training(step: Step, shards: Mapping[str, Artefact]) -> None:
    """The recipe's parameters and the shards, as dataset inputs whose digest is their data version, into the open run."""
    import mlflow
    import polars as pl
    import polars.selectors as cs
    from mlflow.data import from_polars  # type: ignore[attr-defined]  # MLflow defines it as it is imported
    from mlflow.data.sources import LocalArtifactDatasetSource  # type: ignore[attr-defined]  # likewise

    sections = {name: step.recipe.model_dump(mode="json")[name] for name in ("model", "training")}
    mlflow.log_params({f"{name}.{key}": str(value)[:500] for name, values in sections.items() for key, value in values.items()})
    for crawl, artefact in shards.items():
        # MLflow's schemas know no unsigned numbers; a document's key would not fit a signed one either
        numbers = cs.unsigned_integer() - cs.by_name("doc")
        documents = pl.read_parquet(artefact.table("documents")).with_columns(numbers.cast(pl.Int64), pl.col("doc").cast(pl.String))
        digest = artefact.data_version[:DIGEST_LETTERS]
        source = LocalArtifactDatasetSource(artefact.folder.as_uri())
        dataset = from_polars(documents, source=source, name=f"token_shards[{crawl}]", digest=digest)
        mlflow.log_input(dataset, context="training")


def training_logger(root: DataRoot) -> object:
    """A Lightning logger that writes into the open run."""
    import mlflow
    from pytorch_lightning.loggers import MLFlowLogger

    run = mlflow.active_run()
    assert run is not None
    return MLFlowLogger(experiment_name=EXPERIMENT, run_id=run.info.run_id, tracking_uri=tracking_uri(root))

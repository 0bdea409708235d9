"""Where a root's runs are recorded: an MLflow experiment for each recipe, by the recipe's name.

A changed threshold stays in the experiment, so that runs before and after it stand side by side; what changed are parameters of
the runs. Default store: a database, SQLite in the root's state or PostgreSQL; ``MLFLOW_TRACKING_URI``, ``MLFLOW_REGISTRY_URI`` and
``LLM_ASSETS_MLFLOW_UI`` (where its pages are, ``LLM_ASSETS_DAGSTER_UI`` where Dagster's are) are respected.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from llm_assets.instance import DAGSTER_PAGES, MLFLOW_PAGES, hold_records, tracking_uri
from llm_assets.root import DataRoot

if TYPE_CHECKING:
    import mlflow

    from llm_assets.recipe import Recipe

HOME = "llm_assets.home"
"""Tag: the data root, since several may share a store, and a recipe's name."""

NOTE = "mlflow.note.content"
"""Tag whose Markdown MLflow shows as the description of a run or an experiment."""

UNNAMED = "llm-assets"

_DESCRIPTION = (
    "Recipe **{name}** of llm-assets. A top-level run is a pipeline run: its parameters are the recipe's settings, below it are the stages "
    "it ran, below a training the evaluation of its model. Select two pipeline runs and press *Compare* to see which settings differ, "
    "and what came of it: documents kept, tokens, bits per byte."
)


@dataclass(frozen=True)
class Experiment:
    """An experiment of a store."""

    tracking_uri: str
    id: str
    name: str

    @property
    def client(self) -> mlflow.MlflowClient:
        """A client of the experiment's store, and of the registry beside it."""
        from mlflow import MlflowClient

        return MlflowClient(self.tracking_uri, os.environ.get("MLFLOW_REGISTRY_URI") or self.tracking_uri)

    @property
    def ui(self) -> str:
        """Where MLflow's pages are, without a trailing slash."""
        served = self.tracking_uri if self.tracking_uri.startswith("http") else "http://127.0.0.1:5000"
        return hide_password(os.environ.get(MLFLOW_PAGES) or served).rstrip("/")

    def page_of(self, run_id: str) -> str:
        """The address of a run's page."""
        return f"{self.ui}/{self.link_to(run_id)}"

    def link_to(self, run_id: str) -> str:
        """From any of MLflow's pages to that of a run, wherever they are served; as a training run rather than an evaluation of prompts."""
        return f"#/experiments/{self.id}/runs/{run_id}?workflowType=machine_learning"


def hide_password(url: str) -> str:
    """The URL without user name and password: a link is shown, kept in manifests and in Dagster's database.

    >>> hide_password("https://ada:secret@mlflow.example:8443/team")
    'https://mlflow.example:8443/team'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def link_to_dagster(run_id: str) -> str:
    """A link in Markdown to the page of a Dagster run; nothing where it is not known where Dagster's pages are."""
    pages = hide_password(os.environ.get(DAGSTER_PAGES, "")).rstrip("/")
    return f"[Dagster run {run_id[:8]}]({pages}/runs/{run_id})" if pages and run_id else ""


def name_experiment(root: DataRoot, recipe: Recipe) -> str:
    """The recipe's name; of a recipe without one, the name of the root's folder. A sample's runs stand apart from those of the whole."""
    main = root.main
    name = recipe.name or (main or root).home.name or UNNAMED
    return name if root.sample is None else f"{name}, sample of {root.sample.share:%}"


def open_experiment(root: DataRoot, recipe: Recipe) -> Experiment:
    """The experiment of a root's recipe, made where it is not there yet. A database keeps its artifacts in the root's state."""
    import mlflow

    uri, name = tracking_uri(root), name_experiment(root, recipe)
    mlflow.set_tracking_uri(uri)
    with hold_records(root):
        client = mlflow.MlflowClient(uri)
        known = client.get_experiment_by_name(name)
        if known is not None:
            return Experiment(uri, str(known.experiment_id), name)
        artifacts = (root.state / "mlflow_artifacts").as_uri() if _is_database(uri) else None
        tags = {NOTE: _DESCRIPTION.format(name=name), "mlflow.experimentKind": "custom_model_development"}
        return Experiment(uri, str(client.create_experiment(name, artifacts, tags)), name)


def _is_database(uri: str) -> bool:
    from mlflow.store.db.db_types import DATABASE_ENGINES

    return urlsplit(uri).scheme.partition("+")[0] in DATABASE_ENGINES

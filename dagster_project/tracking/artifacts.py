"""What a person looks at in MLflow beside numbers: plots, samples, tables. All of it was redacted where it was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dagster_project.tracking.experiment import name_experiment
from dagster_project.tracking.runs import TrackedRun, write_batch
from llm_assets.instance import tracking_uri
from llm_assets.root import DataRoot
from llm_assets.step import Step

if TYPE_CHECKING:
    from pytorch_lightning.loggers import MLFlowLogger

    from llm_assets.recipe import Recipe

LOGGED = {
    "trained_model": ("README.md", "config.json", "curve.json"),
    "evaluation_samples": ("samples.json", "next_tokens.json", "next_tokens.png", "scores.json", "scores_by_source.json", "traces.json"),
}
"""Files of an output that are also artifacts of its run."""


def record_files(run: TrackedRun, step: Step) -> None:
    """Files that a stage wrote into its folder."""
    client = run.experiment.client
    for name in LOGGED.get(step.asset, ()):
        if (step.folder / name).is_file():
            client.log_artifact(run.run_id, str(step.folder / name))


def record_pictures(step: Step, pictures: Mapping[str, str]) -> None:
    """What Dagster shows of a finished stage, Markdown by name, also below its run: MLflow's pages render it."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri(step.root))
    for name, text in pictures.items():
        client.log_text(step.links["mlflow_run_id"], f"{text}\n", f"{name.replace(' ', '_')}.md")


def is_recorded(step: Step) -> bool:
    """Whether the run of an ended step is still there: MLflow's records may have been lost, or be others by now."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    try:
        MlflowClient(tracking_uri(step.root)).get_run(step.links["mlflow_run_id"])
    except (KeyError, MlflowException):
        return False
    return True


def describe_training(run: TrackedRun, step: Step) -> None:
    """The settings of model and training, for comparing trainings with each other."""
    values = step.recipe.model_dump(mode="json")
    settings = {f"{name}.{key}": value for name in ("model", "training") for key, value in values[name].items()}
    write_batch(run, parameters=settings)


def training_logger(root: DataRoot, recipe: Recipe, run_id: str) -> MLFlowLogger:
    """A Lightning logger that writes into a run."""
    from pytorch_lightning.loggers import MLFlowLogger

    return MLFlowLogger(experiment_name=name_experiment(root, recipe), run_id=run_id, tracking_uri=tracking_uri(root))

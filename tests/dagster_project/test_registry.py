"""A model is registered once, loads from the registry, and is champion only where it predicts the same documents better."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from postgres_server import copy_schema

from dagster_project.tracking.experiment import Experiment, open_experiment
from dagster_project.tracking.registry import judge_model
from llm_assets.database import Database, name_schema
from llm_assets.engine import LocalEngine
from llm_assets.plan import Snapshot
from llm_assets.recipe import override, put_recipe, read_recipe
from llm_assets.root import DataRoot
from llm_assets.step import Step


def registry_of(root: DataRoot, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return open_experiment(root, read_recipe(root.recipe))


def aliases(experiment: Experiment) -> dict[str, str]:
    return {alias: str(version) for alias, version in experiment.client.get_registered_model(experiment.name).aliases.items()}


def links(root: DataRoot, asset: str, crawl: str | None = None) -> dict[str, str]:
    manifest = root.manifest(asset, crawl)
    assert manifest is not None
    return dict(manifest.report["links"])


def finished_step(root: DataRoot, folder: Path) -> Step:
    """What the evaluation of a root's model had at hand when it ended."""
    snapshot = Snapshot(root, read_recipe(root.recipe))
    return Step(snapshot, "evaluation_samples", None, folder, LocalEngine(1, "1GB", folder, lambda *_: None), None)


def test_a_champion_loads_in_transformers_and_gives_way_only_to_a_better_model(
    finished: DataRoot, run_root: Callable[..., tuple[bool, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers
    from mlflow.artifacts import download_artifacts

    shutil.copytree(finished.home, tmp_path / "copy")
    root = DataRoot.at(tmp_path / "copy")
    if database := Database.named_by(os.environ):
        copy_schema(database, name_schema("mlflow", finished.address), name_schema("mlflow", root.address))
    experiment = registry_of(root, monkeypatch)
    (first,) = experiment.client.search_model_versions(f"name = '{experiment.name}'")
    assert aliases(experiment) == {"champion": str(first.version)} == {"champion": "1"}
    assert f"[demo]({experiment.link_to(links(finished, 'raw_crawl', 'demo')['mlflow_run_id'])})" in str(first.description)
    put_recipe(root.recipe, override(root.recipe.read_text(), ["training.steps=30"]))
    well, said = run_root(root)
    assert well, said
    assert aliases(experiment) == {"champion": "2"}
    monkeypatch.setenv("MLFLOW_TRACKING_URI", experiment.tracking_uri)
    judge_model(finished_step(finished, tmp_path), "cpu")
    assert aliases(experiment) == {"champion": "2", "challenger": "1"}
    tags = experiment.client.get_model_version(experiment.name, "1").tags
    assert float(tags["bits_per_byte"]) > float(tags["champion_bits_per_byte"])
    address = f"models:/{experiment.name}@champion"
    folder = download_artifacts(artifact_uri=address, dst_path=str(tmp_path), tracking_uri=experiment.tracking_uri)
    assert transformers.AutoModelForCausalLM.from_pretrained(folder).config.hidden_size == 32

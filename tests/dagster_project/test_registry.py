"""A model is registered once, loads from the registry, and is champion only where it predicts the same documents better."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.tracking.experiment import Experiment, open_experiment
from llm_assets.recipe import override, put_recipe, read_recipe
from llm_assets.root import DataRoot


def registry_of(root: DataRoot, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return open_experiment(root, read_recipe(root.recipe))


def test_a_champion_loads_in_transformers_and_gives_way_only_to_a_better_model(
    finished: DataRoot, run_root: Callable[..., tuple[bool, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers
    from mlflow.artifacts import download_artifacts

    shutil.copytree(finished.home, tmp_path / "copy")
    root = DataRoot.at(tmp_path / "copy")
    experiment = registry_of(root, monkeypatch)
    (first,) = experiment.client.search_model_versions(f"name = '{experiment.name}'")
    assert str(experiment.client.get_registered_model(experiment.name).aliases["champion"]) == str(first.version) == "1"
    for steps, aliases in (("30", {"champion": "2"}), ("3", {"champion": "2", "challenger": "3"})):
        put_recipe(root.recipe, override(root.recipe.read_text(), [f"training.steps={steps}"]))
        well, said = run_root(root)
        assert well, said
        known = experiment.client.get_registered_model(experiment.name).aliases
        assert {alias: str(version) for alias, version in known.items()} == aliases
    tags = experiment.client.get_model_version(experiment.name, "3").tags
    assert float(tags["bits_per_byte"]) > float(tags["champion_bits_per_byte"])
    address = f"models:/{experiment.name}@champion"
    folder = download_artifacts(artifact_uri=address, dst_path=str(tmp_path), tracking_uri=experiment.tracking_uri)
    assert transformers.AutoModelForCausalLM.from_pretrained(folder).config.hidden_size == 32

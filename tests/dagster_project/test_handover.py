"""A model trained elsewhere becomes the root's own, and one that does not fit is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import hash_file
from llm_assets.handover import check_model, describe_pack, pack_training, receive_model
from llm_assets.plan import Snapshot, survey
from llm_assets.recipe import override, put_recipe, read_recipe
from llm_assets.root import DataRoot
from llm_assets.training.__main__ import main

if TYPE_CHECKING:
    from mlflow import MlflowClient

pytestmark = pytest.mark.filterwarnings(
    # Lightning imports what torch and Python have deprecated; nothing here calls it.
    "ignore::DeprecationWarning:pytorch_lightning",
    "ignore::DeprecationWarning:lightning_fabric",
    "ignore::FutureWarning:lightning_fabric",
)


@pytest.fixture(scope="module")
def away(finished: DataRoot, tmp_path_factory: pytest.TempPathFactory) -> tuple[DataRoot, Path]:
    """A root whose model is stale, and the model that was trained from its pack."""
    folder = tmp_path_factory.mktemp("away")
    root = DataRoot.at(shutil.copytree(finished.home, folder / "home"))
    put_recipe(root.recipe, override(root.recipe.read_text(), ["training.learning_rate=0.0007"]))
    recipe = read_recipe(root.recipe)
    pack_training(root, recipe, folder / "pack")
    assert all((folder / "pack" / path).stat().st_size == size for path, size in describe_pack(root, recipe).items())
    assert main(["--shards", str(folder / "pack"), "--out", str(folder / "model")]) == 0
    return root, folder / "model"


def test_a_pack_is_written_into_a_new_folder_only(away: tuple[DataRoot, Path], tmp_path: Path) -> None:
    root, _ = away
    (tmp_path / "precious").touch()
    with pytest.raises(ConfigError, match="not empty"):
        pack_training(root, read_recipe(root.recipe), tmp_path)


def test_a_model_of_another_recipe_is_refused(away: tuple[DataRoot, Path]) -> None:
    root, model = away
    other = override(root.recipe.read_text(), ["training.learning_rate=0.0008"])
    path = model.parent / "other.toml"
    path.write_text(other)
    with pytest.raises(DataError, match="pack and train again"):
        check_model(root, read_recipe(path), model)


def test_a_model_that_fits_becomes_the_current_one_and_its_curve_is_recorded(
    away: tuple[DataRoot, Path], run_root: Callable[..., tuple[bool, str]], mlflow_of: Callable[[DataRoot], MlflowClient]
) -> None:
    root, model = away
    recipe = read_recipe(root.recipe)
    receive_model(root, check_model(root, recipe, model), model)
    well, said = run_root(root)
    assert well, said
    assert {each.state for each in survey(Snapshot(root, recipe))} == {"current"}
    for name in ("model.safetensors", "config.json", "curve.json"):
        assert hash_file(root.artefact("trained_model").path(name)) == hash_file(model / name)
    manifest = root.manifest("trained_model")
    assert manifest is not None
    points = mlflow_of(root).get_metric_history(manifest.report["links"]["mlflow_run_id"], "train/loss")
    assert [point.value for point in points] == json.loads((model / "curve.json").read_text())["training"]["loss"]
    with pytest.raises(ConfigError, match="current already"):
        check_model(root, recipe, model)

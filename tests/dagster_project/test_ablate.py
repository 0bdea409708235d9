"""An ablation from end to end: variants made and trained, one MLflow run with a run for each training, nothing done twice."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from typing import NamedTuple

import mlflow
import pytest
from rich.console import Console

from dagster_project.ablate import ABLATION, TRIAL, compare
from dagster_project.resources import Pipeline
from dagster_project.run import run
from dagster_project.tracking.experiment import open_experiment
from llm_assets.ablation.plan import Ablation, forecast
from llm_assets.ablation.roots import is_packed, open_variant
from llm_assets.ablation.variants import LAST, read_variants
from llm_assets.cli import main
from llm_assets.instance import environment, tracking_uri
from llm_assets.plan import ASSETS
from llm_assets.recipe import read_recipe
from llm_assets.root import DataRoot

pytestmark = pytest.mark.filterwarnings(
    # Lightning imports what torch and Python have deprecated; nothing here calls it.
    "ignore::DeprecationWarning:pytorch_lightning",
    "ignore::DeprecationWarning:lightning_fabric",
    "ignore::FutureWarning:lightning_fabric",
)

SETTINGS = ["filters.c4=off; filters.gopher_repetition=off"]


class Ablated(NamedTuple):
    """An ablation that has run."""

    ablation: Ablation
    said: str

    @property
    def content(self) -> dict:
        folder = self.ablation.comparison(self.ablation.choose_held_out())
        return json.loads((folder / "comparison.json").read_text())


def turn_to(root: DataRoot) -> None:
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    os.environ.update(environment(root))


def ablate(ablation: Ablation) -> str:
    """What ``llm-assets ablate`` does, in this process."""
    console = Console(file=io.StringIO(), width=200)
    for variant in ablation.variants:
        root = open_variant(ablation.main, variant)
        if not is_packed(root, variant.recipe):
            turn_to(root)
            pipeline = Pipeline(home=str(root.home), state=str(root.state), workers=1, device="cpu")
            assert run(root, pipeline, console, until=LAST), console.file.getvalue()
    turn_to(ablation.main)
    compare(ablation, "cpu", console)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def ablated(finished: DataRoot, in_process: None, tmp_path_factory: pytest.TempPathFactory) -> Ablated:
    folder = tmp_path_factory.mktemp("ablated")
    shutil.copytree(finished.home, folder / "home")
    (folder / "book.txt").write_text("The function returns a list of what was found. " * 300)
    root = DataRoot.at(folder / "home")
    (root.state / "mlflow.db").unlink(missing_ok=True)  # its artifacts are named by where the first root lies
    ablation = Ablation(root, read_variants(root.recipe.read_text(), SETTINGS), tokens=640, seeds=2, text=folder / "book.txt")
    return Ablated(ablation, ablate(ablation))


def test_each_variant_is_trained_from_each_seed_on_the_same_budget(ablated: Ablated) -> None:
    trials = ablated.content["trials"]
    assert [(trial["variant"], trial["seed"]) for trial in trials] == [
        (name, seed) for seed in (0, 1) for name in ("baseline", SETTINGS[0])
    ]
    assert {trial["figures"]["tokens"] for trial in trials} == {640}
    assert len({trial["bits_per_byte"] for trial in trials}) == 4


def test_the_variant_goes_to_its_shards_and_no_further(ablated: Ablated) -> None:
    root = ablated.ablation.root_of(ablated.ablation.variants[1])
    assert (root.home / "token_shards/demo/manifest.json").is_file()
    after = list(ASSETS)[list(ASSETS).index(LAST) + 1 :]
    assert not [asset for asset in after if (root.home / asset).exists()]


def test_one_mlflow_run_holds_table_and_plot_and_a_run_for_each_training(ablated: Ablated) -> None:
    root = ablated.ablation.main
    client = mlflow.MlflowClient(tracking_uri(root))
    runs = client.search_runs([open_experiment(root, read_recipe(root.recipe)).id])
    (parent,) = [each for each in runs if ABLATION in each.data.tags]
    children = [each for each in runs if TRIAL in each.data.tags]
    assert {"comparison.png", "comparison.json", "comparison.csv"} <= {each.path for each in client.list_artifacts(parent.info.run_id)}
    assert len(children) == 4
    assert {each.data.tags["mlflow.parentRunId"] for each in children} == {parent.info.run_id}
    scored = sorted(trial["bits_per_byte"] for trial in ablated.content["trials"])
    assert sorted(each.data.metrics["held_out_bits_per_byte"] for each in children) == pytest.approx(scored)


def test_what_is_done_is_not_done_again(ablated: Ablated) -> None:
    root = ablated.ablation.main
    made = {
        path: path.stat().st_mtime_ns for path in (root.home / "ablations").rglob("*") if path.name.endswith((".safetensors", "trial.json"))
    }
    assert len(made) == 8
    before = len(mlflow.MlflowClient(tracking_uri(root)).search_runs([open_experiment(root, read_recipe(root.recipe)).id]))
    content = ablated.content
    ablate(ablated.ablation)
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert ablated.content == content
    assert len(mlflow.MlflowClient(tracking_uri(root)).search_runs([open_experiment(root, read_recipe(root.recipe)).id])) == before


def test_a_forecast_afterwards_has_nothing_left_to_do(ablated: Ablated) -> None:
    assert [(each.assets, each.trainings) for each in forecast(ablated.ablation)] == [((), 0), ((), 0)]


def test_the_command_tells_beforehand_what_it_would_do(
    finished: DataRoot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--home", str(finished.home), "ablate", "--set", SETTINGS[0], "--tokens", "64000", "--seeds", "3", "--dry-run", "--json"]
    monkeypatch.setattr(sys, "argv", ["llm-assets", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    baseline, variant = json.loads(capsys.readouterr().out)
    assert (baseline["variant"], baseline["assets"], baseline["trainings"]) == ("baseline", [], 3)
    assert variant["assets"][0] == "filtered_docs"
    assert variant["training_seconds"] > 0
    assert not (finished.home / "ablations").exists()

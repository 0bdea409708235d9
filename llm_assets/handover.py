"""A model that is trained elsewhere: its data go out as a pack, and the model that comes back becomes ``trained_model``.

A model that was received waits in the root's state. The next materialization of ``trained_model`` takes it over instead of
training, if it is of exactly the shards, the tokenizer and the recipe of that moment; so it is versioned, locked and
recorded as any other.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import Artefact
from llm_assets.gate import shards_of
from llm_assets.model.config import Model
from llm_assets.plan import Snapshot, Standing, survey
from llm_assets.recipe import Recipe
from llm_assets.report import Report
from llm_assets.root import DataRoot
from llm_assets.step import Step
from llm_assets.training.config import Training
from llm_assets.training.parcel import Receipt, list_pack, name_training, read_receipt, write_pack

ASSET = "trained_model"
WAITING = "received"


def describe_pack(root: DataRoot, recipe: Recipe) -> dict[str, int]:
    """Bytes of each file of data that a pack would hold."""
    shards, tokenizer, _, _ = _inputs(root, recipe)
    return {path: entry.bytes for path, (_, entry) in list_pack(shards, tokenizer).items()}


def pack_training(root: DataRoot, recipe: Recipe, target: Path) -> None:
    """Writes all that training needs into a new folder. ConfigError where it holds something already."""
    if target.exists() and any(target.iterdir()):
        raise ConfigError(f"{target} is not empty: name a new folder")
    write_pack(target, *_inputs(root, recipe))


def check_model(root: DataRoot, recipe: Recipe, folder: Path) -> Receipt:
    """The receipt of a model that fits the root as it is.

    DataError where a file changed on the way or the model was trained on other shards, by another tokenizer or recipe;
    ConfigError where the root is not ready for it, or has its model already.
    """
    receipt = read_receipt(folder)
    standing = _standing(root, recipe)
    shards, tokenizer, training, model = _inputs(root, recipe)
    if receipt.training != name_training(list(shards.values()), tokenizer, training, model):
        raise DataError("this model was trained on other shards, or by another tokenizer or recipe; pack and train again", folder)
    if standing.state == "current":
        raise ConfigError(f"{ASSET} is current already: nothing to adopt")
    from llm_assets.model.export import load_model

    load_model(folder)
    return receipt


def receive_model(root: DataRoot, receipt: Receipt, folder: Path) -> None:
    """Copies a checked model to where the next materialization of ``trained_model`` finds it."""
    place = _place(root, receipt.training)
    waiting = place.with_suffix(".part")
    for old in (waiting, place):
        shutil.rmtree(old, ignore_errors=True)
    for name in (*(entry.path for entry in receipt.files), "receipt.json"):
        (waiting / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, waiting / name)
    waiting.rename(place)


def adopt_model(step: Step, shards: Mapping[str, Artefact], tokenizer: Artefact, logger: Any) -> Report | None:
    """Moves a received model into the step's folder and tells ``logger`` its curve; None where none of these inputs waits."""
    name = name_training(list(shards.values()), tokenizer, step.recipe.training, step.recipe.model)
    place = _place(step.root, name)
    if not place.is_dir():
        return None
    receipt = read_receipt(place)
    for entry in receipt.files:
        (step.folder / entry.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(place / entry.path, step.folder / entry.path)
    for metrics, number in _read_curve(step.folder / "curve.json"):
        logger.log_metrics(metrics, step=number)
    shutil.rmtree(place)
    return receipt.report


def _inputs(root: DataRoot, recipe: Recipe) -> tuple[dict[str, Artefact], Artefact, Training, Model]:
    standing = _standing(root, recipe)
    if standing.waits_for:
        raise ConfigError(f"{ASSET} waits for {', '.join(standing.waits_for)}: `llm-assets run` makes them current")
    return shards_of(root), root.artefact("tokenizer"), recipe.training, recipe.model


def _standing(root: DataRoot, recipe: Recipe) -> Standing:
    return next(standing for standing in survey(Snapshot(root, recipe)) if standing.asset == ASSET)


def _place(root: DataRoot, training: str) -> Path:
    return root.state / WAITING / training[:16]


def _read_curve(path: Path) -> list[tuple[dict[str, float], int]]:
    """Metrics and step of every point, by the names that training gives them."""
    curve = json.loads(path.read_text(encoding="utf-8"))
    training, validation = curve["training"], curve["validation"]
    points = [({"train/loss": loss}, step) for step, loss in zip(training["step"], training["loss"], strict=True)]
    measured = zip(validation["step"], validation["loss"], validation["bits_per_byte"], strict=True)
    for step, loss, bits in measured:
        points.append(({"validation/loss": loss, **({} if bits is None else {"validation/bits_per_byte": bits})}, step))
    return points

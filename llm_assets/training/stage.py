"""Stage ``training``: token shards in, a Hugging Face folder out.

Writes ``model.safetensors``, ``config.json``, ``generation_config.json``, the tokenizer's files, the model card
``README.md`` and ``curve.json``. On a CPU the same inputs give the same bytes, also where a run died and was resumed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.shard import Tokens
from llm_assets.model.config import Model
from llm_assets.model.export import export_model
from llm_assets.model.transformer import Transformer
from llm_assets.report import Figure, Report
from llm_assets.tokenizer.bpe import load_tokenizer, token_bytes
from llm_assets.training.batches import Batches, Windows, open_split
from llm_assets.training.card import write_card
from llm_assets.training.config import Training
from llm_assets.training.machine import Machine
from llm_assets.training.packing import PackedWindows
from llm_assets.training.parcel import name_training
from llm_assets.training.throughput import Progress

STAGE = "training"


def train_model(
    shards: Sequence[Artefact],
    tokenizer: Artefact,
    target: Path,
    config: Training,
    model: Model,
    machine: Machine,
    checkpoints: Path,
    logger: object | None = None,
    on_step: Callable[[Progress], None] | None = None,
) -> Report:
    """Trains a model on the train split of ``shards`` and measures it on the validation split.

    ``checkpoints`` is a folder for what a run that dies needs to go on; a finished run takes its checkpoint away. ``logger`` is
    a Lightning logger, by default a CSV file in that folder; ``on_step`` is told of every point of the training curve.
    The report counts windows: read are those of the train split, kept those that the budget reached. Where several processes train
    together, each calls this; the first alone writes.
    """
    from llm_assets.training.loop import fit

    tokenizer_json = tokenizer.path("tokenizer.json")
    digest = hash_file(tokenizer_json)
    train, validation = (open_split(shards, split, digest) for split in ("train", "validation"))
    if not train:
        raise DataError("there is nothing to train on: no shard of the split train")
    header = train[0][0]
    dimensions = model.dimensions(header.vocabulary)
    train_tokens, validation_tokens = ([tokens for _, tokens in split] for split in (train, validation))
    windows = _open_windows(train_tokens, dimensions.context, header.end_of_text, config)
    unseen = Windows(validation_tokens, dimensions.context, header.end_of_text if config.document_masking else None)
    if not len(windows):
        raise ConfigError(f"model.context is {dimensions.context}, and no shard of the split train is longer; shorten it or add text")
    steps = config.count_steps(dimensions.context, dimensions.parameters)
    batches = Batches(windows, config.windows, steps * config.accumulate, config.seed)
    checkpoint = checkpoints / f"{name_training(shards, tokenizer, config, model)[:16]}.ckpt"

    trained = fit(
        Transformer(dimensions, config.seed),
        batches,
        unseen,
        [len(raw) for raw in token_bytes(load_tokenizer(tokenizer_json))],
        config,
        machine=machine,
        checkpoint=checkpoint,
        logger=logger or _csv_logger(checkpoints),
        on_step=on_step,
    )
    seen = steps * config.accumulate * config.windows
    figures: dict[str, Figure] = {
        "parameters": dimensions.parameters,
        "steps": steps,
        "tokens": seen * dimensions.context,
        "epochs": seen / len(windows),
        "training_loss": trained.curve.training[-1][1],
    }
    if isinstance(windows, PackedWindows):
        figures["padding_fraction"] = round(1 - windows.tokens / (len(windows) * windows.context), 6)
    if trained.curve.validation:
        _, figures["validation_loss"], figures["bits_per_byte"] = trained.curve.validation[-1]
    if trained.transformer is not None:
        files = tokenizer.paths(entry.path for entry in tokenizer.files)
        card = write_card(dimensions, figures)
        export_model(trained.transformer, target, tokenizer_files=files, end_of_text=header.end_of_text, card=card)
        _write_curve(target / "curve.json", trained.curve.training, trained.curve.validation)
        checkpoint.unlink(missing_ok=True)
    return _report(len(windows), seen, {**figures, "tokens_per_second": round(trained.tokens_per_second)})


def _open_windows(shards: Sequence[Tokens], context: int, end_of_text: int, config: Training) -> Windows | PackedWindows:
    if config.packing == "best_fit":
        return PackedWindows(shards, context, end_of_text, config.seed, masking=config.document_masking)
    return Windows(shards, context, end_of_text if config.document_masking else None)


def _report(windows: int, seen: int, figures: dict[str, Figure]) -> Report:
    missed = max(0, windows - seen)
    no_validation = "no shard of the split validation has a whole window: the model is measured on nothing it has not seen"
    return Report(
        STAGE,
        read=windows,
        kept=windows - missed,
        rejected={"past_the_budget": missed} if missed else {},
        figures=figures,
        unit="windows",
        warnings=() if "validation_loss" in figures else (no_validation,),
    )


def _write_curve(path: Path, training: list[tuple[int, float]], validation: list[tuple[int, float, float]]) -> None:
    columns = {
        "training": {"step": [step for step, _ in training], "loss": [loss for _, loss in training]},
        "validation": {
            "step": [step for step, _, _ in validation],
            "loss": [loss for _, loss, _ in validation],
            "bits_per_byte": [None if math.isnan(bits) else bits for _, _, bits in validation],
        },
    }
    path.write_text(json.dumps(columns, indent=1) + "\n", encoding="utf-8")


def _csv_logger(folder: Path) -> Any:
    from pytorch_lightning.loggers import CSVLogger

    return CSVLogger(save_dir=folder, name="logs")

"""One training of an ablation: a variant, a seed, the budget. What is done is not done again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from llm_assets.ablation.held_out import HeldOut, score_texts
from llm_assets.ablation.roots import open_shards
from llm_assets.ablation.variants import Variant
from llm_assets.errors import LockedError
from llm_assets.formats.manifest import put_text
from llm_assets.report import Figure
from llm_assets.root import DataRoot
from llm_assets.sampling.generate import open_model
from llm_assets.training.determinism import reproducible
from llm_assets.training.machine import Machine
from llm_assets.training.parcel import name_training
from llm_assets.training.stage import train_model
from llm_assets.training.throughput import Progress

REPORT = "trial.json"
NAME_LETTERS = 16


@dataclass(frozen=True)
class Trial:
    """A training whose model was scored on the held-out text. ``figures`` are those of the training."""

    variant: str
    seed: int
    bits_per_byte: float
    loss: float
    figures: Mapping[str, Figure]


def trial_folder(root: DataRoot, variant: Variant, tokens: int, seed: int) -> Path:
    """Where a training's model lies, named by all that decides its weights."""
    shards = open_shards(root, variant.recipe)
    training = variant.training(tokens, seed)
    name = name_training(list(shards.values()), root.artefact("tokenizer"), training, variant.recipe.model)
    return root.home / "trials" / name[:NAME_LETTERS]


def run_trial(
    root: DataRoot,
    variant: Variant,
    tokens: int,
    seed: int,
    held_out: HeldOut,
    device: str,
    logger: object | None = None,
    on_step: Callable[[Progress], None] | None = None,
) -> Trial:
    """Trains on a variant's shards, and scores on the held-out text; what of it is done already is read.

    A training that was killed goes on from its checkpoint. The report is put last, so that half a model is none. LockedError
    where another run is at it.
    """
    folder = trial_folder(root, variant, tokens, seed)
    report, score = folder / REPORT, folder / f"held_out-{held_out.digest[:NAME_LETTERS]}.json"
    with _lock(folder, f"{variant.label}, seed {seed}"):
        if not report.is_file():
            trained = train_model(
                list(open_shards(root, variant.recipe).values()),
                root.artefact("tokenizer"),
                folder / "model",
                variant.training(tokens, seed),
                variant.recipe.model,
                Machine(device),
                root.state / "checkpoints",
                logger,
                on_step,
            )
            put_text(report, json.dumps(dict(trained.figures), indent=1) + "\n")
        if not score.is_file():
            model, tokenizer = open_model(folder / "model", device)
            with reproducible(1, model.cos.device.type):
                scored = score_texts(model, tokenizer, held_out.texts, masked=variant.recipe.training.document_masking)
            put_text(score, json.dumps(asdict(scored), indent=1) + "\n")
    found = _read(score)
    return Trial(variant.label, seed, found["bits_per_byte"], found["loss"], _read(report))


def is_done(root: DataRoot, variant: Variant, tokens: int, seed: int) -> bool:
    """Whether a model was trained already."""
    return (trial_folder(root, variant, tokens, seed) / REPORT).is_file()


@contextmanager
def _lock(folder: Path, name: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise LockedError(f"another run is training {name}; wait for it, or end it (lock: {folder / '.lock'})") from error


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content

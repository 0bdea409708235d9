"""Scoring an evaluation set, one thread: items a second, and item by item what lm-evaluation-harness makes of the same folder.

``--input`` is a file of JSON lines as ``llm-assets score --tasks`` reads them; ``--limit`` takes the first items. The model is
the folder that ``--side-input model=FOLDER`` names (an output of ``trained_model``), else one of random weights whose tokenizer
is trained on the input. The peer is the harness's ``HFLM`` in float32, where transformers and accelerate are installed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.model.config import Model
from llm_assets.model.export import export_model
from llm_assets.model.transformer import Transformer
from llm_assets.report import Figure
from llm_assets.sampling.generate import open_model
from llm_assets.sampling.tasks import Outcome, describe_task, require_harness, run_tasks, score_tasks
from llm_assets.tokenizer.bpe import end_of_text, train_bpe
from llm_assets.tokenizer.config import Tokenizer
from llm_assets.tokenizer.stage import HUGGING_FACE
from llm_assets.training.determinism import reproducible

MODEL = Model(layers=4, width=128, heads=4, context=1024)
VOCABULARY = 4_096
WARM_ITEMS = 2
TASK = "task"


def prepare(trial: Trial) -> Work[Outcome]:
    """The model in memory; the items of the input counted."""
    require_harness()
    sources = {TASK: trial.input}
    _, items = describe_task(TASK, trial.input)
    items = items[: trial.limit or len(items)]
    folder = trial.side_inputs.get("model") or _make_model(trial.scratch / "model", items)
    model, tokenizer = open_model(folder, "cpu")

    def run(limit: int | None) -> Outcome:
        with reproducible(threads=1):
            return score_tasks(model, tokenizer, sources, limit)

    def judge(outcome: Outcome) -> Mapping[str, Figure | None]:
        figures: dict[str, Figure | None] = {score.metric: round(score.value, 4) for score in outcome.scores}
        return figures | _compare(outcome, folder, sources, len(items))

    size = sum(len(text.encode()) for item in items for text in _texts(item))
    return Work(len(items), size, lambda: run(WARM_ITEMS), lambda: run(len(items)), judge)


def _texts(item: Mapping[str, Any]) -> list[str]:
    return [text for value in item.values() for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def _make_model(folder: Path, items: list[dict[str, Any]]) -> Path:
    tokenizer = train_bpe((text for item in items for text in _texts(item)), Tokenizer(vocabulary=VOCABULARY))
    folder.mkdir()
    path = folder / "tokenizer.json"
    path.write_text(tokenizer.to_str(), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(HUGGING_FACE), encoding="utf-8")
    model = Transformer(MODEL.dimensions(tokenizer.get_vocab_size()))
    export_model(model, folder, tokenizer_files=[], end_of_text=end_of_text(tokenizer), card="# Random weights\n")
    return folder


def _compare(ours: Outcome, folder: Path, sources: Mapping[str, Path], limit: int) -> dict[str, Figure | None]:
    """The peer's time, and where the two differ: log-likelihoods in nats, greedy flags, items whose likeliest choice is another."""
    try:
        from lm_eval.models.huggingface import HFLM
    except ImportError:
        return {}
    with reproducible(threads=1):
        peer = HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=16)
        run_tasks(peer, sources, WARM_ITEMS)
        started = time.process_time()
        theirs = run_tasks(peer, sources, limit)
        seconds = time.process_time() - started
    difference, flags, choices, requests = 0.0, 0, 0, 0
    for mine, other in zip(ours.items[TASK], theirs.items[TASK], strict=True):
        pairs = [(_pair(a), _pair(b)) for a, b in zip(mine["filtered_resps"], other["filtered_resps"], strict=True)]
        difference = max(difference, *(abs(a[0] - b[0]) for a, b in pairs))
        flags += sum(a[1] != b[1] for a, b in pairs)
        choices += max(range(len(pairs)), key=lambda n: pairs[n][0][0]) != max(range(len(pairs)), key=lambda n: pairs[n][1][0])
        requests += len(pairs)
    return {
        "requests": requests,
        "largest_difference": float(f"{difference:.3g}"),
        "greedy_flags_differing": flags,
        "choices_differing": choices,
        "hflm_documents_per_cpu_s": float(f"{len(ours.items[TASK]) / seconds:.4g}"),
    }


def _pair(response: Any) -> tuple[float, bool]:
    """A response as log-likelihood and greedy flag; that of a whole text has no flag."""
    return (float(response[0]), bool(response[1])) if isinstance(response, tuple | list) else (float(response), False)

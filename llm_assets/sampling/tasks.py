"""Tasks on local files, scored by lm-evaluation-harness: a JSON object a line, or a task of the harness's own YAML.

What a line holds decides the task: a question, ``choices`` and the number of the right one (which choice is likeliest); a
``context`` and its ``continuation`` (how likely it is, and whether greedy decoding gives it); or a ``text`` (bits per byte).
Nothing is fetched. A YAML file is the user's: where it names a dataset of a hub, the harness fetches that.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tokenizers

from llm_assets.errors import ConfigError, DataError
from llm_assets.formats.json_lines import read_objects
from llm_assets.model.transformer import Transformer

if TYPE_CHECKING:
    from lm_eval.api.task import Task

QUESTIONS = ("query", "question", "goal")
ANSWERS = ("gold", "label", "answer")
HIGHER, LOWER = {"higher_is_better": True}, {"higher_is_better": False}


@dataclass(frozen=True)
class TaskScore:
    """One metric of a task. ``error`` is the standard error of a mean over ``items``; None of what is no such mean."""

    task: str
    metric: str
    value: float
    error: float | None
    items: int


@dataclass(frozen=True)
class Outcome:
    """Metrics of all tasks, and for every item the harness's own record of it."""

    scores: tuple[TaskScore, ...]
    items: Mapping[str, Sequence[Mapping[str, Any]]]


def require_harness() -> None:
    """ConfigError where lm-evaluation-harness is not installed."""
    try:
        import lm_eval  # noqa: F401
    except ImportError as error:
        raise ConfigError("tasks want the extra eval, lm-evaluation-harness: pip install 'llm-assets[eval]'") from error


def score_tasks(
    model: Transformer,
    tokenizer: tokenizers.Tokenizer,
    sources: Mapping[str, Path],
    limit: int | None = None,
    *,
    begin: bool = False,
) -> Outcome:
    """Scores a model on the first ``limit`` items of each file, or on all. Tasks bear the names they are given by.

    ``begin``: see :class:`llm_assets.sampling.harness.HarnessModel`. ConfigError where the extra is missing or a file is no task.
    """
    require_harness()
    from llm_assets.sampling.harness import HarnessModel

    return run_tasks(HarnessModel(model, tokenizer, begin=begin), sources, limit)


def run_tasks(harness_model: Any, sources: Mapping[str, Path], limit: int | None = None) -> Outcome:
    """The same for any model of the harness's."""
    from lm_eval.api.metrics import mean_stderr
    from lm_eval.evaluator import evaluate

    with _quiet_harness():
        tasks = {name: open_task(name, path) for name, path in sources.items()}
        results = evaluate(harness_model, tasks, limit=limit, bootstrap_iters=0)
    scores = []
    for name, task in tasks.items():
        samples = results["samples"][name]
        for metric, value in _metrics(results["results"][name]):
            error = None
            if task.aggregation().get(metric) is not None and task.aggregation()[metric].__name__ == "mean" and len(samples) > 1:
                error = float(mean_stderr([float(sample[metric]) for sample in samples]))
            scores.append(TaskScore(name, metric, value, error, len(samples)))
    return Outcome(tuple(scores), results["samples"])


def _metrics(result: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Names and values; the harness keys them by metric and filter."""
    for key, value in result.items():
        metric, comma, _ = key.partition(",")
        if comma and not metric.endswith("_stderr") and isinstance(value, int | float) and math.isfinite(value):
            yield metric, float(value)


def open_task(name: str, path: Path) -> Task:
    """A task of the harness from a file. ConfigError where the file is none, DataError where a line is no item of it."""
    from lm_eval.api.task import ConfigurableTask

    if path.suffix in (".yaml", ".yml"):
        from lm_eval.tasks._yaml_loader import load_yaml

        return ConfigurableTask(config={**load_yaml(path), "task": name})
    import datasets

    config, items = describe_task(name, path)
    config["custom_dataset"] = lambda **_: {"test": datasets.Dataset.from_list(items)}
    return ConfigurableTask(config={"task": name, "test_split": "test", "num_fewshot": 0, **config})


def describe_task(name: str, path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the harness is told of a file of JSON lines, and its items in the fields that this names."""
    lines = list(read_objects(path))
    if not lines:
        raise DataError("there is no item in it", path)
    first = lines[0]
    question, gold = (next((field for field in known if field in first), None) for known in (QUESTIONS, ANSWERS))
    if "choices" in first and question and gold:
        items = [_take_choices(line, question, gold, number, path) for number, line in enumerate(lines, 1)]
        metrics = [{"metric": metric, "aggregation": "mean", **HIGHER} for metric in ("acc", "acc_norm")]
        shape = {"output_type": "multiple_choice", "doc_to_text": "context", "doc_to_target": "gold", "doc_to_choice": "choices"}
    elif "context" in first and "continuation" in first:
        items = [{field: _take(line, field, number, path) for field in ("context", "continuation")} for number, line in enumerate(lines, 1)]
        metrics = [{"metric": "perplexity", "aggregation": "perplexity", **LOWER}, {"metric": "acc", "aggregation": "mean", **HIGHER}]
        shape = {"output_type": "loglikelihood", "doc_to_text": "context", "doc_to_target": "continuation"}
    elif "text" in first:
        items = [{"text": _take(line, "text", number, path)} for number, line in enumerate(lines, 1)]
        metrics = [
            {"metric": "bits_per_byte", "aggregation": "bits_per_byte", **LOWER},
            {"metric": "word_perplexity", "aggregation": "weighted_perplexity", **LOWER},
        ]
        shape = {"output_type": "loglikelihood_rolling", "doc_to_text": "", "doc_to_target": "text"}
    else:
        raise ConfigError(
            f"task {name} ({path}): a line has {', '.join(first)}; what can be scored has query, choices and gold, "
            "or context and continuation, or text"
        )
    return {**shape, "metric_list": metrics}, items


def _take_choices(line: Mapping[str, Any], question: str, gold: str, number: int, path: Path) -> dict[str, Any]:
    choices, right = line.get("choices"), line.get(gold)
    if not (isinstance(choices, list) and choices and all(isinstance(choice, str) and choice for choice in choices)):
        raise DataError(f"line {number:,}: choices is no list of texts", path)
    if not isinstance(right, int) or not 0 <= right < len(choices):
        raise DataError(f"line {number:,}: {gold} is {right!r}, and there are {len(choices)} choices, numbered from 0", path)
    return {"context": write_question(_take(line, question, number, path)), "choices": choices, "gold": right}


def write_question(text: str) -> str:
    r"""What stands before each choice. A question that says so is asked as the harness asks PIQA's.

    >>> write_question("Question: How is tea kept?")
    'Question: How is tea kept?\nAnswer:'
    """
    text = text.strip()
    return f"{text}\nAnswer:" if text.startswith("Question:") and not text.endswith("Answer:") else text


def _take(line: Mapping[str, Any], field: str, number: int, path: Path) -> str:
    value = line.get(field)
    if not isinstance(value, str) or not value:
        raise DataError(f"line {number:,}: {field} is no text", path)
    return value


@contextmanager
def _quiet_harness() -> Iterator[None]:
    """Only what goes wrong is told: the harness logs its own settings, and draws bars."""
    from lm_eval.api import task

    logger, bars = logging.getLogger("lm_eval"), task.tqdm
    before = logger.level
    logger.setLevel(logging.ERROR)
    task.tqdm = lambda iterable, *_, **__: iterable
    try:
        yield
    finally:
        logger.setLevel(before)
        task.tqdm = bars

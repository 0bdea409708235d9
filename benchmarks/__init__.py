"""Stages of the pipeline, one at a time, against the clock and against the truth: ``python -m benchmarks STAGE --input PATH``.

A benchmark calls the functions that the pipeline calls, never a copy. To add one: a file here with a function ``prepare``,
and a line in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from benchmarks.measure import Work
from benchmarks.trial import Trial

STAGES: Mapping[str, str] = {
    "warc": "reads the records of a WARC file",
    "url": "judges the URLs of a WARC file",
    "extract": "takes the main text out of the pages of a WARC file",
    "language": "identifies the language of the pages of a WARC file, or of the Declaration of Human Rights (udhr.zip)",
    "front": "extracts the pages of a WARC file and identifies their languages, from file to file",
    "signals": "measures documents",
    "decide": "holds measured documents against the bounds of the recipe",
    "signature": "signs documents with MinHash",
    "dedup": "finds copies among signed documents",
    "join": "finds copies among as many signatures as are asked for, made of those of the input",
    "pii": "redacts documents",
    "bpe_train": "trains a tokenizer on documents",
    "encode": "encodes documents, by a tokenizer given or trained on them",
    "trace": "indexes the tokens of documents, and traces texts in them",
    "loader": "reads token shards in training's order",
    "train": "trains a small model on the bytes of a text file",
    "score": "scores a model on an evaluation set, and holds it against lm-evaluation-harness's own",
    "generate": "continues the lines of a text file with a model of random weights",
}
"""What each stage does. Its module here has the same name, and is imported when the stage is asked for: memory is then its own."""

Prepare = Callable[[Trial], Work[Any]]
"""Reads the input and gives the work. What it costs is not measured."""


def find_stage(name: str) -> Prepare:
    """The function ``prepare`` of a stage in the table."""
    prepare: Prepare = import_module(f"benchmarks.{name}").prepare
    return prepare

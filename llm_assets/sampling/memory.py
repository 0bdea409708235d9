"""What of a model's samples it may remember: their runs that stand verbatim in its training set, and in which documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tokenizers

from llm_assets.formats.doc import format_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.trace.index import Index
from llm_assets.trace.shown import Piece, show_pieces
from llm_assets.trace.text import Trace, Tracer

FILE = "traces.json"
MOST_DOCS = 5
"""Documents that are named of a run."""


@dataclass(frozen=True)
class Remembered:
    """A verbatim run of a sample, redacted, and where it stands: ``docs`` are keys as text, the first few of ``documents``."""

    text: str
    tokens: int
    occurrences: int
    documents: int
    docs: tuple[str, ...]


@dataclass(frozen=True)
class TracedSample:
    """A prompt and what the model made of it, in redacted pieces, each with the numbers of the runs that hold it.

    A run may begin in the prompt; all end in what the model wrote.
    """

    pieces: tuple[Piece, ...]
    runs: tuple[Remembered, ...]


def write_traces(index: Index, tokenizer: tokenizers.Tokenizer, samples: Sequence[Mapping[str, str]], target: Path, least: int) -> int:
    """Traces samples (``prompt`` and ``text``) and writes ``traces.json``. Returns the tokens of the longest run, 0 where there is none."""
    tracer = Tracer(index, tokenizer)
    traced = []
    for sample in samples:
        trace = tracer.trace(sample["prompt"] + sample["text"], least, MOST_DOCS)
        traced.append(_redact(trace.ending_behind(len(sample["prompt"]))))
    text = json.dumps([asdict(sample) for sample in traced], indent=1, ensure_ascii=False)
    target.mkdir(parents=True, exist_ok=True)
    (target / FILE).write_text(text + "\n", encoding="utf-8")
    return max((run.tokens for sample in traced for run in sample.runs), default=0)


def read_traces(output: Artefact) -> Iterator[TracedSample]:
    """The samples of an output of the stage."""
    rows: list[dict[str, Any]] = json.loads(output.path(FILE).read_text(encoding="utf-8"))
    for row in rows:
        pieces = tuple((text, tuple(runs)) for text, runs in row["pieces"])
        yield TracedSample(pieces, tuple(Remembered(**{**run, "docs": tuple(run["docs"])}) for run in row["runs"]))


def _redact(trace: Trace) -> TracedSample:
    pieces = tuple(show_pieces(trace))
    runs = tuple(
        Remembered(
            "".join(text for text, numbers in pieces if number in numbers),
            run.tokens,
            run.occurrences,
            run.documents,
            tuple(map(format_doc, run.docs)),
        )
        for number, run in enumerate(trace.runs)
    )
    return TracedSample(pieces, runs)

"""Redaction, held against labelled texts, or against the values planted in the input (``metadata.pii``).

Labelled texts are a JSON list of ``{"full_text": …, "spans": [{"entity_type", "start_position", "end_position"}, …]}``, as
Presidio's generator writes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.documents import FEW, read_documents
from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.errors import DataError
from llm_assets.pii.columns import BATCH_DOCUMENTS, redact_column
from llm_assets.pii.kinds import Kind
from llm_assets.pii.redact import find_values
from llm_assets.report import Figure

LABELS = {"EMAIL_ADDRESS": "email", "IP_ADDRESS": "ip_address", "PHONE_NUMBER": "phone"}
"""Presidio's names of the kinds there are here."""

Span = tuple[int, int, str]
"""Start and end in characters, and the kind, empty where there is none of that name."""

Labelled = tuple[str, list[Span]]
"""A text and what is to be found in it."""


def prepare(trial: Trial) -> Work[tuple[pl.Series, int]]:
    """Texts in memory, redacted a batch at a time as in the stage."""
    documents = list(read_documents(trial.input, trial.limit))
    labelled = None if trial.truth is None else _read_labelled(trial.truth)
    planted = [document.metadata.get("pii") for document in documents]
    texts = pl.Series("text", [document.text for document in documents])
    del documents
    kinds, replacement = trial.recipe.pii.selected_kinds(), trial.recipe.pii.replacement
    docs = pl.Series(range(len(texts)), dtype=pl.UInt64)

    def redact(count: int) -> tuple[pl.Series, int]:
        columns, findings = [], 0
        for start in range(0, count, BATCH_DOCUMENTS):
            size = min(BATCH_DOCUMENTS, count - start)
            column, found = redact_column(docs.slice(start, size), texts.slice(start, size), kinds, replacement)
            columns.append(column)
            findings += found.height
        return pl.concat(columns), findings

    def judge(result: tuple[pl.Series, int]) -> Mapping[str, Figure | None]:
        redacted, findings = result
        if labelled is not None:
            return {"redactions": findings, **judge_spans(labelled, kinds)}
        values = [(value, text) for value, text in zip(planted, redacted, strict=True) if value]
        gone = sum(value not in text for value, text in values)
        return {"redactions": findings, "labelled": len(values), "precision": None, "recall": _share(gone, len(values))}

    size = int(texts.str.len_bytes().sum())
    return Work(len(texts), size, lambda: redact(min(FEW, len(texts))), lambda: redact(len(texts)), judge)


def judge_spans(labelled: Sequence[Labelled], kinds: Sequence[Kind]) -> Mapping[str, Figure | None]:
    """Precision: finds that overlap a label of their kind. Recall: labels of these kinds that a find of theirs overlaps."""
    names = {kind.name for kind in kinds}
    labels = recalled = finds = right = 0
    for text, spans in labelled:
        wanted = [span for span in spans if span[2] in names]
        found = [(start, end, kind.name) for start, end, kind in find_values(text, kinds)]
        labels, finds = labels + len(wanted), finds + len(found)
        recalled += sum(any(_overlap(span, find) for find in found) for span in wanted)
        right += sum(any(_overlap(span, find) for span in wanted) for find in found)
    return {"labelled": labels, "precision": _share(right, finds), "recall": _share(recalled, labels)}


def _overlap(one: Span, other: Span) -> bool:
    return one[2] == other[2] and one[0] < other[1] and other[0] < one[1]


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _read_labelled(path: Path) -> list[Labelled]:
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return [(row["full_text"], [_read_span(span) for span in row["spans"]]) for row in rows]
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"these are no labelled texts: {error!r}", path) from error


def _read_span(span: Mapping[str, Any]) -> Span:
    return span["start_position"], span["end_position"], LABELS.get(span["entity_type"], "")

"""Redaction, held against labelled texts, or against the values planted in the input (``metadata.pii``).

Labelled texts (``--truth``) are a JSON list of ``{"full_text": …, "spans": [{"entity_type", "start_position", "end_position"}, …]}``, as
Presidio's generator writes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
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

LABELS = {
    "EMAIL_ADDRESS": "email",
    "IP_ADDRESS": "ip_address",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card_number",
    "IBAN_CODE": "iban",
    "US_SSN": "us_ssn",
}
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
    """Labels, precision, recall and F1 of all kinds together, and of each: ``email_recall`` and so on.

    Precision: finds that overlap a label of their kind. Recall: labels of a kind that a find of it overlaps. A find and a label
    differ in extent now and then: ``exact`` is the share of labels found from end to end.
    """
    total, scores = _Score(), {kind.name: _Score() for kind in kinds}
    for text, spans in labelled:
        found = [(start, end, kind.name) for start, end, kind in find_values(text, kinds)]
        for score, kind in [(total, None), *((score, kind) for kind, score in scores.items())]:
            wanted = [span for span in spans if span[2] in scores and kind in (None, span[2])]
            score.add(wanted, [find for find in found if kind in (None, find[2])])
    of_kinds = {f"{kind}_{name}": figure for kind, score in scores.items() for name, figure in score.figures().items()}
    return {**total.figures(), **of_kinds}


@dataclass
class _Score:
    """Counts of labels and finds that meet."""

    labels: int = 0
    recalled: int = 0
    exact: int = 0
    finds: int = 0
    right: int = 0

    def add(self, labels: Sequence[Span], found: Sequence[Span]) -> None:
        self.labels += len(labels)
        self.finds += len(found)
        self.recalled += sum(any(_overlap(label, find) for find in found) for label in labels)
        self.right += sum(any(_overlap(find, label) for label in labels) for find in found)
        self.exact += sum(label in found for label in labels)

    def figures(self) -> dict[str, Figure | None]:
        precision, recall = _share(self.right, self.finds), _share(self.recalled, self.labels)
        f1 = None if precision is None or recall is None or not precision + recall else 2 * precision * recall / (precision + recall)
        return {
            "labelled": self.labels,
            "precision": precision,
            "recall": recall,
            "f1": None if f1 is None else round(f1, 4),
            "exact": _share(self.exact, self.labels),
        }


def _overlap(one: Span, other: Span) -> bool:
    return one[2] == other[2] and one[0] < other[1] and other[0] < one[1]


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _read_labelled(path: Path) -> list[Labelled]:
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return [(row["full_text"], [_read_span(row["full_text"], span) for span in row["spans"]]) for row in rows]
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"these are no labelled texts: {error!r}", path) from error


def _read_span(text: str, span: Mapping[str, Any]) -> Span:
    start, end, kind = span["start_position"], span["end_position"], LABELS.get(span["entity_type"], "")
    # a private address is nobody's: the kind leaves it alone
    return start, end, "" if kind == "ip_address" and _is_private(text[start:end]) else kind


def _is_private(text: str) -> bool:
    try:
        return not ip_address(text).is_global
    except ValueError:  # whatever it is, it is labelled
        return False

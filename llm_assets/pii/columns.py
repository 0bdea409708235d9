"""The redactor over a column of texts: only those that may hold a value become Python objects."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from llm_assets.pii.kinds import Kind, Replacement
from llm_assets.pii.redact import redact

FIELDS = ("text", "title", "url")
"""Columns of the corpus that people wrote."""

BATCH_DOCUMENTS = 1_024
"""Documents in memory at once."""

FOUND = {"doc": pl.UInt64, "field": pl.String, "kind": pl.String, "start": pl.UInt64, "end": pl.UInt64}


def find_candidates(texts: pl.Series, kinds: Sequence[Kind]) -> pl.Series:
    """Numbers of the rows whose text matches a kind's hint; all others hold no value for certain."""
    if not kinds:
        return pl.Series(dtype=pl.UInt32)
    return texts.str.contains("|".join(kind.hint for kind in kinds)).fill_null(value=False).arg_true()


def redact_column(docs: pl.Series, texts: pl.Series, kinds: Sequence[Kind], replacement: Replacement) -> tuple[pl.Series, pl.DataFrame]:
    """The column redacted, nulls left null, and its findings as in table FINDINGS; ``field`` is the column's name.

    ``docs`` are the keys of the same rows.
    """
    rows = find_candidates(texts, kinds)
    redacted: list[str] = []
    found: list[tuple[int, str, str, int, int]] = []
    for doc, text in zip(docs.gather(rows), texts.gather(rows), strict=True):
        clean, findings = redact(text, kinds, replacement)
        redacted.append(clean)
        found += [(doc, texts.name, finding.kind, finding.start, finding.end) for finding in findings]
    # scatter works in place: on a copy, so that the caller's column stays as it is
    column = texts.clone().scatter(rows, redacted) if redacted else texts
    return column, pl.DataFrame(found, schema=FOUND, orient="row")

"""The redactor over a column of texts: only those that may hold a value become Python objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from llm_assets.pii.kinds import Kind, Replacement
from llm_assets.pii.redact import redact

FIELDS = ("text", "title", "url")
"""Columns of the corpus that people wrote."""

BATCH_DOCUMENTS = 1_024
"""Documents in memory at once."""

FOUND = {"doc": pl.UInt64, "field": pl.String, "kind": pl.String, "start": pl.UInt64, "end": pl.UInt64}


def find_candidates(texts: pl.Series, kinds: Sequence[Kind]) -> Iterator[tuple[int, list[Kind]]]:
    """Rows whose text matches a kind's hint, in order, each with those kinds; all others hold no value for certain."""
    if not kinds:
        return
    # One pass over everything for all hints at once; the few rows that are left bear one for each
    rows = texts.str.contains("|".join(kind.hint for kind in kinds)).fill_null(value=False).arg_true()
    likely = texts.gather(rows)
    matches = [likely.str.contains(kind.hint) for kind in kinds]
    for row, *matched in zip(rows, *matches, strict=True):
        yield row, [kind for kind, matches_hint in zip(kinds, matched, strict=True) if matches_hint]


def redact_column(docs: pl.Series, texts: pl.Series, kinds: Sequence[Kind], replacement: Replacement) -> tuple[pl.Series, pl.DataFrame]:
    """The column redacted, nulls left null, and its findings as in table FINDINGS; ``field`` is the column's name.

    ``docs`` are the keys of the same rows.
    """
    redacted: dict[int, str] = {}
    found: list[tuple[int, str, str, int, int]] = []
    for row, hinted in find_candidates(texts, kinds):
        clean, findings = redact(texts[row], kinds, replacement, hinted)
        if findings:
            redacted[row] = clean
            found += [(docs[row], texts.name, finding.kind, finding.start, finding.end) for finding in findings]
    # scatter works in place: on a copy, so that the caller's column stays as it is
    column = texts.clone().scatter(list(redacted), list(redacted.values())) if redacted else texts
    return column, pl.DataFrame(found, schema=FOUND, orient="row")

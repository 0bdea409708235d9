"""Whether a corpus still holds personal data of the kinds its recipe names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_batches
from llm_assets.pii.columns import BATCH_DOCUMENTS, FIELDS, find_candidates
from llm_assets.pii.config import Pii
from llm_assets.pii.redact import find_values


@dataclass(frozen=True)
class Leftover:
    """A value that stands in a field of a document: where to look, never what it is."""

    doc: int
    field: str
    kind: str


def find_leftovers(corpus: Artefact, config: Pii) -> Iterator[Leftover]:
    """Every value of the configured kinds left in table ``corpus``, stand-ins apart; none when healthy.

    Kinds that are not steady are not asked again.
    """
    kinds = config.selected_kinds()
    steady = [kind for kind in kinds if kind.steady]
    for path in corpus.table("corpus"):
        for batch in read_batches(path, ["doc", *FIELDS], BATCH_DOCUMENTS):
            frame = pl.DataFrame(batch)
            for field in FIELDS:
                for row, hinted in find_candidates(frame[field], steady):
                    left = find_values(frame[field][row], kinds, hinted)
                    yield from (Leftover(frame["doc"][row], field, kind.name) for _, _, kind in left)

"""Where the tokens that a model is scored on come from: nats and bytes of windows, summed by document, domain and language.

Needs the tables beside the shards; a machine that only trains has neither these nor what reads them, hence the late imports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from llm_assets.formats.manifest import Artefact
from llm_assets.formats.shard import list_shards
from llm_assets.model.score import bits_per_byte

Kind = Literal["domains", "languages"]
KINDS: tuple[Kind, ...] = ("languages", "domains")

UNKNOWN = "unknown"

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SourceScore:
    """What a model makes of the text of one domain or language; ``tokens`` are those that have bytes."""

    tokens: int
    bytes: int
    bits_per_byte: float


@dataclass(frozen=True)
class Stretch:
    """Documents of one shard, in the order of their tokens: where each begins, and its domain and language."""

    starts: Integers
    domains: Sequence[str]
    languages: Sequence[str]


class Sources:
    """The validation shards' documents. Losses are added window by window; each target token counts for its document."""

    def __init__(self, stretches: Sequence[Stretch]) -> None:
        self._stretches = stretches
        self._sums = [np.zeros((len(each.starts), 3)) for each in stretches]  # tokens of text, nats of text, bytes

    def add(self, shard: int, first: int, losses: Floats, lengths: Integers) -> None:
        """Counts the targets from token ``first`` of a shard on: their losses in nats and their raw bytes, (T,) each.

        End-of-text, which has no bytes, belongs to no text.
        """
        starts, sums = self._stretches[shard].starts, self._sums[shard]
        documents = np.searchsorted(starts, np.arange(first, first + losses.size), side="right") - 1
        text = lengths > 0
        np.add.at(sums, documents[text], np.column_stack((np.ones(int(text.sum())), losses[text], lengths[text])))

    def by(self, what: Kind) -> dict[str, SourceScore]:
        """The score of each domain or language of which a token was scored; those of the most bytes come first."""
        totals: dict[str, Floats] = {}
        for stretch, sums in zip(self._stretches, self._sums, strict=True):
            for name, row in zip(getattr(stretch, what), sums, strict=True):
                totals[name] = totals.get(name, np.zeros(3)) + row
        ordered = sorted(totals.items(), key=lambda item: (-item[1][2], item[0]))
        return {name: SourceScore(int(tokens), int(size), bits_per_byte(nats, int(size))) for name, (tokens, nats, size) in ordered if size}

    def describe(self) -> dict[str, list[dict[str, Any]]]:
        """Domains and languages as rows: name, tokens, bytes, bits per byte."""
        return {kind: [{"name": name, **asdict(score)} for name, score in self.by(kind).items()] for kind in KINDS}


def find_sources(shards: Sequence[Artefact], corpora: Sequence[Artefact | None]) -> Sources:
    """The sources of all validation shards, in the order in which they are opened; ``corpora`` are those the shards were packed
    from, crawl by crawl. Documents of a crawl without one are of no known domain and language."""
    from llm_assets.shards.locate import read_shard_documents

    stretches = []
    for artefact, corpus in zip(shards, corpora, strict=True):
        for path in list_shards(artefact, "validation"):
            number = int(path.stem.removeprefix("validation-"))
            rows = read_shard_documents(artefact.table("documents"), "validation", number)
            described = _describe(corpus, rows["doc"].to_numpy()) if corpus else {}
            pairs = [described.get(doc, (UNKNOWN, UNKNOWN)) for doc in rows["doc"].to_pylist()]
            starts = rows["start"].to_numpy().astype(np.int64)
            stretches.append(Stretch(starts, [domain for domain, _ in pairs], [language for _, language in pairs]))
    return Sources(stretches)


def _describe(corpus: Artefact, wanted: npt.NDArray[np.uint64]) -> dict[int, tuple[str, str]]:
    """Domain and language of the wanted documents."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from llm_assets.formats.parquet import read_batches
    from llm_assets.tokenizer.compression import name_domain

    keys, found = pa.array(wanted), {}
    for path in corpus.table("corpus"):
        for batch in read_batches(path, ["doc", "url", "language"]):
            rows = batch.filter(pc.is_in(batch["doc"], value_set=keys)).to_pylist()
            found.update({row["doc"]: (name_domain(row["url"]) or UNKNOWN, row["language"]) for row in rows})
    return found

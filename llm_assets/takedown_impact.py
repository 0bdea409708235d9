"""What a takedown hits: documents of each crawl, and the models that were trained on them.

Told from what lies in the root now. So a model is named while the shards it was trained on are still there, and what was told is kept
in ``takedowns.jsonl``: a record for people, which no output depends on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from llm_assets.formats.doc import format_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table
from llm_assets.formats.tables import CORPUS, DOCUMENTS, TEXTS
from llm_assets.gate import FILE
from llm_assets.root import DataRoot
from llm_assets.takedown.entries import Entry
from llm_assets.takedown.matching import find_forgotten

EXAMPLES = 3
RECORD = "takedowns.jsonl"


@dataclass(frozen=True)
class Hits:
    """Documents of a crawl that a list names: all ``extracted`` ones, and how many of these are in the corpus and the train split.

    ``entries`` counts them by entry; ``examples`` are keys and URLs, as untrusted as any page's.
    """

    crawl: str
    extracted: int
    in_corpus: int
    in_train: int
    entries: Mapping[str, int]
    examples: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Exposure:
    """A model that was trained on a crawl with such documents.

    ``documents`` of its train split are named, ``None`` where the shards it was trained on are gone, so that nobody can tell.
    ``digests`` of its shards find every other MLflow run of the same data: ``datasets.digest = '…'``.
    """

    model: str
    trained: str
    documents: int | None
    links: Mapping[str, str]
    digests: Mapping[str, str]


def find_hits(root: DataRoot, folder: Path) -> list[Hits]:
    """What the list in ``folder`` names, crawl by crawl, disabled ones too; a crawl where that is nothing is left out."""
    return [hits for crawl in root.crawls(disabled=True) if (hits := _find_hits(root, crawl.name, folder))]


def find_exposures(root: DataRoot, hits: Sequence[Hits]) -> list[Exposure]:
    """The root's model, where its training set has a crawl with hits; its shards may have changed since."""
    model, chosen = root.manifest("trained_model"), root.manifest("training_set")
    if model is None or chosen is None or not hits:
        return []
    shards = json.loads(root.artefact("training_set").path(FILE).read_text(encoding="utf-8"))["shards"]
    told = model.inputs.get("training_set") == chosen.data_version
    packed = {name: root.manifest("token_shards", name) for name in shards}
    current = told and all(manifest and manifest.data_version == shards[name] for name, manifest in packed.items())
    documents = sum(each.in_train for each in hits if each.crawl in shards) if current else None
    if documents == 0 or not any(each.crawl in shards for each in hits):
        return []
    return [Exposure(model.data_version, model.created, documents, dict(model.report.get("links", {})), shards if told else {})]


def record_takedown(root: DataRoot, entries: Sequence[Entry], hits: Sequence[Hits], exposures: Sequence[Exposure]) -> None:
    """Notes what was hit when entries were added."""
    note = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "entries": [str(entry) for entry in entries],
        "crawls": {each.crawl: {"extracted": each.extracted, "in_corpus": each.in_corpus, "in_train": each.in_train} for each in hits},
        "models": [asdict(each) for each in exposures],
    }
    root.append_line(root.home / RECORD, json.dumps(note, ensure_ascii=False))


def read_record(root: DataRoot) -> Iterator[dict[str, Any]]:
    """What was noted, oldest first; a line that a power cut left half written is passed over."""
    path = root.home / RECORD
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def _find_hits(root: DataRoot, crawl: str, folder: Path) -> Hits | None:
    texts = _open(root, "extracted_text", crawl)
    if texts is None:
        return None
    found = pl.DataFrame(find_forgotten(texts, _open(root, "minhash_signatures", crawl), folder))
    if found.is_empty():
        return None
    in_corpus = _read(_open(root, "pii_scrubbed_corpus", crawl), "corpus", CORPUS, ["doc"]).join(found, on="doc", how="semi")
    places = _read(_open(root, "token_shards", crawl), "documents", DOCUMENTS, ["doc", "split"]).join(found, on="doc", how="semi")
    shown = found["doc"].head(EXAMPLES).to_list()
    urls = dict(_read(texts, "texts", TEXTS, ["doc", "url"]).filter(pl.col("doc").is_in(shown)).iter_rows())
    counts = found["entry"].value_counts().sort("entry")
    return Hits(
        crawl,
        found.height,
        in_corpus.height,
        places.filter(pl.col("split") == "train").height,
        dict(counts.iter_rows()),
        [(format_doc(doc), urls[doc]) for doc in shown],
    )


def _open(root: DataRoot, asset: str, crawl: str) -> Artefact | None:
    return root.artefact(asset, crawl) if root.manifest(asset, crawl) else None


def _read(artefact: Artefact | None, table: str, schema: pa.Schema, columns: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(read_table(artefact.table(table) if artefact else [], schema, columns))

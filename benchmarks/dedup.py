"""Finding copies among signed documents, held against copies planted in the input.

``metadata.kind`` of a document is ``fresh``, or the kind of copy it is (``exact``, ``near1``, ``near5``: so many per cent of the
words replaced); ``metadata.dup_of`` is the ``id`` of what it is a copy of.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping
from statistics import fmean
from typing import Any

import polars as pl
import pyarrow as pa

from benchmarks.documents import read_documents, write_texts
from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.dedup.duplicates import remove_duplicates
from llm_assets.dedup.normalisation import normalise_texts
from llm_assets.dedup.shingles import hash_shingles
from llm_assets.dedup.stage import sign_documents
from llm_assets.engine import LocalEngine
from llm_assets.formats.doc import make_doc, split_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table, write_table
from llm_assets.formats.tables import DOCS, DUPLICATES, SIGNATURES
from llm_assets.quality.cleaning import clean_texts
from llm_assets.report import Figure, Report

KINDS = ("exact", "near1", "near5")


def prepare(trial: Trial) -> Work[Report]:
    """Table ``signatures`` on disk, made in set-up; every document has passed the filters."""
    texts = write_texts(trial, "texts", trial.limit)
    sign_documents(texts.artefact, trial.scratch / "signed", trial.recipe.cleaning, trial.recipe.signatures, LocalEngine())
    docs = pa.array([make_doc(0, 0, row) for row in range(texts.documents)], pa.uint64())
    write_table(trial.scratch / "filtered" / "docs.parquet", [pa.table([docs], schema=DOCS)], DOCS)
    filtered, signed = Artefact.of_folder(trial.scratch / "filtered"), Artefact.of_folder(trial.scratch / "signed")

    def run() -> Report:
        return remove_duplicates(filtered, signed, [], trial.scratch / "deduped", trial.recipe.dedup, LocalEngine())

    return Work(texts.documents, texts.bytes, run, run, lambda report: {"kept": report.kept, **_judge(trial, signed)})


def _judge(trial: Trial, signed: Artefact) -> Mapping[str, Figure | None]:
    """Recall: of the planted copies whose original is in the input, the share that shares a bucket or a hash with it. Predicted: what
    banding finds of sets of that Jaccard similarity, on average. A removal is false where the elder it names is of another family."""
    documents = list(read_documents(trial.input, trial.limit))
    rows = {document.id: row for row, document in enumerate(documents)}
    originals = [document.metadata.get("dup_of") or document.id for document in documents]
    pairs: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, document in enumerate(documents):
        if document.metadata.get("kind") in KINDS and originals[row] in rows:
            pairs[document.metadata["kind"]].append((rows[originals[row]], row))
    buckets = _read_buckets(signed)
    figures: dict[str, Figure | None] = {}
    for kind in KINDS:
        found = [bool(buckets[one] & buckets[other]) for one, other in pairs[kind]]
        chances = [_chance(documents[one].text, documents[other].text, trial) for one, other in pairs[kind]]
        figures[f"recall_{kind}"] = round(fmean(found), 4) if found else None
        figures[f"predicted_{kind}"] = round(fmean(chances), 4) if chances else None
    duplicates = read_table(Artefact.of_folder(trial.scratch / "deduped").table("duplicates"), DUPLICATES).to_pylist()
    removed = [(split_doc(pair["doc"])[2], split_doc(pair["elder"])[2]) for pair in duplicates if pair["removed"]]
    return {**figures, "removed": len(removed), "false_removals": sum(originals[row] != originals[elder] for row, elder in removed)}


def _read_buckets(signed: Artefact) -> list[set[Any]]:
    """The exact hash of each document, and the hash of each of its bands with the band's number."""
    table = read_table(signed.table("signatures"), SIGNATURES).select(["exact", "bands"]).to_pylist()
    return [{row["exact"], *enumerate(row["bands"] or ())} for row in table]


def _chance(one: str, other: str, trial: Trial) -> float:
    """Probability that two texts share a bucket, by the Jaccard similarity of their shingles; 1 where they are the same text."""
    config = trial.recipe.signatures
    shingles = hash_shingles(normalise_texts(clean_texts(pl.Series([one, other]), trial.recipe.cleaning)), config.ngram)
    first, second = (set(shingles.hashes[start:end].tolist()) for start, end in itertools.pairwise(shingles.offsets))
    similarity = len(first & second) / max(1, len(first | second))
    return 1 - (1 - similarity**config.rows) ** config.bands

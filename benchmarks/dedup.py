"""Finding copies among signed documents, held against copies planted in the input.

``metadata.kind`` of a document is ``fresh``, or the kind of copy it is (``exact``, ``near1``, ``near5``: so many per cent of the
words replaced); ``metadata.dup_of`` is the ``id`` of what it is a copy of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from statistics import fmean

import pyarrow as pa

from benchmarks.documents import read_documents, write_texts
from benchmarks.measure import Work
from benchmarks.trial import Trial
from llm_assets.dedup.duplicates import remove_duplicates
from llm_assets.dedup.stage import sign_documents
from llm_assets.engine import LocalEngine
from llm_assets.formats.doc import make_doc, split_doc
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import read_table, write_table
from llm_assets.formats.tables import DOCS, DUPLICATES
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

    return Work(texts.documents, texts.bytes, run, run, lambda report: {"kept": report.kept, **_judge(trial)})


def _judge(trial: Trial) -> Mapping[str, Figure | None]:
    """Recall: of the planted copies with their original in the input, the share that does not stand beside it in the output.
    A removal is false where the elder it names is of another family."""
    originals: list[str] = []
    kinds: list[str] = []
    rows: dict[str, int] = {}
    for row, document in enumerate(read_documents(trial.input, trial.limit)):
        rows[document.id] = row
        originals.append(document.metadata.get("dup_of") or document.id)
        kinds.append(document.metadata.get("kind") or "")
    duplicates = read_table(Artefact.of_folder(trial.scratch / "deduped").table("duplicates"), DUPLICATES).to_pylist()
    elders = {split_doc(pair["doc"])[2]: split_doc(pair["elder"])[2] for pair in duplicates if pair["removed"]}
    caught: defaultdict[str, list[bool]] = defaultdict(list)
    for row, (kind, original) in enumerate(zip(kinds, originals, strict=True)):
        if kind in KINDS and original in rows:
            caught[kind].append(row in elders or rows[original] in elders)
    recalls = {f"recall_{kind}": round(fmean(caught[kind]), 4) if caught[kind] else None for kind in KINDS}
    return {**recalls, "removed": len(elders), "false_removals": sum(originals[row] != originals[elder] for row, elder in elders.items())}

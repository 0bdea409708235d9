"""Stage ``trace``: the token shards of the training set in, an index of them out, which tells where any run of tokens stands.

Writes ``parts.json`` and, in a folder for each part, ``suffixes.npy``, ``starts.npy`` and ``docs.npy``. The tokens themselves stay where
they are: four bytes a token, and sixteen a document, are all that is written.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from llm_assets.engine import Engine
from llm_assets.formats.manifest import Artefact, hash_file
from llm_assets.formats.shard import open_shard
from llm_assets.report import Report, sum_reports
from llm_assets.trace.config import TraceIndex
from llm_assets.trace.parts import ARRAYS, DOCS, STARTS, SUFFIXES, Part, cut_shards, read_documents, read_parts, write_parts
from llm_assets.trace.suffixes import write_suffixes

STAGE = "trace"


def index_shards(
    shards: Mapping[str, Artefact], target: Path, config: TraceIndex, engine: Engine, earlier: Artefact | None = None
) -> Report:
    """Indexes the shards of each crawl, part by part, side by side. The report counts documents as they lie in the shards.

    Parts that ``earlier``, an index of the same code, has of the very same tokens are taken over from it. Memory: see
    :class:`TraceIndex`, for each worker. DataError where a shard is damaged.
    """
    parts = [part for crawl, of_crawl in shards.items() for part in cut_shards(crawl, of_crawl, config.splits, config.part_tokens)]
    outputs = [[target / part.folder / name for name in ARRAYS] for part in parts]
    work = _Indexing(shards, target, earlier)
    report = sum_reports(engine.write_parts(work, parts, "indexing shards", outputs), STAGE)
    write_parts(target, parts)
    figures = {"parts": len(parts), "tokens": sum(part.end - part.begin for part in parts), "parts_kept": 0, **report.figures}
    warnings = () if parts else ("there are no shards of the splits that are to be indexed: nothing can be traced",)
    return Report(STAGE, report.read, report.kept, figures=figures, warnings=warnings)


@dataclass(frozen=True)
class _Indexing:
    """Indexes one part, wherever it runs."""

    shards: Mapping[str, Artefact]
    target: Path
    earlier: Artefact | None

    def __call__(self, part: Part) -> Report:
        folder = self.target / part.folder
        folder.mkdir(parents=True, exist_ok=True)
        kept = self.earlier is not None and _take_over(self.earlier, part, folder)
        if not kept:
            path = self.shards[part.crawl].path(part.shard)
            _, tokens = open_shard(path)
            write_suffixes(np.asarray(tokens[part.begin : part.end]), folder / SUFFIXES)
            starts, docs = read_documents(self.shards[part.crawl], path)
            chosen = slice(part.first, part.first + part.documents)
            np.save(folder / STARTS, starts[chosen] - part.begin)
            np.save(folder / DOCS, docs[chosen])
        return Report(STAGE, part.documents, part.documents, figures={"parts_kept": int(kept)})


def _take_over(earlier: Artefact, part: Part, folder: Path) -> bool:
    """Makes the arrays of a part those of an earlier index, where it has them whole."""
    if part not in read_parts(earlier):
        return False
    digests = {entry.path: entry.sha256 for entry in earlier.files}
    sources = earlier.paths(f"{part.folder}/{name}" for name in ARRAYS)
    if any(hash_file(path) != digests[f"{part.folder}/{path.name}"] for path in sources):
        return False
    for path in sources:
        (folder / path.name).unlink(missing_ok=True)
        try:
            os.link(path, folder / path.name)
        except OSError:  # another disk, or one that has no links
            shutil.copyfile(path, folder / path.name)
    return True

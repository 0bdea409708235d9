"""Asset ``overlap_signals``: what the documents that are left share with evaluation sets and each other. Nothing is decided."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from llm_assets.engine import Engine
from llm_assets.formats.manifest import Artefact
from llm_assets.formats.parquet import write_rows, write_table
from llm_assets.formats.tables import CONTAMINATION, EVALUATIONS
from llm_assets.overlap.config import Contamination, Repetition
from llm_assets.overlap.evaluation_set import read_set
from llm_assets.overlap.ngrams import Integers, NgramIndex, find_shared, index_items
from llm_assets.overlap.repetition import measure_repetition
from llm_assets.overlap.survivors import read_survivors
from llm_assets.quality.cleaning import Cleaning, clean_texts
from llm_assets.report import Report, sum_reports

STAGE = "overlap_signals"


@dataclass(frozen=True)
class Sought:
    """The items of all sets: item i of the index is number ``numbers[i]`` of the set ``names[sets[i]]``."""

    index: NgramIndex
    names: tuple[str, ...]
    sets: Integers
    numbers: Integers

    def describe(self, sequence: int) -> list[dict[str, int | str]]:
        """Rows of table ``evaluations``."""
        items, missed = (np.bincount(each, minlength=len(self.names)) for each in (self.sets, self.sets[self.index.missed]))
        return [{"sequence": sequence, "evaluation": name, "items": items[i], "not_sought": missed[i]} for i, name in enumerate(self.names)]


def measure_overlaps(
    texts: Artefact,
    deduped: Artefact,
    target: Path,
    sequence: int,
    cleaning: Cleaning,
    contamination: Contamination,
    repetition: Repetition,
    sets: Mapping[str, Path],
    engine: Engine,
) -> Report:
    """Writes tables ``evaluations`` and ``contamination``, of the cleaned texts of the documents in ``deduped``'s table ``docs``.

    ``sequence`` is the crawl's; ``sets`` has the folder of every evaluation set by its name. Where ``repetition`` asks for lines
    or passages, table ``repetition`` as well, and ``lines`` or ``passages``; where nothing is asked for, no text is read. Figures:
    documents that share an n-gram with each set. DataError names a folder that holds no set, or the memory that passages need.
    """
    folders = tuple((name, sets[name]) for name in contamination.evaluation_sets)
    sought = _read_sought(folders, contamination)
    docs = deduped.table("docs")
    write_rows(target / "evaluations.parquet", sought.describe(sequence), EVALUATIONS)
    parts = texts.table("texts") if folders else []
    measure = _PartMeasurer(target / "contamination", tuple(docs), folders, cleaning, contamination)
    outputs = [[measure.output(part)] for part in parts]
    found = sum_reports(engine.write_parts(measure, parts, "comparing with evaluation sets", outputs), STAGE)
    if repetition.lines or repetition.passages:
        measure_repetition(texts.table("texts"), tuple(docs), target, cleaning, repetition, engine)
    read = sum(pq.read_metadata(path).num_rows for path in docs)
    return Report(STAGE, read, read, figures=found.figures)


@functools.lru_cache(maxsize=1)
def _read_sought(folders: tuple[tuple[str, Path], ...], contamination: Contamination) -> Sought:
    """Read once a process."""
    contents = [list(read_set(folder)) for _, folder in folders]
    index = index_items([*itertools.chain(*contents)], contamination.ngram, contamination.min_words, contamination.max_items)
    sizes = [len(items) for items in contents]
    numbers = [np.arange(size, dtype=np.int64) for size in sizes]
    return Sought(
        index,
        tuple(name for name, _ in folders),
        np.repeat(np.arange(len(sizes)), sizes),
        np.concatenate([np.zeros(0, np.int64), *numbers]),
    )


@dataclass(frozen=True)
class _PartMeasurer:
    """Compares one part; picklable, so that it can run in another process."""

    target: Path
    docs: tuple[Path, ...]
    folders: tuple[tuple[str, Path], ...]
    cleaning: Cleaning
    contamination: Contamination

    def output(self, part: Path) -> Path:
        """Where the overlaps of a part go."""
        return self.target / part.name

    def __call__(self, part: Path) -> Report:
        sought = _read_sought(self.folders, self.contamination)
        counts = dict.fromkeys((f"documents sharing with {name}" for name, _ in self.folders), 0)

        def compared() -> Iterator[pa.Table]:
            for frame in read_survivors(part, self.docs):
                rows = _compare(frame, sought, self.cleaning)
                for name, documents in rows.group_by("evaluation").agg(pl.col("doc").n_unique()).iter_rows():
                    counts[f"documents sharing with {name}"] += documents
                yield rows.to_arrow()

        write_table(self.output(part), compared(), CONTAMINATION)
        return Report(STAGE, 0, 0, figures=counts)


def _compare(frame: pl.DataFrame, sought: Sought, cleaning: Cleaning) -> pl.DataFrame:
    """Rows of table ``contamination``, sorted by document, set and item."""
    shared = find_shared(clean_texts(frame["text"], cleaning), sought.index)
    items = shared["item"].to_numpy()
    return pl.DataFrame(
        {
            "doc": frame["doc"].gather(shared["text"]),
            "evaluation": pl.Series(sought.names, dtype=pl.String).gather(sought.sets[items]),
            "item": sought.numbers[items],
            "ngrams": shared["ngrams"],
        }
    ).sort("doc", "evaluation", "item")

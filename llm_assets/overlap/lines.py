"""Lines that several documents of a crawl have, as in CCNet (Wenzek et al. 2020, section 3.1), measured and not cut out.

A line is known by a hash of 64 bits of its normalised form: lower case, numbers to 0, no punctuation or accents, one space between
words. One without a letter or digit is no line. Each part of the texts gives its lines; how many documents have each is counted in SQL,
which spills to disk what does not fit in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from llm_assets.dedup.normalisation import Normalised, normalise_texts
from llm_assets.dedup.shingles import fnv1a
from llm_assets.engine import Engine
from llm_assets.formats.parquet import write_table
from llm_assets.formats.tables import LINES
from llm_assets.overlap.survivors import read_survivors
from llm_assets.quality.cleaning import Cleaning, clean_texts
from llm_assets.report import Report

STAGE = "overlap_signals"


def measure_lines(parts: list[Path], docs: tuple[Path, ...], target: Path, cleaning: Cleaning, engine: Engine) -> None:
    """Writes table ``lines`` into ``target``, a part for each of table ``texts``."""
    list_part = _LineLister(target / "lines", docs, cleaning)
    outputs = [[list_part.output(part)] for part in parts]
    for _ in engine.write_parts(list_part, parts, "hashing lines", outputs):
        pass


@dataclass(frozen=True)
class _LineLister:
    """Lists the lines of one part; picklable, so that it can run in another process."""

    target: Path
    docs: tuple[Path, ...]
    cleaning: Cleaning

    def output(self, part: Path) -> Path:
        """Where the lines of a part go."""
        return self.target / part.name

    def __call__(self, part: Path) -> Report:
        def listed() -> Iterator[pa.Table]:
            for frame in read_survivors(part, self.docs):
                yield list_lines(frame.with_columns(clean_texts(frame["text"], self.cleaning))).to_arrow()

        write_table(self.output(part), listed(), LINES)
        return Report(STAGE, 0, 0)


def list_lines(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of table ``lines`` for columns ``doc`` and ``text``: a row a document and a line it has, sorted by both."""
    lines = frame.select("doc", line=pl.col("text").str.split("\n")).explode("line").drop_nulls()
    normalised = normalise_texts(lines["line"])
    counted = lines.select("doc", hash=pl.Series(_hash_texts(normalised)), characters=pl.col("line").str.strip_chars().str.len_chars())
    grouped = counted.filter(pl.Series(normalised.words > 0)).group_by("doc", "hash")
    return grouped.agg(lines=pl.len(), characters=pl.col("characters").sum()).sort("doc", "hash")


def _hash_texts(texts: Normalised) -> npt.NDArray[np.uint64]:
    """FNV-1a of 64 bits of each."""
    hashes: npt.NDArray[np.uint64] = _hash_ranges(texts.data, texts.offsets)
    return hashes


@numba.njit(cache=True)
def _hash_ranges(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    hashes = np.empty(len(offsets) - 1, np.uint64)
    for text in range(len(hashes)):
        hashes[text] = fnv1a(data, offsets[text], offsets[text + 1])
    return hashes
